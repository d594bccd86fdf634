"""What happened in a match. An event is a fact once the journal has committed it, not before."""

from enum import StrEnum
from typing import NamedTuple

from uttt.rules.position import Position


class Result(StrEnum):
    """How a match ended. The values are stored and sent; never rename one."""

    WON = "won"
    DRAWN = "drawn"
    ABANDONED = "abandoned"
    EXPIRED = "expired"
    VOID = "void"
    """It expired before both had moved: gone without a result."""


class Outcome(NamedTuple):
    """The end of a match. `winner` is 0 for player_a, 1 for player_b, None for nobody."""

    result: Result
    winner: int | None
    rated: bool


class Played(NamedTuple):
    """A mark was placed. `ply` counts from 0; `outcome` is set when this move ended the match."""

    ply: int
    at: int
    move: int
    outcome: Outcome | None
    position: Position | None = None
    """The board after it, where whoever made the event knows it; nobody need play it again then."""


class Ended(NamedTuple):
    """The match ended without a move. It takes the ply that the next move would have taken."""

    ply: int
    at: int
    outcome: Outcome


Event = Played | Ended
