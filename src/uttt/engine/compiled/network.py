"""The network: sums over sub-board patterns, kept up to date move by move, and a small head.

What is computed stands in docs/network-format.md. Here are the tables in memory, one row of lanes
for each pattern of each sub-board in each state, and integers nearly to the last sum. Never the
file.
"""

from collections.abc import Mapping, Sequence

import cython
from cython.cimports.libc.stdint import int8_t, int16_t, int32_t, uint8_t, uint16_t, uintptr_t
from cython.cimports.libc.stdlib import calloc
from cython.cimports.uttt.engine.compiled.board import (
    COUNT,
    FREE,
    FULL,
    HAS_LINE,
    Board,
    play,
    set_board,
)

from uttt.rules.position import LINES, Position

_OPEN = cython.declare(cython.int, 11093)  # patterns of a sub-board that nobody has decided
_HOPES = cython.declare(cython.int, 19683)  # patterns of the macro board

_pattern_of = cython.declare(uint16_t[512])  # of a set of cells, the sum of 3^cell
_index_of = cython.declare(uint16_t[19683])  # of an open pattern, its number among them
_needs = cython.declare(uint8_t[177147])  # of hopes and sub-board
_loaded = cython.declare(cython.bint, False)
_table = cython.declare(cython.pointer(Row), cython.NULL)  # [9][STATES][_OPEN]
_forward = cython.declare(cython.pointer(Row), cython.NULL)  # [9][_OPEN]
_macro = cython.declare(cython.pointer(Row), cython.NULL)  # [2][_HOPES]
_constraint = cython.declare(Row[82])
_decided = cython.declare(Row[27])
_bias = cython.declare(Row)
_nothing = cython.declare(Row)
_head_of = cython.declare(cython.int[10])
_heads = cython.declare(Head[10])


def _fill_tables() -> None:
    """Number the open patterns, and note for all hopes how much each sub-board is needed."""
    for cells in range(512):
        _pattern_of[cells] = sum(3**cell for cell in range(9) if (cells >> cell) & 1)
    live = []
    for own in range(512):
        for their in range(512):
            if own & their:
                continue
            pattern = _pattern_of[own] + 2 * _pattern_of[their]
            if own | their != FULL and not HAS_LINE[own] and not HAS_LINE[their]:
                live.append(pattern)
            for place in range(9):
                others = [line & ~(1 << place) for line in LINES if (line >> place) & 1]
                possible = [line for line in others if not line & their]
                completing = any(line & own == line for line in possible)
                _needs[9 * pattern + place] = 2 if completing else bool(possible)
    for index, pattern in enumerate(sorted(live)):
        _index_of[pattern] = index


_fill_tables()


def is_loaded() -> cython.bint:
    """Whether there is a network to evaluate by."""
    return _loaded


def unload() -> None:
    """Evaluate without a network from now on. Not while a search runs."""
    global _loaded
    _loaded = False


