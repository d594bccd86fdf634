"""The rules of play: immutable positions on bitboards, legal moves, play, result, perft.

Everything here is a pure function of its arguments. Never players' names, clocks, storage or
anything else that a match has beside its board.

A move is an int 0..80, `9 * board + cell`, with `board = 3 * sub_y + sub_x` and
`cell = 3 * y + x`, rows counted from the top. A set of moves, or the marks of a player, is an int
of 81 bits (bit `9 * board + cell`); a set of sub-boards, or of the cells of one, has 9 bits.
"""

import enum
from typing import Final, NamedTuple

from uttt.rules.rulesets import STANDARD, Ruleset

MOVE_COUNT: Final = 81
"""Moves are the ints below this, from 0."""
FREE_CHOICE: Final = -1
"""Value of `Position.forced` when no sub-board is prescribed."""
NO_MOVE: Final = -1
"""Value of `Position.last` when the last move is not known, as before the first."""

_FULL = 0b111_111_111
LINES: Final = (0o007, 0o070, 0o700, 0o111, 0o222, 0o444, 0o421, 0o124)
"""The eight lines of a 3x3 square as 9-bit sets: rows, columns, diagonals."""

# What a set of nine is asked again and again, answered once for each of the 512 sets.
HAS_LINE: Final = tuple(any(line & cells == line for line in LINES) for cells in range(512))
"""For each 9-bit set, whether it holds a line."""
_MEMBERS = tuple(tuple(i for i in range(9) if cells >> i & 1) for cells in range(512))
_COMPLETING = tuple(
    sum(1 << i for i in range(9) if not cells >> i & 1 and HAS_LINE[cells | 1 << i])
    for cells in range(512)
)
_CELLS_OF_OPEN = tuple(
    sum(_FULL << 9 * board for board in range(9) if not closed >> board & 1)
    for closed in range(512)
)
_CELLS_OF = tuple(_FULL << 9 * board for board in range(9))
_BIT = tuple(1 << move for move in range(81))


class Result(enum.Enum):
    """How a match that was played to its end came out. The values are stable."""

    FIRST = "first"
    """The first player won."""
    SECOND = "second"
    """The second player won."""
    DRAW = "draw"


_WON_BY = (Result.FIRST, Result.SECOND)


