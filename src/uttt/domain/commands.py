"""What can be asked of a match. People, bots, clocks and sweeps all use these."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Play:
    """A player places a mark. `move` is 9 * board + cell, 0..80."""

    player_id: int
    move: int


@dataclass(frozen=True, slots=True)
class Abandon:
    """A player ends the match, on turn or not."""

    player_id: int


@dataclass(frozen=True, slots=True)
class Expire:
    """The match is to end if nothing has happened in it after `idle_since` (ms UTC)."""

    idle_since: int


Command = Play | Abandon | Expire
