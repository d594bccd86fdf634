"""What a database is asked to write: events of matches, guests who come, matches that begin, and
functions of a connection.

Only the words; how it is written is the business of `sqlite.py` and `server.py`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from uttt.domain.events import Event, Played
from uttt.domain.match import Fixture, Player
from uttt.rules.position import Position
from uttt.rules.rulesets import Ruleset

NO_MOVE: Final = -1
"""In the column `moves.move`: the match ended at this ply without a move."""
NOBODY: Final[Mapping[int, int]] = {}


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


class NewMatch(NamedTuple):
    """A match that is to be made: returns it, or raises what `openings.Refusal` says, or Locked if
    somebody has one of the players locked, or he is gone. Several are written together, too.
    """

    public_id: str
    ruleset: Ruleset
    players: tuple[Player, Player | str]
    """Who begins, and his opponent or the name of one."""
    created_at: int
    max_open: int
    """How many open matches a player may have."""
    bots: Mapping[int, int] = NOBODY
    """The bots that play here, by id, and how many open matches each of them may have."""
    bots_count: bool = True
    """Whether a match against one of them counts for ratings, as one between accounts does."""
    setup: Position | None = None
    """Where it begins, if not on the empty board."""


Change = Callable[[Connection], Any]
"""Any other write. It may run more than once (the transaction before was undone then), so it does
nothing but SQL. If a statement fails, so must the change, with this error or a better one: to go on
would be to write outside of the transaction, or in one that will be undone."""

Work = Entry | Newcomer | NewMatch | Change
