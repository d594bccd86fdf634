"""What foretells draws is found again in games that were drawn by it."""

import math
import random

import pytest
from train.draws import features, fit
from train.patterns import DRAWN_BOARD, OWN_BOARD, THEIR_BOARD
from train.records import Record, pack

FACTORS = (-0.1, -0.3, -0.9, 5.0, -0.8, 0.05)


def _record(boards: list[int], result: int = 1) -> Record:
    return Record(tuple(boards), 9, result, 0, 20)


def test_lines_that_are_left_are_counted_by_how_far_they_are() -> None:
    boards = [OWN_BOARD, OWN_BOARD, 0, 0, THEIR_BOARD, 0, 0, 0, DRAWN_BOARD]
    # own: the upper row with two, the left column with one; theirs: the rising diagonal and the
    # middle row with one each; all other lines are dead for both
    assert features(_record(boards)) == (0, 3, 1, 1.0, 5, 25)


def test_the_factors_are_found_again() -> None:
    chance = random.Random(8)
    data = bytearray()
    for _ in range(60_000):
        kinds = [chance.choice((0, 0, OWN_BOARD, THEIR_BOARD, DRAWN_BOARD)) for _ in range(9)]
        row = features(_record(kinds))
        logit = sum(factor * x for factor, x in zip(FACTORS, row, strict=True))
        drawn = chance.random() < 1 / (1 + math.exp(-logit))
        data += pack(_record(kinds, 0 if drawn else 1))
    assert fit(data)[:3] == pytest.approx(FACTORS[:3], abs=0.08)