@cython.cfunc
def _rows(number: cython.int) -> cython.pointer(Row):
    """Zeroed rows on a cache line each. They live as long as the process."""
    memory: uintptr_t = cython.cast(uintptr_t, calloc(number + 1, cython.sizeof(Row)))
    if memory == 0:
        raise MemoryError
    return cython.cast(cython.pointer(Row), (memory + 63) // 64 * 64)


def load(numbers: Mapping[str, object], width: int, shift: int, heads: Sequence[int]) -> None:
    """Fill the tables from the arrays of a network file, named as in its description.

    Not while a search runs: a second network takes the place of the first.
    """
    global _table, _forward, _macro, _loaded
    _copy(cython.address(_bias), numbers["BIAS"], 0)
    for i in range(82):
        _copy(cython.address(_constraint[i]), numbers["CONSTRAINT"], i)
    for i in range(27):
        _copy(cython.address(_decided[i]), numbers["DECIDED"], i)
    for i in range(10):
        _head_of[i] = heads[i]
    for i in range(max(heads) + 1):
        _load_head(i, numbers)
    if _table is cython.NULL:
        _forward = _rows(9 * _OPEN)
        _macro = _rows(2 * _HOPES)
        _table = _rows(9 * STATES * _OPEN)
    vectors: cython.const[int8_t][::1] = numbers["PATTERN"]
    mix: cython.const[int16_t][::1] = numbers["MIX"]
    _mix_rows(_table, cython.address(vectors[0]), cython.address(mix[0]), 9 * STATES, width, shift)
    mix = numbers["FORWARD_MIX"]
    _mix_rows(_forward, cython.address(vectors[0]), cython.address(mix[0]), 9, width, shift)
    own: cython.const[int8_t][::1] = numbers["FORWARD"]
    scale: cython.const[int16_t][::1] = numbers["FORWARD_SCALE"]
    place: cython.int
    for place in range(9):
        _scale_rows(
            _forward + place * _OPEN, cython.address(own[0]), cython.address(scale[0]), _OPEN, shift
        )
    own = numbers["MACRO"]
    scale = numbers["MACRO_SCALE"]
    for place in range(2):
        at: cython.int = LANES * place
        _scale_rows(
            _macro + place * _HOPES,
            cython.address(own[at * _HOPES]),
            cython.address(scale[at]),
            _HOPES,
            shift,
        )
    _loaded = True


@cython.cfunc
def _copy(row: cython.pointer(Row), numbers: object, index: cython.int) -> cython.int:
    lane: cython.int
    view: int16_t[:] = numbers
    for lane in range(LANES):
        row.lane[lane] = view[LANES * index + lane]
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _mix_rows(
    rows: cython.pointer(Row),
    vectors: cython.pointer(cython.const[int8_t]),
    mix: cython.pointer(cython.const[int16_t]),
    mixes: cython.int,
    width: cython.int,
    shift: cython.int,
) -> cython.void:
    """Set for each mix the rows of all open patterns: their vectors times the mix."""
    sums: int32_t[32]
    m: cython.int
    index: cython.int
    i: cython.int
    lane: cython.int
    for m in range(mixes):
        for index in range(_OPEN):
            for lane in range(LANES):
                sums[lane] = 1 << (shift - 1)
            for i in range(width):
                factor: int32_t = vectors[width * index + i]
                row: cython.pointer(cython.const[int16_t]) = mix + LANES * (width * m + i)
                for lane in range(LANES):
                    sums[lane] += factor * row[lane]
            for lane in range(LANES):
                rows[_OPEN * m + index].lane[lane] = sums[lane] >> shift


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _scale_rows(
    rows: cython.pointer(Row),
    numbers: cython.pointer(cython.const[int8_t]),
    scale: cython.pointer(cython.const[int16_t]),
    count: cython.int,
    shift: cython.int,
) -> cython.void:
    """Add to each row its numbers, each lane times its scale."""
    half: int32_t = 1 << (shift - 1)
    index: cython.int
    lane: cython.int
    for index in range(count):
        for lane in range(LANES):
            rows[index].lane[lane] += (
                cython.cast(int32_t, numbers[LANES * index + lane]) * scale[lane] + half
            ) >> shift


@cython.cfunc
def _load_head(index: cython.int, numbers: object) -> cython.int:
    head: cython.pointer(Head) = cython.address(_heads[index])
    unit: cython.int
    lane: cython.int
    for unit in range(HIDDEN):
        for lane in range(LANES):
            at: cython.int = (index * LANES + lane) * HIDDEN + unit
            weight = 0.0 if lane == LANES - 1 else numbers["W1"][at]
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
def _closed(board: cython.pointer(Board)) -> cython.int:
    """The decided sub-boards: where won ones stay open, they count as decided, too."""
    return board.closed | board.won[0] | board.won[1]


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _hopes(board: cython.pointer(Board), player: cython.int) -> cython.int:
    return _pattern_of[board.won[player]] + 2 * _pattern_of[_closed(board) & ~board.won[player]]


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _index(board: cython.pointer(Board), place: cython.int, view: cython.int) -> cython.int:
    """The number of the pattern of an open sub-board, seen by a player."""
    return _index_of[
        _pattern_of[board.marks[view][place]] + 2 * _pattern_of[board.marks[1 - view][place]]
    ]


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _rows_of(place: cython.int, own: cython.int, their: cython.int) -> cython.pointer(Row):
    """The rows of an open sub-board, given the hopes of the viewer and of the other."""
    state: cython.int = 3 * _needs[9 * own + place] + _needs[9 * their + place]
    return _table + (STATES * place + state) * _OPEN


def refresh(board, lanes, view):
    """Add up the lanes of a position anew."""
    place: cython.int
    lane: cython.int
    own: cython.int = _hopes(board, view)
    their: cython.int = _hopes(board, 1 - view)
    closed: cython.int = _closed(board)
    row: cython.pointer(Row) = _macro + own
    other: cython.pointer(Row) = _macro + _HOPES + their
    sums: int16_t[32]
    for lane in range(LANES):
        sums[lane] = _bias.lane[lane] + row.lane[lane] + other.lane[lane]
    for place in range(9):
        if not (closed >> place) & 1:
            row = _rows_of(place, own, their) + _index(board, place, view)
        elif (board.won[view] >> place) & 1:
            row = cython.address(_decided[3 * place])
        elif (board.won[1 - view] >> place) & 1:
            row = cython.address(_decided[3 * place + 1])
        else:
            row = cython.address(_decided[3 * place + 2])
        for lane in range(LANES):
            sums[lane] += row.lane[lane]
    for lane in range(LANES):
        lanes.view[view].lane[lane] = sums[lane]
    lanes.known[view] = True


def update(before, after, place, old, lanes, view):
    """Make the lanes after a move in sub-board `place` from those before it.

    A move that decides a sub-board may change the states of all, and has them added up anew.
    """
    closed: cython.int = _closed(after)
    if closed != _closed(before):
        refresh(after, lanes, view)
        return
    lane: cython.int
    if not (closed >> place) & 1:
        rows: cython.pointer(Row) = _rows_of(place, _hopes(after, view), _hopes(after, 1 - view))
        gone: cython.pointer(Row) = rows + _index(before, place, view)
        come: cython.pointer(Row) = rows + _index(after, place, view)
        for lane in range(LANES):
            lanes.view[view].lane[lane] = (
                old.view[view].lane[lane] - gone.lane[lane] + come.lane[lane]
            )
    else:
        lanes.view[view] = old.view[view]
    lanes.known[view] = True


def evaluate(board, lanes):
    """The value for the side to move, whose lanes must be known."""
    turn: cython.int = board.turn
    own: cython.pointer(Row) = cython.address(lanes.view[turn])
    closed: cython.int = _closed(board)
    constraint: cython.pointer(Row) = cython.address(_constraint[81])
    forward: cython.pointer(Row) = cython.address(_nothing)
    place: cython.int = board.forced
    if place != FREE and not (closed >> place) & 1:
        constraint = cython.address(
            _constraint[
                STATES * place
                + 3 * _needs[9 * _hopes(board, turn) + place]
                + _needs[9 * _hopes(board, 1 - turn) + place]
            ]
        )
        forward = _forward + place * _OPEN + _index(board, place, turn)
    head: cython.pointer(Head) = cython.address(_heads[_head_of[COUNT[closed]]])
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


def value(position: Position) -> int:
    """The value of a position for the side to move, its lanes added up anew. For tests.

    Raises ValueError if there is no network.
    """
    return values_along(position, [])[0]


def values_along(position: Position, moves: list[int]) -> list[int]:
    """The values of a position after each of the moves, its lanes kept up to date. For tests.

    Without moves, that of the position itself. Raises ValueError if there is no network.
    """
    if not is_loaded():
        raise ValueError("no network is loaded")
    boards: Board[2]
    lanes: Lanes[2]
    turn: cython.int = 0
    view: cython.int
    set_board(cython.address(boards[0]), position)
    for view in range(2):
        refresh(cython.address(boards[0]), cython.address(lanes[0]), view)
    if not moves:
        return [evaluate(cython.address(boards[0]), cython.address(lanes[0]))]
    values = []
    for move in moves:
        play(cython.address(boards[turn]), cython.address(boards[1 - turn]), move)
        for view in range(2):
            update(
                cython.address(boards[turn]),
                cython.address(boards[1 - turn]),
                move // 9,
                cython.address(lanes[turn]),
                cython.address(lanes[1 - turn]),
                view,
            )
        turn = 1 - turn
        values.append(evaluate(cython.address(boards[turn]), cython.address(lanes[turn])))
    return values
