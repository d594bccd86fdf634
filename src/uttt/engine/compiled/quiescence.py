"""The end of every line of the search: takes of sub-boards are played out before it is judged.

Never quiet moves.
"""

import cython
from cython.cimports.uttt.engine.compiled.board import COMPLETING, FREE, FULL, Board
from cython.cimports.uttt.engine.compiled.ordering import winning_move
from cython.cimports.uttt.engine.compiled.table import WON
from cython.cimports.uttt.engine.compiled.tree import (
    DEEPEST,
    ended,
    enter,
    look,
    must_stop,
    take_line,
)


def quiesce(s, ply, alpha, beta, taken):
    """The value when only moves that take a sub-board are tried; who likes none may stand."""
    board: cython.pointer(Board) = cython.address(s.boards[ply])
    s.lengths[ply] = 0
    s.nodes += 1
    if board.result:
        return ended(s, ply)
    if must_stop(s):
        return 0
    win: cython.int = winning_move(board)
    if win >= 0:
        s.lines[ply][0] = win
        s.lengths[ply] = 1
        return WON - ply - 1
    best: cython.int = look(s, ply)
    if best >= beta or taken >= 6 or ply >= DEEPEST:
        return best
    alpha = max(alpha, best)
    turn: cython.int = board.turn
    places: cython.int = FULL & ~(board.closed | board.won[0] | board.won[1])
    if board.forced != FREE:
        places &= 1 << board.forced
    place: cython.int
    cell: cython.int
    for place in range(9):
        if not (places >> place) & 1:
            continue
        cells: cython.int = COMPLETING[board.marks[turn][place]] & ~board.marks[1 - turn][place]
        if not cells:
            continue
        for cell in range(9):
            if not (cells >> cell) & 1:
                continue
            enter(s, ply, 9 * place + cell)
            value: cython.int = -quiesce(s, ply + 1, -beta, -alpha, taken + 1)
            if s.stopped:
                return 0
            if value > best:
                best = value
                if value > alpha:
                    take_line(s, ply, 9 * place + cell)
                    alpha = value
                    if value >= beta:
                        return best
    return best
