"""The hand-made evaluation, as `uttt.engine.outlook` has it, in C: for when there is no network.

The first generation of a network is trained on games that were played by it. Never a search.
"""

import cython
from cython.cimports.uttt.engine.compiled.board import FREE

from uttt.engine import outlook

_odds = cython.declare(cython.float[39366])  # of a pattern: own chance, their chance
_pattern_of = cython.declare(cython.int[512])
_worth = cython.declare(cython.float[9])
_place = cython.declare(cython.int[24])
_line = cython.declare(cython.float, outlook.LINE * 400)
_free = cython.declare(cython.float, outlook.FREE * 400)
_turn = cython.declare(cython.float, outlook.TURN * 400)


def _fill_tables() -> None:
    for cells in range(512):
        _pattern_of[cells] = sum(3**cell for cell in range(9) if (cells >> cell) & 1)
    for mine in range(512):
        for theirs in range(512):
            if not mine & theirs:
                pattern: cython.int = _pattern_of[mine] + 2 * _pattern_of[theirs]
                own, other = outlook.odds(mine, theirs)
                _odds[2 * pattern] = own
                _odds[2 * pattern + 1] = other
    for board in range(9):
        _worth[board] = outlook.WORTH[board] * outlook.BOARD * 400
    for number, places in enumerate(outlook.PLACES):
        for i, place in enumerate(places):
            _place[3 * number + i] = place


_fill_tables()


def glance(board):
    """The value for the side to move."""
    own: cython.float[9]
    other: cython.float[9]
    turn: cython.int = board.turn
    place: cython.int
    value: cython.float = _turn
    if board.forced == FREE:
        value += _free
    for place in range(9):
        own[place] = 0
        other[place] = 0
        if (board.won[turn] >> place) & 1:
            own[place] = 1
        elif (board.won[1 - turn] >> place) & 1:
            other[place] = 1
        elif not (board.closed >> place) & 1:
            pattern: cython.int = (
                _pattern_of[board.marks[turn][place]]
                + 2 * _pattern_of[board.marks[1 - turn][place]]
            )
            own[place] = _odds[2 * pattern]
            other[place] = _odds[2 * pattern + 1]
        value += _worth[place] * (own[place] - other[place])
    for place in range(0, 24, 3):
        a: cython.int = _place[place]
        b: cython.int = _place[place + 1]
        c: cython.int = _place[place + 2]
        value += _line * (own[a] * own[b] * own[c] - other[a] * other[b] * other[c])
    return cython.cast(cython.int, value)
