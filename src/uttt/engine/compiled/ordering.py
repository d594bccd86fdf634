"""Which moves win or lose at once, and which to try first.

An order is by what moves do (take a sub-board, save one, send the opponent to a good or a bad
place) and by what was good elsewhere in the tree. Never values of positions.
"""

import cython
from cython.cimports.libc.stdint import int16_t, uint16_t
from cython.cimports.uttt.engine.compiled.board import COMPLETING, FREE, FULL, HAS_LINE, Board


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _lowest(cells: cython.int) -> cython.int:
    """The place of the lowest of some bits."""
    place: cython.int = 0
    while not (cells >> place) & 1:
        place += 1
    return place


def winning_move(board):
    """A move that wins the match at once, -1 if there is none."""
    turn: cython.int = board.turn
    places: cython.int = COMPLETING[board.won[turn]] & ~(board.closed | board.won[0] | board.won[1])
    if board.forced != FREE:
        places &= 1 << board.forced
    place: cython.int
    if places:
        for place in range(9):
            if (places >> place) & 1:
                cells: cython.int = (
                    COMPLETING[board.marks[turn][place]] & ~board.marks[1 - turn][place]
                )
                if cells:
                    return 9 * place + _lowest(cells)
    return -1


def hopes(board):
    """Who can still get a line: 1 the side to move, 2 the other, 3 both."""
    undecided: cython.int = FULL & ~(board.closed | board.won[0] | board.won[1])
    turn: cython.int = board.turn
    return HAS_LINE[board.won[turn] | undecided] | HAS_LINE[board.won[1 - turn] | undecided] << 1


def threats(board, player):
    """The sub-boards in which a player would win the match if he were to move there."""
    places: cython.int = COMPLETING[board.won[player]] & ~(
        board.closed | board.won[0] | board.won[1]
    )
    place: cython.int
    found: cython.int = 0
    if places:
        for place in range(9):
            if (places >> place) & 1 and (
                COMPLETING[board.marks[player][place]] & ~board.marks[1 - player][place]
            ):
                found |= 1 << place
    return found


def is_safe(board, move, threats):
    """Whether the opponent, who has these threats, cannot carry one out after the move."""
    place: cython.int = move // 9
    cell: cython.int = move - 9 * place
    turn: cython.int = board.turn
    mine: cython.int = board.marks[turn][place] | (1 << cell)
    theirs: cython.int = board.marks[1 - turn][place]
    settled: cython.int = (board.won[0] | board.won[1]) >> place & 1
    closed: cython.int = board.closed
    wins: cython.int = HAS_LINE[mine] and not settled
    if wins or not COMPLETING[theirs] & ~mine:
        threats &= ~(1 << place)
    if (mine | theirs) == FULL or (wins and board.won_boards_close):
        closed |= 1 << place
    if (closed >> cell) & 1:
        return threats == 0
    return not (threats >> cell) & 1


def promise_all(s, ply, moves, promises, count, best):
    """How much each move promises; `best` is the move that was best before."""
    board: cython.pointer(Board) = cython.address(s.boards[ply])
    turn: cython.int = board.turn
    mine: cython.pointer(uint16_t) = board.marks[turn]
    theirs: cython.pointer(uint16_t) = board.marks[1 - turn]
    settled: cython.int = board.won[0] | board.won[1]
    their_lines: cython.int = COMPLETING[board.won[1 - turn]]
    before: cython.int = s.played[ply]
    i: cython.int
    for i in range(count):
        move: cython.int = moves[i]
        if move == best:
            promises[i] = 1000000
            continue
        place: cython.int = move // 9
        cell: cython.int = move - 9 * place
        value: cython.int = s.history[turn][move] // 16 + s.replies[turn][before][move] // 16
        if not (settled >> place) & 1:
            if (COMPLETING[mine[place]] >> cell) & 1:
                value += 4000
            if (COMPLETING[theirs[place]] >> cell) & 1:
                value += 2000 + 1000 * ((their_lines >> place) & 1)
        if move == s.killers[ply][0]:
            value += 900
        elif move == s.killers[ply][1]:
            value += 600
        if (board.closed >> cell) & 1:
            value -= 6000
        elif not (settled >> cell) & 1:
            gift: cython.int = COMPLETING[theirs[cell]] & ~mine[cell]
            if cell == place:
                gift &= ~(1 << cell)
            if gift:
                value -= 2500
        promises[i] = value


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _drift(score: cython.pointer(int16_t), bonus: cython.int) -> cython.void:
    """Move a score towards the bonus, the less the nearer it is to the limit of 16,384."""
    size: cython.int = bonus if bonus > 0 else -bonus
    score[0] += bonus - score[0] * size // 16384


def reward(s, ply, depth, move, tried, count):
    """Remember that a move was better than those tried before it."""
    turn: cython.int = s.boards[ply].turn
    before: cython.int = s.played[ply]
    bonus: cython.int = 32 * depth * depth
    bonus = min(bonus, 2400)
    i: cython.int
    if s.killers[ply][0] != move:
        s.killers[ply][1] = s.killers[ply][0]
        s.killers[ply][0] = move
    _drift(cython.address(s.history[turn][move]), bonus)
    _drift(cython.address(s.replies[turn][before][move]), bonus)
    for i in range(count):
        _drift(cython.address(s.history[turn][tried[i]]), -bonus)
        _drift(cython.address(s.replies[turn][before][tried[i]]), -bonus)
