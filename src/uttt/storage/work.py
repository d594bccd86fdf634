"""What a database is asked to write: events of matches, and functions of a connection.

Only the words; how it is written is the business of `sqlite.py` and `server.py`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from uttt.domain.events import Event, Played
from uttt.domain.match import Fixture
from uttt.storage.prepared import Prepared

NO_MOVE: Final = -1
"""In the column `moves.move`: the match ended at this ply without a move."""


class Entry(NamedTuple):
    """What the journal appends: an event of a match, with what its ending needs."""

    fixture: Fixture
    event: Event
    elo_k: int

    @property
    def row(self) -> tuple[int, int, int, int]:
        """The row of `moves`: match id, ply, move, time."""
        fixture, event, _ = self
        move = event.move if isinstance(event, Played) else NO_MOVE
        return fixture.id, event.ply, move, event.at


Change = Callable[[Connection], Any]
"""Any other write. It may run more than once (the transaction before was undone then), so it does
nothing but SQL. If a statement fails, so must the change, with this error or a better one: to go on
would be to write outside of the transaction, or in one that will be undone."""

Work = Entry | Change

_SAVE = Prepared(text("SAVEPOINT piece"))
_UNDO = Prepared(text("ROLLBACK TO SAVEPOINT piece"))


def apply(connection: Connection, changes: Sequence[Change]) -> list[Any]:
    """Run each change so that its failure, but not that of the database, stays its own.

    Returns what each returned or raised. Raises DBAPIError when the database failed.
    """
    return [_apply(connection, change) for change in changes]


def _apply(connection: Connection, change: Change) -> object:
    _SAVE.run(connection, {})
    outcome = apply_alone(connection, change)
    if isinstance(outcome, Exception):
        _UNDO.run(connection, {})
    return outcome  # the savepoint goes with the transaction


def apply_alone(connection: Connection, change: Change) -> object:
    """Run a change; return what it returned or raised. In the latter case all that it did is to be
    undone by the caller. Raises DBAPIError when the database failed.
    """
    try:
        return change(connection)
    except IntegrityError as error:
        return error
    except DBAPIError:
        raise
    except Exception as error:  # noqa: BLE001 - handed to whoever asked for the change
        return error
