"""What an engine says of a finished match: values only. Whoever makes, keeps or shows them is
elsewhere.

Chances and proofs are seen by the first player, whoever is to move: so the course of a match can be
drawn as one line.
"""

from dataclasses import dataclass
from enum import StrEnum

from uttt.rules.position import Result


class Judgement(StrEnum):
    """How bad a move was. The values are stored and sent; never rename one."""

    INACCURACY = "inaccuracy"
    MISTAKE = "mistake"
    BLUNDER = "blunder"


@dataclass(frozen=True, slots=True)
class AnalysedMove:
    """A move of the match, the position after it, and what could have been played instead."""

    move: int
    chance: float
    """The result that the first player can expect after it, 0 (lost) to 1 (won)."""
    proof: Result | None
    """How the match ends from there if both play on without mistakes; None: not certain."""
    best: int | None
    best_chance: float
    """What the first player could have expected had `best` been played."""
    line: tuple[int, ...]
    """How both would go on best in the place of this move, `best` first."""
    judgement: Judgement | None
    lost_by_force: bool
    """Its player was not proved to be lost before it, and was after it."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """A match as an engine sees it."""

    engine: str
    """Which engine and net have made it; at most 64 characters."""
    start_chance: float
    start_proof: Result | None
    moves: tuple[AnalysedMove, ...]
    turning_point: int | None
    """The index in `moves` of the move that decided the match, if one did."""
