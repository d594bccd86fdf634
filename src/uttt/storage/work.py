"""What a database is asked to write: events of matches, guests who come, functions of a connection.

Only the words; how it is written is the business of `sqlite.py` and `server.py`.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from uttt.domain.events import Event, Played
from uttt.domain.match import Fixture

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


class Newcomer(NamedTuple):
    """A temporary user who is to be made, with a session: returns the ids of both, or raises
    NameTaken. Several are written together, for less than one after the other would cost.
    """

    name: str
    token_hash: bytes
    now: int


Change = Callable[[Connection], Any]
"""Any other write. It may run more than once (the transaction before was undone then), so it does
nothing but SQL. If a statement fails, so must the change, with this error or a better one: to go on
would be to write outside of the transaction, or in one that will be undone."""

Work = Entry | Newcomer | Change
