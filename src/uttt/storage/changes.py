"""How changes, newcomers and new matches are written in a transaction that somebody else has begun:
the failure of one, but not that of the database, stays its own.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from uttt.storage import guests, openings
from uttt.storage.prepared import Prepared
from uttt.storage.work import Change, Newcomer, NewMatch

T = TypeVar("T")
Piece = Newcomer | NewMatch | Change

# the savepoints go with the transaction
_SAVE = Prepared(text("SAVEPOINT piece"))
_UNDO = Prepared(text("ROLLBACK TO SAVEPOINT piece"))


def apply(connection: Connection, pieces: Sequence[Piece]) -> list[Any]:
    """Write all; return what each returned or raised. Raises DBAPIError if the database failed."""
    newcomers = [piece for piece in pieces if isinstance(piece, Newcomer)]
    news = [piece for piece in pieces if isinstance(piece, NewMatch)]
    admitted = _admit(connection, newcomers)
    opened = _together(connection, news, openings.open_all) or _one_by_one(connection, news)
    written: dict[type, Iterator[Any]] = {Newcomer: iter(admitted), NewMatch: iter(opened)}
    return [
        next(written[type(piece)]) if type(piece) in written else _apply(connection, piece)
        for piece in pieces
    ]


def _admit(connection: Connection, newcomers: Sequence[Newcomer]) -> list[Any]:
    if connection.dialect.insert_returning:
        outcomes = _together(connection, newcomers, guests.create_all)
        if outcomes:
            return outcomes
    # by name, as they are together: no deadlock with another node; of equals the first has it
    numbers = sorted(range(len(newcomers)), key=lambda number: newcomers[number].name)
    outcomes = _one_by_one(connection, [newcomers[number] for number in numbers])
    return [outcome for _, outcome in sorted(zip(numbers, outcomes, strict=True))]


def _together(
    connection: Connection,
    pieces: Sequence[T],
    write: Callable[[Connection, Sequence[T]], Sequence[Any]],
) -> list[Any]:
    """Write several with few statements. If something is in the way of one of them, or there are
    not several, nothing is written and returned.
    """
    if len(pieces) < 2:  # noqa: PLR2004 - that is what several means
        return []
    _SAVE.run(connection, {})
    try:
        return list(write(connection, pieces))
    except Exception as error:  # also a bug, which one by one costs nobody else anything
        if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError):
            raise
        _UNDO.run(connection, {})
        return []


def _one_by_one(connection: Connection, pieces: Sequence[Piece]) -> list[Any]:
    return [_apply(connection, piece) for piece in pieces]


def _apply(connection: Connection, piece: Piece) -> object:
    _SAVE.run(connection, {})
    outcome = apply_alone(connection, piece)
    if isinstance(outcome, Exception):
        _UNDO.run(connection, {})
    return outcome


def apply_alone(connection: Connection, piece: Piece) -> object:
    """Write one; return what it returned or raised. In the latter case all that it did is to be
    undone by the caller. Raises DBAPIError when the database failed.
    """
    try:
        if isinstance(piece, Newcomer):
            return guests.create(connection, piece)
        if isinstance(piece, NewMatch):
            return openings.open_all(connection, [piece])[0]
        return piece(connection)
    except IntegrityError as error:
        return error
    except DBAPIError:
        raise
    except Exception as error:  # noqa: BLE001 - handed to whoever asked for the change
        return error
