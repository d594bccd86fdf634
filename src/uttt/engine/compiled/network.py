"""The network: sums over sub-board patterns, kept up to date move by move, and a small head.

What is computed stands in docs/network-format.md, its rows in `rows`. Integers nearly to the last
sum. Never the file.
"""

import cython
from cython.cimports.libc.stdint import int16_t, int32_t
from cython.cimports.uttt.engine.compiled.board import COUNT, FREE, Board, play, set_board
from cython.cimports.uttt.engine.compiled.rows import (
    HIDDEN,
    HOPES,
    LANES,
    OPEN,
    STATES,
    Head,
    Row,
    bias_row,
    constraint_rows,
    decided_rows,
    forward_rows,
    head_of,
    heads_of_network,
    index_of,
    loaded,
    macro_rows,
    needs,
    no_row,
    pattern_of,
    table,
)

from uttt.engine.compiled.rows import load
from uttt.rules.position import Position

__all__ = ["load", "value", "values_along"]


def is_loaded() -> cython.bint:
    """Whether there is a network to evaluate by."""
    return loaded


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
    return pattern_of[board.won[player]] + 2 * pattern_of[_closed(board) & ~board.won[player]]


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _index(board: cython.pointer(Board), place: cython.int, view: cython.int) -> cython.int:
    """The number of the pattern of an open sub-board, seen by a player."""
    return index_of[
        pattern_of[board.marks[view][place]] + 2 * pattern_of[board.marks[1 - view][place]]
    ]


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _rows_of(place: cython.int, own: cython.int, their: cython.int) -> cython.pointer(Row):
    """The rows of an open sub-board, given the hopes of the viewer and of the other."""
    state: cython.int = 3 * needs[9 * own + place] + needs[9 * their + place]
    return table + (STATES * place + state) * OPEN


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _add_three(
    sums: cython.pointer(int16_t),
    one: cython.pointer(Row),
    two: cython.pointer(Row),
    three: cython.pointer(Row),
) -> cython.void:
    lane: cython.int
    for lane in range(LANES):
        sums[lane] += one.lane[lane] + two.lane[lane] + three.lane[lane]


def refresh(board, lanes, view):
    """Add up the lanes of a position anew."""
    place: cython.int
    lane: cython.int
    own: cython.int = _hopes(board, view)
    their: cython.int = _hopes(board, 1 - view)
    closed: cython.int = _closed(board)
    macro: cython.pointer(Row) = macro_rows + own
    macro_of_other: cython.pointer(Row) = macro_rows + HOPES + their
    rows: cython.pointer(Row)[9]
    for place in range(9):
        if not (closed >> place) & 1:
            rows[place] = _rows_of(place, own, their) + _index(board, place, view)
        elif (board.won[view] >> place) & 1:
            rows[place] = cython.address(decided_rows[3 * place])
        elif (board.won[1 - view] >> place) & 1:
            rows[place] = cython.address(decided_rows[3 * place + 1])
        else:
            rows[place] = cython.address(decided_rows[3 * place + 2])
    sums: int16_t[32]
    for lane in range(LANES):
        sums[lane] = bias_row.lane[lane] + macro.lane[lane] + macro_of_other.lane[lane]
    # The rows were chosen before: without a branch the compiler makes vectors of the lanes.
    for place in range(0, 9, 3):
        _add_three(sums, rows[place], rows[place + 1], rows[place + 2])
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
    constraint: cython.pointer(Row) = cython.address(constraint_rows[81])
    forward: cython.pointer(Row) = cython.address(no_row)
    place: cython.int = board.forced
    if place != FREE and not (closed >> place) & 1:
        constraint = cython.address(
            constraint_rows[
                STATES * place
                + 3 * needs[9 * _hopes(board, turn) + place]
                + needs[9 * _hopes(board, 1 - turn) + place]
            ]
        )
        forward = forward_rows + place * OPEN + _index(board, place, turn)
    head: cython.pointer(Head) = cython.address(heads_of_network[head_of[COUNT[closed]]])
    clipped: Row
    lane: cython.int
    unit: cython.int
    for lane in range(LANES):
        clipped.lane[lane] = own.lane[lane] + constraint.lane[lane] + forward.lane[lane]
    value: cython.float = head.b2 + head.wl * clipped.lane[LANES - 1]
    for lane in range(LANES):
        clipped.lane[lane] = min(max(clipped.lane[lane], 0), 128)
    hidden: int32_t[16]
    for unit in range(HIDDEN):
        total: int32_t = 0
        for lane in range(LANES):
            total += cython.cast(int32_t, clipped.lane[lane]) * head.w1[unit][lane]
        hidden[unit] = total
    for unit in range(HIDDEN):  # a loop of its own, of which the compiler makes vectors
        value += head.w2[unit] * max(0, hidden[unit] + head.b1[unit])
    return int(min(max(value, -20000.0), 20000.0))


def value(position: Position) -> int:
    """The value of a position for the side to move, its lanes added up anew. For tests."""
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
