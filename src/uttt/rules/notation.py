"""Texts of moves, games and positions, in both directions, and words for places.

Never the messages of the protocol (they have their own layer) nor pictures of the board.

**Move**: a square of the whole 9x9 board, as a column letter `a`..`i` from the left and a row digit
`1`..`9` counted **from the top**: `a1` is the top left corner, `e5` the centre, `i9` the bottom
right corner. Lower case only.

**Game**: the moves, separated by spaces, after the name of the ruleset and a colon if it is not
`standard`: `e5 d4 b2`, `most-boards: e5 d4`. The empty text is the start of a standard game.

**Position**: one line of six fields, separated by single spaces,

    9/9/9/9/4xo3/9/9/9/9 ......... x 5 f5 standard

1. the rows of the 9x9 board from the top, with `/` between them: `x` a mark of the first player,
   `o` of the second, a digit as many empty squares (never two digits side by side);
2. the sub-boards 0..8: `.` open, `x` or `o` won by, `=` drawn;
3. who moves, `x` or `o` (after the end: who would);
4. the sub-board 0..8 that the next move must be in, `-` if it is free or the match is over;
5. the last move, `-` if it is not known or there was none;
6. the name of the ruleset.

So every position has exactly one text. The moves before the last are not in it.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from uttt.rules.position import (
    FREE_CHOICE,
    HAS_LINE,
    LINES,
    MOVE_COUNT,
    NO_MOVE,
    IllegalMove,
    Position,
    board_state,
    compose,
    play,
    start,
)
from uttt.rules.rulesets import RULESETS, STANDARD, Ruleset

_ALL_CELLS = 0b111_111_111
_PLAYERS = "xo"
_BOARD_STATES = ".xo="
_NONE = "-"
_COMPASS: Final = (
    *("north-west", "north", "north-east"),
    *("west", "centre", "east"),
    *("south-west", "south", "south-east"),
)


class NotationError(ValueError):
    """A text, or coordinates, that cannot be read or that say something impossible.

    The message tells what is wrong and never repeats the text. `ply` is the number of the faulty
    move of a game, counted from 1, else None.
    """

    def __init__(self, message: str, ply: int | None = None) -> None:
        super().__init__(message)
        self.ply = ply


class Coordinates(NamedTuple):
    """A move as the protocol has it: sub-board, then cell in it, each 0..2 from the top left."""

    sub_x: int
    sub_y: int
    x: int
    y: int


def coordinates(move: int) -> Coordinates:
    """The coordinates of a move 0..80."""
    board, cell = divmod(move, 9)
    return Coordinates(sub_x=board % 3, sub_y=board // 3, x=cell % 3, y=cell // 3)


def move_at(sub_x: int, sub_y: int, x: int, y: int) -> int:
    """The move at these coordinates. Raises `NotationError` unless each is 0, 1 or 2."""
    if not all(part in (0, 1, 2) for part in (sub_x, sub_y, x, y)):
        raise NotationError("each coordinate must be 0, 1 or 2")
    return 27 * sub_y + 9 * sub_x + 3 * y + x


def compass(index: int) -> str:
    """The place 0..8 in a square of nine in words, such as `north-west`, for screen readers.

    Raises ValueError outside 0..8.
    """
    if not 0 <= index < len(_COMPASS):
        raise ValueError("a square of nine has the places 0 to 8")
    return _COMPASS[index]


# The moves of the squares of the 9x9 board, row by row from the top.
_ROWS = tuple(
    tuple(move_at(column // 3, row // 3, column % 3, row % 3) for column in range(9))
    for row in range(9)
)
_MOVE_OF: Final = {
    f"{'abcdefghi'[column]}{row + 1}": _ROWS[row][column] for row in range(9) for column in range(9)
}
_NAME_OF: Final = {move: name for name, move in _MOVE_OF.items()}


def format_move(move: int) -> str:
    """The square of a move 0..80, such as `e5` for 40."""
    return _NAME_OF[move]


def parse_move(text: str) -> int:
    """The move 0..80 of a square. Raises `NotationError`."""
    try:
        return _MOVE_OF[text]
    except KeyError:
        raise NotationError("not a square: a letter a to i, then a row 1 to 9") from None


def format_game(moves: Iterable[int], ruleset: Ruleset = STANDARD) -> str:
    """The text of a game. The moves are not checked against the rules."""
    squares = [format_move(move) for move in moves]
    return " ".join(squares if ruleset == STANDARD else [f"{ruleset.name}:", *squares])


def parse_game(text: str) -> tuple[Position, list[int]]:
    """The position that a game has come to, and its moves.

    Any amount of white space separates moves; `standard:` may be written. Raises `NotationError`
    for what cannot be read and for illegal moves, then with the `ply`.
    """
    name, colon, squares = text.rpartition(":")
    position = start(_ruleset(name.strip()) if colon else STANDARD)
    moves = []
    for ply, square in enumerate(squares.split(), start=1):
        try:
            move = parse_move(square)
            position = play(position, move)
        except NotationError as error:
            raise NotationError(f"move {ply} is {error}", ply) from None
        except IllegalMove as error:
            reason = error.code.replace("_", " ")
            raise NotationError(f"move {ply} ({square}) is not legal: {reason}", ply) from error
        moves.append(move)
    return position, moves


def format_position(position: Position) -> str:
    """The line of a position (see the top of this module)."""
    rows = ("".join(_mark(position, move) for move in row) for row in _ROWS)
    return " ".join(
        (
            "/".join(re.sub(r"\.+", lambda run: str(len(run[0])), row) for row in rows),
            "".join(_BOARD_STATES[board_state(position, board)] for board in range(9)),
            _PLAYERS[position.turn],
            _NONE if position.forced == FREE_CHOICE else str(position.forced),
            _NONE if position.last == NO_MOVE else format_move(position.last),
            position.ruleset.name,
        )
    )


def parse_position(text: str) -> Position:
    """The position of a line. `plies` is the number of marks, `last` as written.

    Raises `NotationError` unless the line is well-formed and
    - the first player has as many marks as the second, or one more, and the turn agrees;
    - each sub-board is in a state that its marks allow: its winner has a line there; where won
      sub-boards close, the loser has none, and one move can have completed all lines of the
      winner; nobody has a line in an open or drawn one; drawn ones are full, open ones are not;
    - some last move (the written one, if it is) was played before the match was over into a
      sub-board that was not closed, and prescribes the forced sub-board. So at most one player
      can have won the match, and he moved last.

    Not every line that passes can be reached in play: the order of the earlier moves, each of
    which prescribes the next sub-board, is not searched for.
    """
    position = parse_setup(text)
    _, states, _, forced, _, _ = text.split(" ")
    if position.first.bit_count() - position.second.bit_count() not in (0, 1):
        raise NotationError("the players have not taken turns: see the numbers of their marks")
    if position.turn != position.plies % 2:
        raise NotationError("the player to move does not agree with the numbers of marks")
    for board in range(9):
        if _BOARD_STATES[board_state(position, board)] != states[board]:
            raise NotationError(f"the state of sub-board {board} does not agree with its marks")
    _check_boards(position)
    _check_last(position, forced)
    return position


def parse_setup(text: str) -> Position:
    """The position of a well-formed line, taken at its word. Raises `NotationError` for others."""
    fields = text.split(" ")
    if len(fields) != 6:  # noqa: PLR2004 - listed one by one in the next line
        raise NotationError("a position has six fields with single spaces between them")
    rows, states, turn, forced, last, name = fields
    if turn not in tuple(_PLAYERS):
        raise NotationError("the player to move must be x or o")
    return compose(
        _ruleset(name),
        _parse_rows(rows),
        _parse_states(states),
        forced=_parse_forced(forced),
        last=NO_MOVE if last == _NONE else parse_move(last),
        turn=_PLAYERS.index(turn),
    )


def _ruleset(name: str) -> Ruleset:
    try:
        return RULESETS[name]
    except KeyError:
        raise NotationError(f"unknown ruleset, known are {', '.join(RULESETS)}") from None


def _mark(position: Position, move: int) -> str:
    if position.first >> move & 1:
        return "x"
    return "o" if position.second >> move & 1 else "."


def _parse_rows(text: str) -> tuple[int, int]:
    """The marks of both players."""
    rows = text.split("/")
    if len(rows) != len(_ROWS):
        raise NotationError("the board must have nine rows with / between them")
    marks = [0, 0]
    for number, (row, moves) in enumerate(zip(rows, _ROWS, strict=True), start=1):
        if not re.fullmatch(r"(?:[1-9]?[xo])*[1-9]?", row):
            raise NotationError(f"row {number} must be of x, o and single digits 1 to 9")
        squares = re.sub(r"[1-9]", lambda digit: "." * int(digit[0]), row)
        if len(squares) != len(moves):
            raise NotationError(f"row {number} must have nine squares")
        for square, move in zip(squares, moves, strict=True):
            if square != ".":
                marks[_PLAYERS.index(square)] |= 1 << move
    return marks[0], marks[1]


def _parse_states(text: str) -> tuple[int, int]:
    """The sub-boards won by each player. Whether the others are drawn follows from the marks."""
    if not re.fullmatch(r"[.xo=]{9}", text):
        raise NotationError("the states of the sub-boards must be nine of . x o =")
    first, second = (
        sum(1 << board for board in range(9) if text[board] == player) for player in _PLAYERS
    )
    return first, second


def _parse_forced(text: str) -> int:
    if not re.fullmatch(r"[0-8]|-", text):
        raise NotationError("the forced sub-board must be 0 to 8 or -")
    return FREE_CHOICE if text == _NONE else int(text)


def _check_boards(position: Position) -> None:
    """Raises `NotationError` unless each sub-board has a winner, or none, that its marks allow."""
    for board in range(9):
        first = position.first >> 9 * board & _ALL_CELLS
        second = position.second >> 9 * board & _ALL_CELLS
        match board_state(position, board):
            case 1:
                possible = _can_be_won(first, second, position.ruleset)
            case 2:
                possible = _can_be_won(second, first, position.ruleset)
            case _:
                possible = not (HAS_LINE[first] or HAS_LINE[second])
        if not possible:
            raise NotationError(f"the marks in sub-board {board} do not allow its state")


def _can_be_won(winner: int, loser: int, ruleset: Ruleset) -> bool:
    if not ruleset.won_boards_close:
        return HAS_LINE[winner]
    common = _ALL_CELLS  # the cells that are in every line of the winner
    for line in LINES:
        if winner & line == line:
            common &= line
    return HAS_LINE[winner] and not HAS_LINE[loser] and common != 0


def _check_last(position: Position, forced: str) -> None:
    """Raises `NotationError` unless some last move leads to the position."""
    if forced != _NONE and position.result is not None:
        raise NotationError("no sub-board is forced when the match is over")
    if position.plies == 0:
        if (position.forced, position.last) != (FREE_CHOICE, NO_MOVE):
            raise NotationError("before the first move there is no last move and the choice free")
    elif position.last != NO_MOVE:
        if not _leads_to(position, position.last):
            raise NotationError("the last move does not lead to this position")
    elif not any(_leads_to(position, move) for move in range(MOVE_COUNT)):
        raise NotationError("no last move leads to this position, or not to this forced sub-board")


def _leads_to(position: Position, move: int) -> bool:
    """Whether the move can have been the last: taken back and played again, it gives the same."""
    mover = 1 - position.turn
    if not position.marks(mover) >> move & 1:
        return False
    marks = [position.first, position.second]
    marks[mover] ^= 1 << move
    won = list(position.boards_won)
    board = move // 9
    if not HAS_LINE[marks[mover] >> 9 * board & _ALL_CELLS]:
        won[mover] &= ~(1 << board)
    before = compose(position.ruleset, (marks[0], marks[1]), (won[0], won[1]))
    try:
        _check_boards(before)
        return play(before, move)._replace(last=position.last) == position
    except (NotationError, IllegalMove):
        return False
