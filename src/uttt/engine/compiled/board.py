"""Positions of the game as the search needs them: bitboards, moves, keys, perft.

The rules are those of `uttt.rules.position`, which is what they are tested against. Never
evaluation or search.
"""

import cython
from cython.cimports.libc.stdint import uint8_t, uint64_t
from cython.cimports.libc.string import memset

from uttt.rules.position import FREE_CHOICE, LINES, Position, Result

_MARK_KEY = cython.declare(uint64_t[162])
_WON_KEY = cython.declare(uint64_t[18])
_FORCED_KEY = cython.declare(uint64_t[10])
_TURN_KEY = cython.declare(uint64_t)
_RULES_KEY = cython.declare(uint64_t[4])


def _fill_tables() -> None:
    for cells in range(512):
        HAS_LINE[cells] = any(cells & line == line for line in LINES)
        COUNT[cells] = cells.bit_count()
        COMPLETING[cells] = 0
        for line in LINES:
            missing = line & ~cells
            if missing.bit_count() == 1:
                COMPLETING[cells] |= missing
    state: uint64_t = 0x9E3779B97F4A7C15  # any start will do; the same one, so that runs are equal
    for i in range(162):
        state = _scramble(state)
        _MARK_KEY[i] = state
    for i in range(18):
        state = _scramble(state)
        _WON_KEY[i] = state
    for i in range(10):
        state = _scramble(state)
        _FORCED_KEY[i] = state
    for i in range(4):
        state = _scramble(state)
        _RULES_KEY[i] = state
    global _TURN_KEY
    _TURN_KEY = _scramble(state)


@cython.cfunc
@cython.exceptval(check=False)
def _scramble(state: uint64_t) -> uint64_t:
    """A step of xorshift64* (Vigna 2016), for numbers without a pattern."""
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state * cython.cast(uint64_t, 0x2545F4914F6CDD1D)


_fill_tables()


def play(before, after, move):
    """Make a legal move; both boards may not be the same."""
    after[0] = before[0]
    board: cython.int = move // 9
    cell: cython.int = move - 9 * board
    turn: cython.int = before.turn
    bit: cython.int = 1 << board
    key: uint64_t = before.key ^ _MARK_KEY[81 * turn + move] ^ _FORCED_KEY[before.forced]
    mine: cython.int = before.marks[turn][board] | (1 << cell)
    full: cython.bint = (mine | before.marks[1 - turn][board]) == FULL
    after.marks[turn][board] = mine
    if (full or HAS_LINE[mine]) and not (before.won[0] | before.won[1]) & bit:
        if HAS_LINE[mine]:
            after.won[turn] |= bit
            key ^= _WON_KEY[9 * turn + board]
            if HAS_LINE[after.won[turn]]:
                after.result = 1 + turn
            if before.won_boards_close:
                after.closed |= bit
        if full:
            after.closed |= bit
        if after.closed == FULL and not after.result:
            after.result = _count_out(after)
    elif full:
        after.closed |= bit
        if after.closed == FULL:
            after.result = _count_out(after)
    after.forced = FREE if (after.closed >> cell) & 1 else cell
    after.key = key ^ _FORCED_KEY[after.forced] ^ _TURN_KEY
    after.turn = 1 - turn
    after.plies = before.plies + 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _count_out(board: cython.pointer(Board)) -> cython.int:
    """The result when all sub-boards are closed and nobody has a line."""
    lead: cython.int = COUNT[board.won[0]] - COUNT[board.won[1]]
    if lead == 0 or not board.most_boards_wins:
        return DRAWN
    return 1 if lead > 0 else 2


def list_moves(board, moves):
    """Write the legal moves, ascending, and return how many; the match must not be over."""
    count: cython.int = 0
    first: cython.int = board.forced
    last: cython.int = board.forced
    if board.forced == FREE:
        first = 0
        last = 8
    place: cython.int
    cell: cython.int
    for place in range(first, last + 1):
        if (board.closed >> place) & 1:
            continue
        free: cython.int = FULL & ~(board.marks[0][place] | board.marks[1][place])
        for cell in range(9):
            moves[count] = 9 * place + cell
            count += (free >> cell) & 1
    return count


def set_board(board, position):
    """Set up a board from a position of `uttt.rules`."""
    memset(board, 0, cython.sizeof(Board))
    rules = position.ruleset
    board.won_boards_close = rules.won_boards_close
    board.most_boards_wins = rules.most_boards_wins
    key: uint64_t = _RULES_KEY[2 * board.won_boards_close + board.most_boards_wins]
    for player, marks in enumerate((position.first, position.second)):
        board.won[player] = position.boards_won[player]
        for i in range(9):
            board.marks[player][i] = (marks >> 9 * i) & FULL
            if (position.boards_won[player] >> i) & 1:
                key ^= _WON_KEY[9 * player + i]
        for i in range(81):
            if (marks >> i) & 1:
                key ^= _MARK_KEY[81 * player + i]
    board.closed = position.closed
    board.turn = position.turn
    board.plies = position.plies
    board.forced = FREE if position.forced == FREE_CHOICE else position.forced
    results = {None: ONGOING, Result.FIRST: 1, Result.SECOND: 2, Result.DRAW: DRAWN}
    board.result = results[position.result]
    key ^= _FORCED_KEY[board.forced]
    board.key = key ^ _TURN_KEY if board.turn else key


def perft(position: Position, depth: cython.int) -> cython.ulonglong:
    """How many sequences of `depth` legal moves there are, as `uttt.rules.position.perft`."""
    board: Board
    set_board(cython.address(board), position)
    count: cython.ulonglong
    with cython.nogil:
        count = _perft(cython.address(board), depth)
    return count


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _perft(board: cython.pointer(Board), depth: cython.int) -> cython.ulonglong:
    if depth == 0:
        return 1
    if board.result != ONGOING:
        return 0
    moves: uint8_t[81]
    number: cython.int = list_moves(board, moves)
    if depth == 1:
        return number
    after: Board
    total: cython.ulonglong = 0
    i: cython.int
    for i in range(number):
        play(board, cython.address(after), moves[i])
        total += _perft(cython.address(after), depth - 1)
    return total


def follow(position: Position, moves: list[int]) -> list[tuple[int, int, int, list[int]]]:
    """After each of the moves: `(result, closed, key, legal moves)`, for tests against the rules.

    `result`: 0 open, 1 and 2 won, 3 drawn.
    """
    boards: Board[2]
    listed: uint8_t[81]
    set_board(cython.address(boards[0]), position)
    seen = []
    turn: cython.int = 0
    for move in moves:
        play(cython.address(boards[turn]), cython.address(boards[1 - turn]), move)
        turn = 1 - turn
        number = 0
        if boards[turn].result == ONGOING:
            number = list_moves(cython.address(boards[turn]), listed)
        legal = [listed[i] for i in range(number)]
        seen.append((boards[turn].result, boards[turn].closed, boards[turn].key, legal))
    return seen
