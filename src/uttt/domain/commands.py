"""What can be asked of a match. People, bots, clocks and sweeps all use these."""

from typing import NamedTuple


class Play(NamedTuple):
    """A player places a mark. `move` is 9 * board + cell, 0..80.

    `ply`, if given: only as that move of the match, not as a later one.
    """

    player_id: int
    move: int
    ply: int | None = None


class Abandon(NamedTuple):
    """A player ends the match, on turn or not.

    `ply`, if given: only while that is the next one.
    """

    player_id: int
    ply: int | None = None


class Expire(NamedTuple):
    """The match is to end if nothing has happened in it after `idle_since` (ms UTC)."""

    idle_since: int


Command = Play | Abandon | Expire
