"""How likely it is that a match is drawn, by the lines of sub-boards that are left to both.

A few numbers, fitted to games of the engine with itself (`python -m train draws`). Never who is
better: that is the evaluation's.
"""

import math

import cython
from cython.cimports.libc.stdint import int16_t
from cython.cimports.uttt.engine.compiled.board import COUNT
from cython.cimports.uttt.engine.compiled.rows import pattern_of

from uttt.rules.position import LINES

# Logits, as `train.draws` prints them.
# For each line left to a side that has 0, 1 or 2 of its sub-boards:
_OF_LINES = (-0.054, -0.315, -0.885)
# Times 1, the number of undecided sub-boards, and its square:
_OF_OPEN = (5.072, -0.727, 0.023)
_STEPS = 64  # of the tables, to a logit
_of_hopes = cython.declare(int16_t[19683])
_of_closed = cython.declare(int16_t[10])
_chance = cython.declare(int16_t[1025])  # of -512 to 512 steps, in 256ths


def _fill_tables() -> None:
    for own in range(512):
        for lost in range(512):
            if own & lost:
                continue
            left = [line for line in LINES if not line & lost]
            logits = sum(_OF_LINES[min(2, (own & line).bit_count())] for line in left)
            _of_hopes[pattern_of[own] + 2 * pattern_of[lost]] = round(_STEPS * logits)
    for closed in range(10):
        still = 9 - closed
        first, linear, square = _OF_OPEN
        _of_closed[closed] = round(_STEPS * (first + linear * still + square * still * still))
    for step in range(1025):
        _chance[step] = round(256 / (1 + math.exp((512 - step) / _STEPS)))


_fill_tables()


def draw_chance(board):
    """The chance in 256ths."""
    closed: cython.int = board.closed | board.won[0] | board.won[1]
    logits: cython.int = (
        _of_closed[COUNT[closed]]
        + _of_hopes[pattern_of[board.won[0]] + 2 * pattern_of[closed & ~board.won[0]]]
        + _of_hopes[pattern_of[board.won[1]] + 2 * pattern_of[closed & ~board.won[1]]]
    )
    return _chance[min(max(logits, -512), 512) + 512]
