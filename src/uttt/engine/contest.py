"""Matches between two players of the game, and what they say about their strengths.

Openings are played twice with colours swapped, and pairs are what is counted: the two games of a
pair are alike, so they are not two independent ones. Never how a player finds its moves.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from uttt.rules.position import Result, legal_moves, play, start
from uttt.rules.rulesets import STANDARD, Ruleset

Mover = Callable[[Sequence[int]], int]
"""What a player answers to the moves so far."""

_SURE: Final = 1.96
"""Standard deviations to both sides of the middle that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How pairs of games went, seen by the first of the two players."""

    pairs: tuple[float, ...] = ()
    """Its points in each pair, 0 to 2."""
    wins: int = 0
    draws: int = 0
    losses: int = 0

    def with_pair(self, first: float, second: float) -> "Tally":
        """This, and a pair: its points in the two games."""
        points = (first, second)
        return Tally(
            (*self.pairs, first + second),
            self.wins + points.count(1.0),
            self.draws + points.count(0.5),
            self.losses + points.count(0.0),
        )

    @property
    def score(self) -> float:
        """Its share of the points, 0 to 1."""
        return sum(self.pairs) / (2 * len(self.pairs)) if self.pairs else 0.5

    @property
    def error(self) -> float:
        """Half of the width of the interval of 95 % around the score."""
        if len(self.pairs) < 2:  # noqa: PLR2004 - one pair says nothing about spread
            return 0.5
        mean = self.score
        spread = sum((points / 2 - mean) ** 2 for points in self.pairs) / (len(self.pairs) - 1)
        return _SURE * math.sqrt(spread / len(self.pairs))

    @property
    def elo(self) -> tuple[float, float, float]:
        """The difference of strength in Elo: least, likeliest, greatest (95 %)."""
        return elo(self.score - self.error), elo(self.score), elo(self.score + self.error)


def elo(score: float) -> float:
    """The difference of Elo that lets one expect this score; ±1000 at most."""
    bounded = min(max(score, 0.003), 0.997)
    return -400 * math.log10(1 / bounded - 1)


def opening(seed: int, number: int, plies: int, ruleset: Ruleset = STANDARD) -> list[int]:
    """Random moves to begin a pair with; the same for the same seed and number."""
    draw = random.Random(f"{seed} {number}")  # noqa: S311 - openings, no secrets
    while True:
        position, moves = start(ruleset), list[int]()
        while len(moves) < plies and position.result is None:
            moves.append(draw.choice(legal_moves(position)))
            position = play(position, moves[-1])
        if position.result is None:
            return moves


def play_out(begun: Sequence[int], movers: tuple[Mover, Mover], ruleset: Ruleset) -> Result:
    """Play a match to its end. Raises `IllegalMove` if a player does not keep to the rules."""
    position = start(ruleset)
    moves = list(begun)
    for move in moves:
        position = play(position, move)
    while position.result is None:
        moves.append(movers[position.turn](moves))
        position = play(position, moves[-1])
    return position.result


def play_pair(
    begun: Sequence[int], one: Mover, other: Mover, ruleset: Ruleset = STANDARD
) -> tuple[float, float]:
    """The points of `one` from an opening, as the first player and as the second."""
    as_first = play_out(begun, (one, other), ruleset)
    as_second = play_out(begun, (other, one), ruleset)
    return _points(as_first, Result.FIRST), _points(as_second, Result.SECOND)


def _points(result: Result, wanted: Result) -> float:
    if result is Result.DRAW:
        return 0.5
    return float(result is wanted)
