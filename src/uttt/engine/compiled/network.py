"""The network: sums over sub-board patterns, kept up to date move by move, and a small head.

What is computed stands in docs/network-format.md. Here are the tables in memory, one row of lanes
for each pattern of each sub-board, and integers nearly to the last sum. Never the file.
"""

from collections.abc import Mapping, Sequence

import cython
from cython.cimports.libc.stdint import int8_t, int16_t, int32_t, uint16_t, uintptr_t
from cython.cimports.libc.stdlib import calloc
from cython.cimports.uttt.engine.compiled.board import COUNT, FREE, FULL, HAS_LINE, Board

_PATTERNS = cython.declare(cython.int, 19683)
_ROWS = cython.declare(cython.int, 19686)  # of a sub-board: its patterns; own, theirs, drawn

_pattern_of = cython.declare(uint16_t[512])  # of a set of cells, the sum of 3^cell
_nothing = cython.declare(Row)
_head_of = cython.declare(cython.int[10])
_heads = cython.declare(Head[10])

for _cells in range(512):
    _pattern_of[_cells] = sum(3**cell for cell in range(9) if (_cells >> cell) & 1)


def is_loaded() -> cython.bint:
    """Whether there is a network to evaluate by."""
    return rows is not cython.NULL


@cython.cfunc
def _take_rows(number: cython.int) -> cython.pointer(Row):
    """Zeroed rows on a cache line each. They live as long as the process."""
    memory: uintptr_t = cython.cast(uintptr_t, calloc(number + 1, cython.sizeof(Row)))
    if memory == 0:
        raise MemoryError
    return cython.cast(cython.pointer(Row), (memory + 63) // 64 * 64)


def load(numbers: Mapping[str, object], width: int, shift: int, heads: Sequence[int]) -> None:
    """Make the rows from the arrays of a network file, named as in its description.

    Once in a process, or while nothing searches.
    """
    global rows, forward_rows, macro_rows
    if rows is cython.NULL:
        forward_rows = _take_rows(9 * _PATTERNS)
        macro_rows = _take_rows(2 * _PATTERNS)
        rows = _take_rows(9 * _ROWS)
    i: cython.int
    bias: int16_t[:] = numbers["BIAS"]
    constraint: int16_t[:] = numbers["CONSTRAINT"]
    decided: int16_t[:] = numbers["DECIDED"]
    for i in range(10):
        _copy(cython.address(constraint_rows[i]), cython.address(constraint[LANES * i]))
        _head_of[i] = heads[i]
    _copy(cython.address(bias_row), cython.address(bias[0]))
    for i in range(27):
        _copy(rows + i // 3 * _ROWS + _PATTERNS + i % 3, cython.address(decided[LANES * i]))
    _mix_patterns(numbers, width, shift)
    _scale_macro(numbers, shift)
    for i in range(max(heads) + 1):
        _load_head(i, numbers)


@cython.cfunc
def _copy(row: cython.pointer(Row), numbers: cython.pointer(int16_t)) -> cython.int:
    lane: cython.int
    for lane in range(LANES):
        row.lane[lane] = numbers[lane]
    return 0


@cython.cfunc
def _mix_patterns(numbers: object, width: cython.int, shift: cython.int) -> cython.int:
    """The rows of the patterns, for each sub-board, and those for the forced one."""
    vectors: int8_t[:] = numbers["PATTERN"]
    mix: int16_t[:] = numbers["MIX"]
    forward_mix: int16_t[:] = numbers["FORWARD_MIX"]
    forward: int8_t[:] = numbers["FORWARD"]
    scale: int16_t[:] = numbers["FORWARD_SCALE"]
    zero: int32_t[32]
    own: int32_t[32]
    lane: cython.int
    place: cython.int
    index: cython.int
    for lane in range(LANES):
        zero[lane] = 0
    for index, pattern in enumerate(open_patterns()):
        vector: cython.pointer(int8_t) = cython.address(vectors[width * index])
        for lane in range(LANES):
            own[lane] = forward[LANES * index + lane] * scale[lane]
        for place in range(9):
            first: cython.int = place * width * LANES
            _mix(
                rows + place * _ROWS + cython.cast(cython.int, pattern),
                vector, cython.address(mix[first]), zero, width, shift,
            )  # fmt: skip
            _mix(
                forward_rows + place * _PATTERNS + cython.cast(cython.int, pattern),
                vector, cython.address(forward_mix[first]), own, width, shift,
            )  # fmt: skip
    return 0


@cython.cfunc
def _mix(
    row: cython.pointer(Row),
    vector: cython.pointer(int8_t),
    mix: cython.pointer(int16_t),
    more: cython.pointer(int32_t),
    width: cython.int,
    shift: cython.int,
) -> cython.int:
    sums: int32_t[32]
    lane: cython.int
    i: cython.int
    for lane in range(LANES):
        sums[lane] = more[lane] + (1 << (shift - 1))
    for i in range(width):
        for lane in range(LANES):
            sums[lane] += cython.cast(int32_t, vector[i]) * mix[LANES * i + lane]
    for lane in range(LANES):
        row.lane[lane] = sums[lane] >> shift
    return 0


@cython.cfunc
def _scale_macro(numbers: object, shift: cython.int) -> cython.int:
    values: int8_t[:] = numbers["MACRO"]
    scale: int16_t[:] = numbers["MACRO_SCALE"]
    index: cython.int
    lane: cython.int
    for index in range(2 * 19683):
        first: cython.int = LANES if index >= 19683 else 0
        for lane in range(LANES):
            value: int32_t = (
                cython.cast(int32_t, values[LANES * index + lane]) * scale[first + lane]
            )
            macro_rows[index].lane[lane] = (value + (1 << (shift - 1))) >> shift
    return 0


def open_patterns() -> list[int]:
    """The patterns that have a row: without a line, and not full."""
    patterns = []
    for own in range(512):
        for their in range(512):
            if not (own & their or HAS_LINE[own] or HAS_LINE[their] or own | their == FULL):
                pattern: cython.int = _pattern_of[own] + 2 * _pattern_of[their]
                patterns.append(pattern)
    return sorted(patterns)


@cython.cfunc
def _load_head(index: cython.int, numbers: object) -> cython.int:
    head: cython.pointer(Head) = cython.address(_heads[index])
    unit: cython.int
    lane: cython.int
    for unit in range(HIDDEN):
        for lane in range(LANES):
            weight = (
                0.0 if lane == LANES - 1 else numbers["W1"][(index * LANES + lane) * HIDDEN + unit]
            )
            head.w1[unit][lane] = max(-32767, min(32767, round(weight * 128)))
        head.b1[unit] = round(numbers["B1"][index * HIDDEN + unit] * 128 * 128)
        head.w2[unit] = numbers["W2"][index * HIDDEN + unit] * VALUE_OF_LOGIT / (128 * 128)
    head.b2 = numbers["B2"][index] * VALUE_OF_LOGIT
    head.wl = numbers["WL"][index] * VALUE_OF_LOGIT / 128
    return 0


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _row_of(board: cython.pointer(Board), place: cython.int, view: cython.int) -> cython.int:
    """The row of a sub-board in its table, seen by a player."""
    if (board.won[view] >> place) & 1:
        return 19683
    if (board.won[1 - view] >> place) & 1:
        return 19684
    if (board.closed >> place) & 1:
        return 19685
    return _pattern(board, place, view)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _pattern(board: cython.pointer(Board), place: cython.int, view: cython.int) -> cython.int:
    return _pattern_of[board.marks[view][place]] + 2 * _pattern_of[board.marks[1 - view][place]]


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _add_macro(
    board: cython.pointer(Board), row: cython.pointer(Row), view: cython.int, sign: cython.int
) -> cython.void:
    """Add, or take away, what the hopes of both sides count."""
    decided: cython.int = board.closed | board.won[0] | board.won[1]
    own: cython.pointer(Row) = macro_rows + _hopes(board.won[view], decided)
    their: cython.pointer(Row) = macro_rows + 19683 + _hopes(board.won[1 - view], decided)
    lane: cython.int
    for lane in range(LANES):
        row.lane[lane] += sign * (own.lane[lane] + their.lane[lane])


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _hopes(won: cython.int, decided: cython.int) -> cython.int:
    return _pattern_of[won] + 2 * _pattern_of[decided & ~won]


def refresh(board, lanes, view):
    """Add up the lanes of a position anew."""
    place: cython.int
    lane: cython.int
    sums: cython.pointer(Row) = cython.address(lanes.view[view])
    for lane in range(LANES):
        sums.lane[lane] = bias_row.lane[lane]
    for place in range(9):
        row: cython.pointer(Row) = rows + place * 19686 + _row_of(board, place, view)
        for lane in range(LANES):
            sums.lane[lane] += row.lane[lane]
    _add_macro(board, sums, view, 1)
    lanes.known[view] = True


def update(before, after, place, old, lanes, view):
    """Make the lanes after a move in sub-board `place` from those before it."""
    lane: cython.int
    table: cython.pointer(Row) = rows + place * 19686
    gone: cython.pointer(Row) = table + _row_of(before, place, view)
    come: cython.pointer(Row) = table + _row_of(after, place, view)
    for lane in range(LANES):
        lanes.view[view].lane[lane] = old.view[view].lane[lane] - gone.lane[lane] + come.lane[lane]
    if (
        before.closed != after.closed
        or before.won[0] != after.won[0]
        or before.won[1] != after.won[1]
    ):
        _add_macro(before, cython.address(lanes.view[view]), view, -1)
        _add_macro(after, cython.address(lanes.view[view]), view, 1)
    lanes.known[view] = True


def evaluate(board, lanes):
    """The value for the side to move, whose lanes must be known."""
    own: cython.pointer(Row) = cython.address(lanes.view[board.turn])
    constraint: cython.pointer(Row) = cython.address(constraint_rows[board.forced])
    forward: cython.pointer(Row) = cython.address(_nothing)
    if board.forced != FREE:
        forward = forward_rows + 19683 * board.forced + _pattern(board, board.forced, board.turn)
    head: cython.pointer(Head) = cython.address(
        _heads[_head_of[COUNT[board.closed | board.won[0] | board.won[1]]]]
    )
    clipped: Row
    lane: cython.int
    unit: cython.int
    for lane in range(LANES):
        clipped.lane[lane] = own.lane[lane] + constraint.lane[lane] + forward.lane[lane]
    value: cython.float = head.b2 + head.wl * clipped.lane[LANES - 1]
    for lane in range(LANES):
        clipped.lane[lane] = min(max(clipped.lane[lane], 0), 128)
    for unit in range(HIDDEN):
        total: int32_t = 0
        for lane in range(LANES):
            total += cython.cast(int32_t, clipped.lane[lane]) * head.w1[unit][lane]
        total += head.b1[unit]
        value += head.w2[unit] * (max(0, total))
    return int(min(max(value, -20000.0), 20000.0))
