"""What a search is asked and what it answers: values only. How it is found is decided elsewhere."""

import enum
import math
from dataclasses import dataclass


class Proof(enum.Enum):
    """What is certain about a position, for the side to move, if both play on without mistakes."""

    WIN = "win"
    LOSS = "loss"
    DRAW = "draw"


@dataclass(frozen=True, slots=True)
class Limits:
    """When a search ends: at whatever of these comes first. None: without this limit."""

    seconds: float | None = None
    nodes: int | None = None
    depth: int | None = None
    """Plies; extensions may look further."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a search found about a position, seen by the side to move."""

    move: int
    """The best move found, 0..80."""
    chance: float
    """The expected result, 0 (lost) to 1 (won), a draw being 0.5."""
    proof: Proof | None
    """Not None only if it is certain."""
    plies: int | None
    """With a proved win or loss whose `line` goes to the end of the match, its plies; else None."""
    depth: int
    """The last depth that was searched wholly, in plies."""
    nodes: int
    line: tuple[int, ...]
    """The moves that both are expected to make, `move` first."""


def logit_of(chance: float) -> float:
    """The logarithm of the odds of a chance between 0 and 1, both excluded."""
    return math.log(chance / (1 - chance))
