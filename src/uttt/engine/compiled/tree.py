"""What a search holds: the boards of its plies, their lanes, its limits; and how a ply is entered.

Never which moves are tried or what values mean.
"""

import cython
from cython.cimports.libc.stdint import int64_t
from cython.cimports.posix.time import clock_gettime, timespec
from cython.cimports.uttt.engine.compiled.board import DRAWN, play
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


def ended(board, ply):
    """The value of a match that is over, for the side that would be to move.

    Where sub-boards are counted out, whoever moved last may have lost by it.
    """
    if board.result == DRAWN:
        return 0
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
    """The evaluation of a position."""
    if not s.uses_network:
        return glance(cython.address(s.boards[ply]))
    _learn_lanes(s, ply, s.boards[ply].turn)
    return evaluate(cython.address(s.boards[ply]), cython.address(s.lanes[ply]))


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
