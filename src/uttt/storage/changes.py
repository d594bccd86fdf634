"""How changes and newcomers are written in a transaction that somebody else has begun: the failure
of one, but not that of the database, stays its own.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from uttt.storage import guests
from uttt.storage.prepared import Prepared
from uttt.storage.work import Change, Newcomer

# the savepoints go with the transaction
_SAVE = Prepared(text("SAVEPOINT piece"))
_UNDO = Prepared(text("ROLLBACK TO SAVEPOINT piece"))


def apply(connection: Connection, pieces: Sequence[Newcomer | Change]) -> list[Any]:
    """Write all; return what each returned or raised. Raises DBAPIError if the database failed."""
    newcomers = [piece for piece in pieces if isinstance(piece, Newcomer)]
    admitted = iter(_admit(connection, newcomers))
    return [
        next(admitted) if isinstance(piece, Newcomer) else _apply(connection, piece)
        for piece in pieces
    ]


def _admit(connection: Connection, newcomers: Sequence[Newcomer]) -> list[Any]:
    """Write them together, or if something is in the way of one of them, one after the other."""
    if len(newcomers) > 1 and connection.dialect.insert_returning:
        _SAVE.run(connection, {})
        try:
            return guests.create_all(connection, newcomers)
        except IntegrityError:
            _UNDO.run(connection, {})
    outcomes: dict[int, object] = {}
    # by name, as they are together: no deadlock with another node; of equals the first has it
    for number in sorted(range(len(newcomers)), key=lambda n: newcomers[n].name):
        outcomes[number] = _apply(connection, newcomers[number])
    return [outcomes[number] for number in range(len(newcomers))]


def _apply(connection: Connection, piece: Newcomer | Change) -> object:
    _SAVE.run(connection, {})
    outcome = apply_alone(connection, piece)
    if isinstance(outcome, Exception):
        _UNDO.run(connection, {})
    return outcome


def apply_alone(connection: Connection, piece: Newcomer | Change) -> object:
    """Write one; return what it returned or raised. In the latter case all that it did is to be
    undone by the caller. Raises DBAPIError when the database failed.
    """
    try:
        if isinstance(piece, Newcomer):
            return guests.create(connection, piece)
        return piece(connection)
    except IntegrityError as error:
        return error
    except DBAPIError:
        raise
    except Exception as error:  # noqa: BLE001 - handed to whoever asked for the change
        return error
