"""What a position looks like at a glance, by hand-made rules: no search, no network.

For each sub-board: how likely each player would win it if its free cells were filled at random.
For the match: what those chances make of the eight lines of sub-boards. It is what the plain
search evaluates by, and what the gentle levels see of a position. Never looks at a next move.
"""

import math
from functools import cache
from typing import Final

from uttt.rules.position import FREE_CHOICE, HAS_LINE, LINES, Position, Result

_FULL = 0b111_111_111
PLACES = tuple(tuple(i for i in range(9) if line >> i & 1) for line in LINES)
WORTH: Final = tuple(sum(line >> board & 1 for line in LINES) / 3 for board in range(9))
"""How much a sub-board counts by itself: by the number of lines through it."""

# In logits. They were chosen so that the plain search, at equal nodes, wins most games.
LINE: Final = 2.2
BOARD: Final = 0.75
FREE: Final = 0.15
TURN: Final = 0.05


@cache
def odds(mine: int, theirs: int) -> tuple[float, float]:
    """The chances of both to get the first line of a sub-board when it is filled at random."""
    if HAS_LINE[mine]:
        return 1.0, 0.0
    if HAS_LINE[theirs]:
        return 0.0, 1.0
    free = [1 << cell for cell in range(9) if not (mine | theirs) >> cell & 1]
    if not free:
        return 0.0, 0.0
    own = other = 0.0
    for bit in free:
        for next_mine, next_theirs in ((mine | bit, theirs), (mine, theirs | bit)):
            chances = odds(next_mine, next_theirs)
            own += chances[0]
            other += chances[1]
    return own / (2 * len(free)), other / (2 * len(free))


def logit(position: Position) -> float:
    """How good the position looks for the side to move, as log-odds; only while play goes on."""
    turn = position.turn
    mine, theirs = position.marks(turn), position.marks(1 - turn)
    own: list[float] = []
    other: list[float] = []
    value = TURN + (FREE if position.forced == FREE_CHOICE else 0.0)
    for board in range(9):
        bit = 1 << board
        if position.boards_won[turn] & bit:
            chances = 1.0, 0.0
        elif position.boards_won[1 - turn] & bit:
            chances = 0.0, 1.0
        elif position.drawn & bit:
            chances = 0.0, 0.0
        else:
            chances = odds(mine >> 9 * board & _FULL, theirs >> 9 * board & _FULL)
        own.append(chances[0])
        other.append(chances[1])
        value += BOARD * WORTH[board] * (chances[0] - chances[1])
    for a, b, c in PLACES:
        value += LINE * (own[a] * own[b] * own[c] - other[a] * other[b] * other[c])
    return value


def chance(position: Position) -> float:
    """The expected result for the side to move by looks, 0 to 1; exact where the match is over."""
    if position.result is None:
        return 1 / (1 + math.exp(-logit(position)))
    if position.result is Result.DRAW:
        return 0.5
    winner = 0 if position.result is Result.FIRST else 1
    return 1.0 if winner == position.turn else 0.0
