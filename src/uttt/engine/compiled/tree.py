"""What a search holds: the boards of its plies, their lanes, its limits; and how a ply is entered.

Never which moves are tried or what values mean.
"""

import cython
from cython.cimports.libc.stdint import int64_t
from cython.cimports.posix.time import clock_gettime, timespec
from cython.cimports.uttt.engine.compiled.board import DRAWN, Board, play
from cython.cimports.uttt.engine.compiled.drawing import draw_chance
from cython.cimports.uttt.engine.compiled.glance import glance
from cython.cimports.uttt.engine.compiled.network import evaluate, refresh, update
from cython.cimports.uttt.engine.compiled.table import WON


def now(clock):
    """The time in ns."""
    time: timespec
    clock_gettime(clock, cython.address(time))
    return cython.cast(int64_t, time.tv_sec) * 1000000000 + time.tv_nsec


def gives_up(s):
    """Whether the exact search of an ending must end; asks the clock now and then."""
    if (
        s.stopped
        or s.nodes > s.solve_nodes
        or (s.nodes & 255 == 0 and s.solve_deadline and now(s.clock) > s.solve_deadline)
    ):
        s.gave_up = True
    return s.gave_up


def drawn(s, ply):
    """The value of a draw for the side to move: less than nothing for whoever wants to win."""
    return -s.contempt if s.boards[ply].turn == s.proud else s.contempt


def ended(s, ply):
    """The value of a match that is over, for the side that would be to move.

    Where sub-boards are counted out, whoever moved last may have lost by it.
    """
    board: cython.pointer(Board) = cython.address(s.boards[ply])
    if board.result == DRAWN:
        return drawn(s, ply)
    return WON - ply if board.result == 1 + board.turn else ply - WON


def enter(s, ply, move):
    """Make a move: the board of the next ply is that after it."""
    play(cython.address(s.boards[ply]), cython.address(s.boards[ply + 1]), move)
    s.lanes[ply + 1].known[0] = False
    s.lanes[ply + 1].known[1] = False
    s.played[ply + 1] = move


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _learn_lanes(s: cython.pointer(Search), ply: cython.int, view: cython.int) -> cython.void:
    """Have the lanes of a ply known, from those of the plies before where that is quicker."""
    if s.lanes[ply].known[view]:
        return
    if ply == 0:
        refresh(cython.address(s.boards[0]), cython.address(s.lanes[0]), view)
        return
    _learn_lanes(s, ply - 1, view)
    update(
        cython.address(s.boards[ply - 1]),
        cython.address(s.boards[ply]),
        s.played[ply] // 9,
        cython.address(s.lanes[ply - 1]),
        cython.address(s.lanes[ply]),
        view,
    )


def look(s, ply):
    """The evaluation of a position: that of who is better, and what a likely draw takes from it."""
    board: cython.pointer(Board) = cython.address(s.boards[ply])
    value: cython.int
    if s.uses_network:
        _learn_lanes(s, ply, board.turn)
        value = evaluate(board, cython.address(s.lanes[ply]))
    else:
        value = glance(board)
    if s.contempt and not board.most_boards_wins:  # there other things make a draw
        value += drawn(s, ply) * draw_chance(board) // 256
    return value


def must_stop(s):
    """Whether the search must end; asks the clock now and then."""
    if s.stopped:
        return True
    if (s.most_nodes and s.nodes > s.most_nodes) or (
        s.nodes & 255 == 0 and s.deadline and now(s.clock) > s.deadline
    ):
        s.stopped = True
    return s.stopped


def take_line(s, ply, move):
    """The line of a ply is this move and then that of the next ply."""
    i: cython.int
    s.lines[ply][0] = move
    for i in range(s.lengths[ply + 1]):
        s.lines[ply][i + 1] = s.lines[ply + 1][i]
    s.lengths[ply] = s.lengths[ply + 1] + 1
