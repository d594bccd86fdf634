"""How a whole game was played, move by move: a pure function of the moves and of verdicts on them.

Everything is seen by the first player, so that a graph of it needs no turning. Never searches
itself: whoever has the verdicts (the command line, the server's analysis) brings them.

The words are given by how much of the expected result a move cost, as lichess gives them: there a
loss of 0.1, 0.2 or 0.3 of the winning chances on a scale from -1 to 1 is an inaccuracy, a mistake
or a blunder (lila, `modules/tree/src/main/Advice.scala`). On our scale from 0 to 1 it is half.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from uttt.engine.verdict import Proof, Verdict
from uttt.rules.position import Position, Result, play


class Word(enum.Enum):
    """What a move is called that gave something away."""

    INACCURACY = "inaccuracy"
    MISTAKE = "mistake"
    BLUNDER = "blunder"


COSTS: Final = ((0.15, Word.BLUNDER), (0.10, Word.MISTAKE), (0.05, Word.INACCURACY))
"""The least loss of the mover's expected result (0..1) for each word."""


class Certain(enum.Enum):
    """What is certain about a position if both play on without mistakes."""

    FIRST = "first"
    """The first player wins."""
    SECOND = "second"
    DRAW = "draw"


@dataclass(frozen=True, slots=True)
class JudgedMove:
    """A move of a game, and what came of it."""

    move: int
    chance: float
    """The expected result of the first player after this move, 0 to 1."""
    proof: Certain | None
    """What is certain after this move."""
    best: int
    """The move that the search would have made."""
    best_chance: float
    """The expected result of the first player, had `best` been played."""
    line: tuple[int, ...]
    """How the match was expected to go on then, `best` first."""
    judgement: Word | None
    lost_by_force: bool
    """Before this move its player was not proved lost; after it he is. Never said of `best`."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A game that was judged."""

    moves: tuple[JudgedMove, ...]
    turning_point: int | None
    """The ply, counted from 1, of the move that decided the match; None if there was none."""


def judge(start: Position, moves: Sequence[int], verdicts: Sequence[Verdict]) -> Judgement:
    """Judge a game from its verdicts.

    `verdicts`: one for each position in which somebody was to move: before each of the moves, and,
    if the match is not over on the board, after the last. Raises ValueError for another number of
    them, and `IllegalMove` for moves that are not legal.
    """
    positions = [start]
    for move in moves:
        positions.append(play(positions[-1], move))
    open_ones = sum(position.result is None for position in positions)
    if len(verdicts) != open_ones:
        raise ValueError(f"{open_ones} verdicts are needed, {len(verdicts)} were given")
    judged = tuple(
        _judged(positions[ply], move, verdicts[ply], *_after(positions, verdicts, ply + 1))
        for ply, move in enumerate(moves)
    )
    return Judgement(judged, _turning_point(positions[-1].result, start.turn, judged))


def certain(position: Position, verdict: Verdict) -> Certain | None:
    """What a verdict proves, seen from outside."""
    if verdict.proof is None or verdict.proof is Proof.DRAW:
        return Certain.DRAW if verdict.proof else None
    first = (verdict.proof is Proof.WIN) == (position.turn == 0)
    return Certain.FIRST if first else Certain.SECOND


def first_chance(position: Position, verdict: Verdict) -> float:
    """The expected result of the first player."""
    return verdict.chance if position.turn == 0 else 1 - verdict.chance


_ENDS: Final = {
    Result.FIRST: (1.0, Certain.FIRST),
    Result.SECOND: (0.0, Certain.SECOND),
    Result.DRAW: (0.5, Certain.DRAW),
}


def _after(
    positions: Sequence[Position], verdicts: Sequence[Verdict], ply: int
) -> tuple[float, Certain | None]:
    """The expected result of the first player in a position of the game, and what is certain."""
    position = positions[ply]
    if position.result is not None:
        return _ENDS[position.result]
    return first_chance(position, verdicts[ply]), certain(position, verdicts[ply])


def _judged(
    before: Position, move: int, verdict: Verdict, chance: float, proof: Certain | None
) -> JudgedMove:
    best_chance = first_chance(before, verdict)
    cost = best_chance - chance if before.turn == 0 else chance - best_chance
    if move == verdict.move:  # what looks worse one move later is no fault of it
        cost = 0.0
    lost = Certain.SECOND if before.turn == 0 else Certain.FIRST
    return JudgedMove(
        move=move,
        chance=chance,
        proof=proof,
        best=verdict.move,
        best_chance=best_chance,
        line=verdict.line,
        judgement=next((word for least, word in COSTS if cost >= least), None),
        lost_by_force=(
            proof is lost and certain(before, verdict) is not lost and move != verdict.move
        ),
    )


def _turning_point(result: Result | None, turn: int, moves: Sequence[JudgedMove]) -> int | None:
    """The loser's costliest move of those after which he never stood even again.

    Only moves that have a judgement or that lost by force are asked. A match that was drawn, or
    that did not end on the board, has no turning point.
    """
    if result is None or result is Result.DRAW:
        return None
    loser = 1 if result is Result.FIRST else 0
    found, greatest = None, -1.0
    for ply in range(len(moves), 0, -1):
        judged = moves[ply - 1]
        ahead = judged.chance if loser == 1 else 1 - judged.chance
        if ahead <= 0.5:  # noqa: PLR2004 - the loser stands even or better
            break
        if (turn + ply - 1) % 2 != loser or not (judged.judgement or judged.lost_by_force):
            continue
        cost = abs(judged.best_chance - judged.chance)
        if cost > greatest:
            found, greatest = ply, cost
    return found
