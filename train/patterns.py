"""Patterns: a sub-board seen by one side as a number, and what the eight symmetries do to it.

Never weights or positions of the rules; the definition is that of docs/network-format.md.
"""

from typing import Final

from uttt.rules.position import HAS_LINE, LINES

PATTERNS: Final = 3**9
"""A pattern is the sum over the cells of 3^cell times 0 (empty), 1 (own) or 2 (their)."""
OWN_BOARD, THEIR_BOARD, DRAWN_BOARD = PATTERNS, PATTERNS + 1, PATTERNS + 2
"""What stands in the place of the pattern of a decided sub-board."""
SYMMETRIES: Final = 8

_POWERS = tuple(3**cell for cell in range(9))


def digits(pattern: int) -> tuple[int, ...]:
    """What is in each of the nine cells: 0 empty, 1 own, 2 their."""
    return tuple(pattern // power % 3 for power in _POWERS)


def pattern_of(own: int, their: int) -> int:
    """The pattern of two sets of cells, 9 bits each."""
    return sum(
        power * ((own >> cell & 1) + 2 * (their >> cell & 1)) for cell, power in enumerate(_POWERS)
    )


def is_open(pattern: int) -> bool:
    """Whether a sub-board that looks like this may still be undecided."""
    cells = digits(pattern)
    own = sum(1 << i for i in range(9) if cells[i] == 1)
    their = sum(1 << i for i in range(9) if cells[i] == 2)  # noqa: PLR2004
    return not HAS_LINE[own] and not HAS_LINE[their] and 0 in cells


OPEN_PATTERNS: Final = tuple(pattern for pattern in range(PATTERNS) if is_open(pattern))
"""The 11,093 patterns that have a row in the file, ascending."""


def turned_cell(symmetry: int, cell: int) -> int:
    """Where a symmetry (0..7, 0 leaves all in place) takes a cell, or a sub-board."""
    row, column = divmod(cell, 3)
    if symmetry & 1:
        row = 2 - row
    if symmetry & 2:
        column = 2 - column
    if symmetry & 4:
        row, column = column, row
    return 3 * row + column


def turned_pattern(symmetry: int, pattern: int) -> int:
    """The pattern after a symmetry; what stands for a decided sub-board stays."""
    if pattern >= PATTERNS:
        return pattern
    places = [turned_cell(symmetry, cell) for cell in range(9)]
    return sum(state * _POWERS[place] for state, place in zip(digits(pattern), places, strict=True))


def need(hopes: int, board: int) -> int:
    """How much a side needs a sub-board: 2 it completes a line, 1 it may, 0 no line is possible.

    `hopes`: a pattern with sub-boards for cells, 1 won by this side, 2 of no use to it, 0 open.
    """
    states = digits(hopes)
    most = 0
    for line in LINES:
        others = [states[i] for i in range(9) if line >> i & 1 and i != board]
        if line >> board & 1 and 2 not in others:  # noqa: PLR2004
            most = max(most, 2 if others == [1, 1] else 1)
    return most
