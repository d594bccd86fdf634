"""What an engine says of a finished match: a value, and how it is put together from verdicts.

Pure. Never searches, and knows neither who has asked nor where it is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from uttt.engine.hindsight import consistent
from uttt.engine.judgement import Certain, JudgedMove, certain, first_chance, judge
from uttt.engine.verdict import Verdict
from uttt.rules.position import Position, Result

_CHANCE_AT_THE_END: Final = {Result.FIRST: 1.0, Result.SECOND: 0.0, Result.DRAW: 0.5}


@dataclass(frozen=True, slots=True)
class Analysis:
    """A match as an engine sees it. It is kept as JSON: members may only be added with a default,
    or what was kept before is made anew.
    """

    engine: str
    """Which engine and net have made it; at most 64 characters."""
    start_chance: float
    """What the first player could expect before the first of the moves, 0 to 1."""
    start_proof: Certain | None
    moves: tuple[JudgedMove, ...]
    turning_point: int | None
    """The index in `moves` of the move that decided the match, if one did."""


def analyse(
    engine: str, start: Position, moves: Sequence[int], verdicts: Sequence[Verdict]
) -> Analysis:
    """Put an analysis together. `verdicts` are those that `judge` wants. Raises ValueError."""
    verdicts = consistent(moves, verdicts)
    judgement = judge(start, moves, verdicts)
    chance, proof = _before_the_first_move(start, verdicts)
    turning_point = judgement.turning_point
    index = None if turning_point is None else turning_point - 1
    return Analysis(engine, chance, proof, judgement.moves, index)


def _before_the_first_move(
    start: Position, verdicts: Sequence[Verdict]
) -> tuple[float, Certain | None]:
    if start.result is not None:  # brought from the old server as it ended
        return _CHANCE_AT_THE_END[start.result], Certain(start.result.value)
    return first_chance(start, verdicts[0]), certain(start, verdicts[0])
