"""The search below the root: alpha-beta with everything that makes it deep.

Values are of the side to move: `WON - ply` and `ply - WON` for wins and losses by force, counted
from the root; they come from ends of the match only, through moves that were all tried. Else the
evaluation's. Never the root's loop (`searcher`) nor limits in words.
"""

import math

import cython
from cython.cimports.libc.stdint import uint8_t
from cython.cimports.uttt.engine.compiled.board import Board, list_moves
from cython.cimports.uttt.engine.compiled.ordering import (
    QUIET,
    hopes,
    is_safe,
    promise_all,
    reward,
    threats,
    winning_move,
)
from cython.cimports.uttt.engine.compiled.quiescence import quiesce
from cython.cimports.uttt.engine.compiled.table import (
    AT_LEAST,
    AT_MOST,
    EXACT,
    FORCED,
    NO_MOVE,
    WON,
    Entry,
    expect,
    find,
    keep,
    value_here,
)
from cython.cimports.uttt.engine.compiled.tree import (
    DEEPEST,
    INFINITE,
    Search,
    drawn,
    ended,
    enter,
    must_stop,
    take_line,
)
from cython.cimports.uttt.engine.compiled.tree import look as look_at

# In plies: reading the table takes longer than searching anew what is nearer to the leaves, and
# keeping it pushes out what is dear.
REMEMBERED = cython.declare(cython.int, 4)
_reduction = cython.declare(cython.int[4096])  # of depth and number of the move, 64 each


def start_tables():
    """Fill the table of reductions."""
    for depth in range(1, 64):
        for number in range(1, 64):
            _reduction[64 * depth + number] = int(0.6 + math.log(depth) * math.log(number) / 1.9)


def descend(s, ply, depth, alpha, beta):
    """The value of the position at a ply, searched `depth` plies deep; fail-soft.

    Once `s.stopped` is set, the value means nothing.
    """
    board: cython.pointer(Board) = cython.address(s.boards[ply])
    s.lengths[ply] = 0
    if board.result:
        return ended(s, ply)
    if ply > 0 and not board.most_boards_wins:
        who: cython.int = hopes(board)
        if who != 3:
            draw: cython.int = drawn(s, ply)
            if who == 0 or (who == 1 and beta <= draw) or (who == 2 and alpha >= draw):
                return draw
    if depth <= 0 or ply >= DEEPEST:
        return quiesce(s, ply, alpha, beta, 0)
    s.nodes += 1
    if must_stop(s):
        return 0
    win: cython.int = winning_move(board)
    if win >= 0:
        s.lines[ply][0] = win
        s.lengths[ply] = 1
        return WON - ply - 1
    if not board.most_boards_wins:  # there a match may end at once without a line
        alpha = max(alpha, ply + 2 - WON)
        beta = min(beta, WON - ply - 3)
        if alpha >= beta:
            return alpha
    return _expand(s, ply, depth, alpha, beta)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _expand(
    s: cython.pointer(Search),
    ply: cython.int,
    depth: cython.int,
    alpha: cython.int,
    beta: cython.int,
) -> cython.int:
    """The value of a position in which nobody has won, and nobody wins at once."""
    board: cython.pointer(Board) = cython.address(s.boards[ply])
    exact: cython.bint = beta - alpha > 1
    best_before: cython.int = NO_MOVE
    look: cython.int
    value: cython.int
    entry: cython.pointer(Entry) = cython.NULL
    if depth >= REMEMBERED:
        entry = find(cython.address(s.table), board.key)
    if entry is not cython.NULL:
        best_before = entry.move
        look = entry.look
        value = value_here(entry.value, ply)
        if not exact and (entry.depth >= depth or value > FORCED or value < -FORCED):
            if (entry.bound & AT_LEAST and value >= beta) or (
                entry.bound & AT_MOST and value <= alpha
            ):
                return value
    else:
        look = look_at(s, ply)
    s.looks[ply] = look
    improving: cython.bint = ply < 2 or look > s.looks[ply - 2]

    if not exact and beta < FORCED and beta > -FORCED:
        if depth <= 6 and look - 65 * depth + 30 * improving >= beta:
            return look
        if depth <= 2 and look + 250 * depth < alpha:
            value = quiesce(s, ply, alpha, beta, 0)
            if value <= alpha or s.stopped:
                return value
    if depth >= 4 and best_before == NO_MOVE:
        depth -= 1

    moves: uint8_t[81]
    promises: cython.int[81]
    count: cython.int = list_moves(board, moves)
    dangers: cython.int = 0
    if not board.most_boards_wins:  # there a move may end the match before they come true
        dangers = threats(board, 1 - board.turn)
    i: cython.int
    j: cython.int
    if dangers:
        j = 0
        for i in range(count):
            if is_safe(board, moves[i], dangers):
                moves[j] = moves[i]
                j += 1
        if j == 0:
            s.lines[ply][0] = moves[0]
            s.lengths[ply] = 1
            return ply + 2 - WON
        count = j
    promise_all(s, ply, moves, promises, count, best_before)
    s.killers[ply + 2][0] = NO_MOVE
    s.killers[ply + 2][1] = NO_MOVE

    best: cython.int = -INFINITE
    best_move: cython.int = NO_MOVE
    first_alpha: cython.int = alpha
    next_depth: cython.int = depth - 1 + (count == 1)
    for i in range(count):
        j = i
        k: cython.int
        for k in range(i + 1, count):
            if promises[k] > promises[j]:
                j = k
        move: cython.int = moves[j]
        promise: cython.int = promises[j]
        moves[j] = moves[i]
        promises[j] = promises[i]
        moves[i] = move
        promises[i] = promise
        if (
            i >= 3 and not exact and depth <= 3 and promise < QUIET and best > -FORCED
            and (i >= 3 + 2 * depth * depth or look + 120 + 130 * depth <= alpha)
        ):  # fmt: skip
            if best < look <= alpha:
                best = look
            break
        enter(s, ply, move)
        if next_depth >= REMEMBERED:
            expect(cython.address(s.table), s.boards[ply + 1].key)
        reduction: cython.int = 0
        if i == 0:
            value = -descend(s, ply + 1, next_depth, -beta, -alpha)
        else:
            if depth >= 3 and i >= 2 and promise < QUIET:
                reduction = _reduction[64 * min(63, depth) + min(63, i)]
                if promise < -3000:
                    reduction += 1
                if exact or promise > 500:
                    reduction -= 1
                if not improving:
                    reduction += 1
                reduction = min(reduction, next_depth - 1)
                reduction = max(reduction, 0)
            value = -descend(s, ply + 1, next_depth - reduction, -alpha - 1, -alpha)
            if value > alpha and reduction:
                value = -descend(s, ply + 1, next_depth, -alpha - 1, -alpha)
            if value > alpha and value < beta:
                value = -descend(s, ply + 1, next_depth, -beta, -alpha)
        if s.stopped:
            return 0
        if value > best:
            best = value
            if value > alpha:
                best_move = move
                take_line(s, ply, move)
                if value >= beta:
                    if promise < 1000000 or i == 0:
                        reward(s, ply, depth, move, moves, i)
                    break
                alpha = value
    value = AT_LEAST if best >= beta else (EXACT if best > first_alpha else AT_MOST)
    if depth >= REMEMBERED:
        keep(cython.address(s.table), board.key, ply, depth, best, look, value, best_move)
    return best
