"""How likely draws are: the few numbers of `uttt.engine.compiled.drawing`, found in records.

Logistic regression by Newton's method. What it looks at are lines of sub-boards only, never cells.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Final

from train.patterns import DRAWN_BOARD, OWN_BOARD, THEIR_BOARD
from train.records import RECORD_BYTES, Record, unpack
from uttt.rules.position import LINES

Features = tuple[float, ...]
"""Lines left to either side with 0, 1 and 2 of its sub-boards; 1; undecided sub-boards, squared."""
_SAMPLE: Final = 400_000
_STEPS: Final = 20


def features(record: Record) -> Features:
    """What the chance of a draw is computed from."""
    own, their, drawn = (
        sum(1 << board for board in range(9) if record.boards[board] == kind)
        for kind in (OWN_BOARD, THEIR_BOARD, DRAWN_BOARD)
    )
    left = [0, 0, 0]
    for mine, lost in ((own, their | drawn), (their, own | drawn)):
        for line in LINES:
            if not line & lost:
                left[min(2, (mine & line).bit_count())] += 1
    undecided = 9 - (own | their | drawn).bit_count()
    return (*left, 1.0, undecided, undecided * undecided)


def fit(data: bytes | bytearray) -> Features:
    """The factors of the features, in logits, by which draws are foretold best."""
    count = len(data) // RECORD_BYTES
    seen: Counter[tuple[Features, bool]] = Counter()
    for i in range(0, count, max(1, count // _SAMPLE)):
        record = unpack(bytes(data[RECORD_BYTES * i : RECORD_BYTES * (i + 1)]))
        seen[features(record), record.result == 0] += 1
    factors = [0.0] * 6
    for _ in range(_STEPS):
        factors = _step(factors, seen)
    return tuple(factors)


def _step(factors: list[float], seen: Mapping[tuple[Features, bool], int]) -> list[float]:
    """One step of Newton's method."""
    size = len(factors)
    slope = [0.0] * size
    curve = [[1e-3 * (i == j) for j in range(size)] for i in range(size)]
    for (row, drawn), times in seen.items():
        logit = sum(factor * x for factor, x in zip(factors, row, strict=True))
        chance = 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
        for i in range(size):
            slope[i] += times * (drawn - chance) * row[i]
            for j in range(size):
                curve[i][j] += times * chance * (1 - chance) * row[i] * row[j]
    return [factor + by for factor, by in zip(factors, _solved(curve, slope), strict=True)]


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss's elimination, of a matrix that is positive definite."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i, pivot in enumerate(rows):
        for j, row in enumerate(rows):
            if j != i:
                factor = row[i] / pivot[i]
                rows[j] = [a - factor * b for a, b in zip(row, pivot, strict=True)]
    return [row[-1] / row[i] for i, row in enumerate(rows)]