class IllegalMove(Exception):
    """A move that the rules do not allow.

    `code` is the first that applies of `out_of_range` (not 0..80), `match_over`, `wrong_board`
    (another sub-board is prescribed), `board_closed`, `cell_taken`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Position(NamedTuple):
    """A position: what is on the board, and all that decides how play may go on.

    A tuple, because that is the immutable value that Python makes fastest. Make positions with
    `start`, `play` and `compose`, which keep the members consistent; do not count on their order.
    """

    ruleset: Ruleset
    turn: int
    """Who moves: 0 the first player, 1 the second. Without meaning once there is a result."""
    plies: int
    """Moves made so far, which is also the number of marks."""
    forced: int
    """The sub-board 0..8 of the next move; `FREE_CHOICE` if any open one, or the match is over."""
    last: int
    """The last move; `NO_MOVE` before the first and where it is not known."""
    first: int
    """The marks of the first player, 81 bits."""
    second: int
    """The marks of the second player, 81 bits."""
    boards_won: tuple[int, int]
    """The sub-boards that each player has won, 9 bits each."""
    drawn: int
    """The sub-boards that are full and that nobody won, 9 bits."""
    closed: int
    """The sub-boards that no move may enter, 9 bits."""
    result: Result | None
    """None while the match goes on."""

    def marks(self, player: int) -> int:
        """The marks of player 0 or 1, 81 bits."""
        return self.second if player else self.first


def start(ruleset: Ruleset = STANDARD) -> Position:
    """The position before the first move."""
    return Position(ruleset, 0, 0, FREE_CHOICE, NO_MOVE, 0, 0, (0, 0), 0, 0, None)


def legal(position: Position) -> int:
    """The legal moves as a set of 81 bits; 0 when the match is over."""
    _, _, _, forced, _, first, second, _, _, closed, outcome = position
    if outcome is not None:
        return 0
    if forced >= 0:
        return _CELLS_OF[forced] & ~(first | second)
    return _CELLS_OF_OPEN[closed] & ~(first | second)


def legal_moves(position: Position) -> list[int]:
    """The legal moves, ascending; empty when the match is over."""
    free = legal(position)
    if position.forced >= 0:
        board = 9 * position.forced
        return [board + cell for cell in _MEMBERS[free >> board]]
    return [board + cell for board in range(0, 81, 9) for cell in _MEMBERS[free >> board & _FULL]]


def result(position: Position) -> Result | None:
    """How the match came out, None while it goes on."""
    return position.result


def board_state(position: Position, board: int) -> int:
    """What became of sub-board 0..8: 0 open, 1 won by the first player, 2 by the second, 3 drawn.

    Won is won, also under rules where a won sub-board may still be played in.
    """
    if position.boards_won[0] >> board & 1:
        return 1
    if position.boards_won[1] >> board & 1:
        return 2
    return 3 if position.drawn >> board & 1 else 0


def play(position: Position, move: int) -> Position:
    """The position after a move. Raises `IllegalMove` if the rules do not allow it."""
    ruleset, turn, plies, forced, _, first, second, won, drawn, closed, outcome = position
    if outcome is not None or not 0 <= move < MOVE_COUNT:
        raise _refusal(position, move)
    board = move // 9
    taken = first | second
    if (closed >> board & 1 if forced < 0 else board != forced) or taken & _BIT[move]:
        raise _refusal(position, move)

    shift = 9 * board
    if turn:
        second |= _BIT[move]
        mine = second >> shift & _FULL
    else:
        first |= _BIT[move]
        mine = first >> shift & _FULL
    full = (taken | _BIT[move]) >> shift & _FULL == _FULL
    if full or HAS_LINE[mine]:
        won, drawn, closed = _settle(position, board, mine, full)
        outcome = _outcome(ruleset, won, closed)
    cell = move % 9
    forced = FREE_CHOICE if closed >> cell & 1 or outcome is not None else cell
    return tuple.__new__(  # the generated constructor takes twice as long
        Position,
        (ruleset, 1 - turn, plies + 1, forced, move, first, second, won, drawn, closed, outcome),
    )


def compose(
    ruleset: Ruleset,
    marks: tuple[int, int],
    boards_won: tuple[int, int],
    *,
    forced: int = FREE_CHOICE,
    last: int = NO_MOVE,
    turn: int | None = None,
) -> Position:
    """The position made of these parts; what follows from them is filled in.

    `marks` has 81 bits a player, `boards_won` 9 bits a player (it does not follow from the marks
    where a won sub-board stays open and both have a line in it). `forced` is taken as
    `FREE_CHOICE` if that ends the match. `turn` follows from the number of marks, unless some of
    them are missing. Nothing is checked: parts that contradict each other
    make a position that contradicts itself. `notation.parse_position` checks.
    """
    first, second = marks
    taken = first | second
    settled = boards_won[0] | boards_won[1]
    full = sum(1 << board for board in range(9) if taken >> 9 * board & _FULL == _FULL)
    closed = full | settled if ruleset.won_boards_close else full
    outcome = _outcome(ruleset, boards_won, closed)
    return Position(
        ruleset=ruleset,
        turn=taken.bit_count() % 2 if turn is None else turn,
        plies=taken.bit_count(),
        forced=forced if outcome is None else FREE_CHOICE,
        last=last,
        first=first,
        second=second,
        boards_won=boards_won,
        drawn=full & ~settled,
        closed=closed,
        result=outcome,
    )


def _refusal(position: Position, move: int) -> IllegalMove:
    """Why the move is not legal. Only for moves that are not."""
    if not 0 <= move < MOVE_COUNT:
        return IllegalMove("out_of_range")
    if position.result is not None:
        return IllegalMove("match_over")
    board = move // 9
    if position.forced not in (FREE_CHOICE, board):
        return IllegalMove("wrong_board")
    return IllegalMove("board_closed" if position.closed >> board & 1 else "cell_taken")


def _settle(
    position: Position, board: int, mine: int, full: bool
) -> tuple[tuple[int, int], int, int]:
    """`boards_won`, `drawn`, `closed` after the mover's marks in a sub-board have become `mine`."""
    won, drawn, closed = position.boards_won, position.drawn, position.closed
    bit = 1 << board
    if not (won[0] | won[1]) & bit:  # who won it first keeps it
        if HAS_LINE[mine]:
            won = (won[0], won[1] | bit) if position.turn else (won[0] | bit, won[1])
            if position.ruleset.won_boards_close:
                closed |= bit
        else:
            drawn |= bit
    if full:
        closed |= bit
    return won, drawn, closed


def _outcome(ruleset: Ruleset, won: tuple[int, int], closed: int) -> Result | None:
    for player in (0, 1):
        if HAS_LINE[won[player]]:
            return _WON_BY[player]
    if closed != _FULL:
        return None
    lead = won[0].bit_count() - won[1].bit_count()
    if lead and ruleset.most_boards_wins:
        return _WON_BY[lead < 0]
    return Result.DRAW


def perft(position: Position, depth: int) -> int:
    """How many sequences of `depth` legal moves there are: the standard proof of move generators.

    A match that ends before has no sequences. The last two plies are counted, not played.
    """
    match depth:
        case 0:
            return 1
        case 1:
            return legal(position).bit_count()
        case 2:
            return _count_replies(position)
        case _:
            return sum(perft(play(position, move), depth - 1) for move in legal_moves(position))


def _count_replies(position: Position) -> int:
    """perft of depth 2. Where a move settles nothing, its replies are just the free cells."""
    free = _CELLS_OF_OPEN[position.closed] & ~(position.first | position.second)
    replies = [(free >> shift & _FULL).bit_count() for shift in range(0, 81, 9)]
    everywhere = sum(replies)
    mine = position.marks(position.turn)
    moves = legal(position)
    count = 0
    for board in range(9):
        cells = moves >> 9 * board & _FULL
        if not cells:
            continue
        settling = cells & _COMPLETING[mine >> 9 * board & _FULL] if replies[board] > 1 else cells
        for cell in _MEMBERS[settling]:
            count += legal(play(position, 9 * board + cell)).bit_count()
        for cell in _MEMBERS[cells & ~settling]:
            count += replies[cell] or everywhere - 1
        if (cells & ~settling) >> board & 1:
            count -= 1  # the reply in the same sub-board has one cell less
    return count
