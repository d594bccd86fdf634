"""Endings, searched to the end of the match: won 1, drawn 0, lost -1, or not solved.

No evaluation, no depth, no pruning but what is certain. This is where proofs of draws come from.
Never lengths of lines: a win is a win.
"""

import cython
from cython.cimports.libc.stdint import uint8_t
from cython.cimports.uttt.engine.compiled.board import COUNT, DRAWN, Board, list_moves
from cython.cimports.uttt.engine.compiled.ordering import (
    hopes,
    is_safe,
    promise_all,
    threats,
    winning_move,
)
from cython.cimports.uttt.engine.compiled.table import (
    AT_LEAST,
    AT_MOST,
    EXACT,
    NO_MOVE,
    UNKNOWN_LOOK,
    Entry,
    find,
    keep,
)
from cython.cimports.uttt.engine.compiled.tree import DEEPEST, Search, enter, gives_up, take_line

_SALT = cython.declare(cython.ulonglong, 0x5851F42D4C957F2D)  # entries of endings are told apart


def room(s):
    """The cells that may still be filled, of the root."""
    board: cython.pointer(Board) = cython.address(s.boards[0])
    cells: cython.int = 0
    place: cython.int
    for place in range(9):
        if not (board.closed >> place) & 1:
            cells += 9 - COUNT[board.marks[0][place] | board.marks[1][place]]
    return cells


def solve(s, ply, alpha, beta):
    """The value of the position at a ply, between -1 and 1; fail-soft.

    Once `s.gave_up` is set, the value means nothing.
    """
    board: cython.pointer(Board) = cython.address(s.boards[ply])
    s.lengths[ply] = 0
    if board.result:
        if board.result == DRAWN:
            return 0
        return 1 if board.result == 1 + board.turn else -1  # see tree.ended
    s.nodes += 1
    if gives_up(s) or ply >= DEEPEST:
        s.gave_up = True
        return 0
    win: cython.int = winning_move(board)
    if win >= 0:
        s.lines[ply][0] = win
        s.lengths[ply] = 1
        return 1
    most: cython.int = 1
    if ply > 0 and not board.most_boards_wins:
        who: cython.int = hopes(board)
        if who == 0 or (who == 1 and beta <= 0) or (who == 2 and alpha >= 0):
            return 0
        if who == 2:
            most = 0
    best_move: cython.int = NO_MOVE
    entry: cython.pointer(Entry) = find(cython.address(s.table), board.key ^ _SALT)
    if entry is not cython.NULL:
        best_move = entry.move
        if ply > 0 and (
            entry.bound == EXACT
            or (entry.bound == AT_LEAST and entry.value >= beta)
            or (entry.bound == AT_MOST and entry.value <= alpha)
        ):
            return entry.value
    return _try_all(s, ply, alpha, beta, best_move, most)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _try_all(
    s: cython.pointer(Search),
    ply: cython.int,
    alpha: cython.int,
    beta: cython.int,
    best_move: cython.int,
    most: cython.int,
) -> cython.int:
    """The value of a position in which nobody wins at once; it cannot be better than `most`."""
    board: cython.pointer(Board) = cython.address(s.boards[ply])
    moves: uint8_t[81]
    promises: cython.int[81]
    count: cython.int = list_moves(board, moves)
    dangers: cython.int = 0
    if not board.most_boards_wins:  # there a move may end the match before they come true
        dangers = threats(board, 1 - board.turn)
    promise_all(s, ply, moves, promises, count, best_move)
    first_alpha: cython.int = alpha
    best: cython.int = -1
    best_move = NO_MOVE
    i: cython.int
    j: cython.int
    k: cython.int
    for i in range(count):
        j = i
        for k in range(i + 1, count):
            if promises[k] > promises[j]:
                j = k
        move: cython.int = moves[j]
        moves[j] = moves[i]
        promises[j] = promises[i]
        if dangers and not is_safe(board, move, dangers):
            continue
        enter(s, ply, move)
        value: cython.int = -solve(s, ply + 1, -beta, -alpha)
        if s.gave_up:
            return 0
        if value > best or best_move == NO_MOVE:
            best = value
            best_move = move
            take_line(s, ply, move)
        alpha = max(alpha, value)
        if alpha >= beta or best >= most:
            break
    bound: cython.int = EXACT
    if best >= beta and best < most:
        bound = AT_LEAST
    elif best <= first_alpha and best > -1:
        bound = AT_MOST
    keep(cython.address(s.table), board.key ^ _SALT, 0, 127, best, UNKNOWN_LOOK, bound, best_move)
    return best
