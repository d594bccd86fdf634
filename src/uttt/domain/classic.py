"""What the old server kept, read into our words: its match states and its password hashes.

Pure translations of single values. Never where they come from or go to.
"""

import hashlib
import hmac
import json
import re
from enum import StrEnum
from typing import Final, NamedTuple

from uttt.rules.position import (
    FREE_CHOICE,
    HAS_LINE,
    MOVE_COUNT,
    NO_MOVE,
    Position,
    Result,
    board_state,
    compose,
)
from uttt.rules.rulesets import STANDARD

_ALL_CELLS = 0b111_111_111
_PASSWORD: Final = "classic$"  # noqa: S105 - not a password
_SALT = re.compile(r"[!-#%-~]{1,32}")  # printable, without the dollar that ends it
_DIGEST = re.compile(r"[0-9a-f]{128}")


class Fault(StrEnum):
    """Why a match state cannot be used."""

    UNREADABLE = "its state cannot be read"
    CONTRADICTION = "its state contradicts itself"
    NO_RESULT = "it was ended without a result"


class Unusable(ValueError):
    """A match state that cannot be used."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class ClassicMatch(NamedTuple):
    """A match of the old server. `names[0]` is of the player who began.

    `noted`: the old server knew that it is over, so it has rated it, and has told the player who
    moved last. If the position has a result and this is false it has missed the end.
    """

    names: tuple[str, str]
    position: Position
    noted: bool


class _State(NamedTuple):
    """The members of a match state, with their types checked and nothing else."""

    names: tuple[str, str]
    active: str
    marks: tuple[int, int]
    boards: tuple[int, ...]
    last: int
    over: bool
    drawn: bool
    winner: str | None


def password_hash(digest: object, salt: object) -> str | None:
    """Return the form in which we store a password hash of the old server; None if it is none."""
    if not isinstance(digest, str) or not isinstance(salt, str):
        return None
    if not _DIGEST.fullmatch(digest.lower()) or not _SALT.fullmatch(salt):
        return None
    return f"{_PASSWORD}{salt}${digest.lower()}"


def is_classic(stored: str | None) -> bool:
    """Whether a stored password hash is one of the old server."""
    return stored is not None and stored.startswith(_PASSWORD)


def is_password_of(stored: str, password: str) -> bool:
    """Check a password against a stored hash for which `is_classic`; False for one that is odd."""
    salt, _, digest = stored.removeprefix(_PASSWORD).partition("$")
    found = hashlib.sha512((password + salt).encode()).hexdigest()
    return hmac.compare_digest(found.encode(), digest.encode())


def read_match(text: object, active_user: object) -> ClassicMatch:
    """Read a row of the old server: its `match_state` and its `active_user`. Raises Unusable.

    The mark of a free move into a board that was won may be missing. So the turn is that of the
    active player, whatever the numbers of marks say, as far as such marks can explain them.
    """
    state = _read(text)
    board = compose(STANDARD, state.marks, _boards_won(state.marks))
    if [board_state(board, number) for number in range(9)] != list(state.boards):
        raise Unusable(Fault.CONTRADICTION)
    if board.result is None:
        turn = _turn_while_open(state, active_user)
    else:
        turn = _turn_after_the_end(state, board.result)
    position = compose(
        STANDARD,
        state.marks,
        board.boards_won,
        forced=_forced(board, state.last),
        last=state.last,
        turn=turn,
    )
    _check_marks(position)
    return ClassicMatch(state.names, position, state.over)


def _read(text: object) -> _State:
    try:
        state = json.loads(text if isinstance(text, str) else "")
        return _State(
            names=(_text(state["player_a"]), _text(state["player_b"])),
            active=_text(state["active_player"]),
            marks=_marks(state["complete_field"]),
            boards=_square(state["global_field"], 3, 3),
            last=_last_move(state["last_move"]),
            over=_flag(state["game_over"]),
            drawn=_flag(state.get("is_draw", False)),
            winner=None if state["player_won"] is None else _text(state["player_won"]),
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise Unusable(Fault.UNREADABLE) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _digit(value: object, greatest: int) -> int:
    if type(value) is not int or not 0 <= value <= greatest:  # True is an int, too
        raise TypeError
    return value


def _square(rows: object, size: int, greatest: int) -> tuple[int, ...]:
    """The values of a square of lists, row by row."""
    if not isinstance(rows, list) or len(rows) != size:
        raise TypeError
    if not all(isinstance(row, list) and len(row) == size for row in rows):
        raise TypeError
    return tuple(_digit(value, greatest) for row in rows for value in row)


def _marks(rows: object) -> tuple[int, int]:
    marks = [0, 0, 0]
    for square, mark in enumerate(_square(rows, 9, 2)):
        row, column = divmod(square, 9)
        board, cell = 3 * (row // 3) + column // 3, 3 * (row % 3) + column % 3
        marks[mark] |= 1 << 9 * board + cell
    return marks[1], marks[2]


def _last_move(move: object) -> int:
    if move is None:
        return NO_MOVE
    if not isinstance(move, dict):
        raise TypeError
    sub_x, sub_y, x, y = (_digit(move[name], 2) for name in ("sub_x", "sub_y", "x", "y"))
    return 27 * sub_y + 9 * sub_x + 3 * y + x


def _boards_won(marks: tuple[int, int]) -> tuple[int, int]:
    first, second = (
        sum(HAS_LINE[mine >> 9 * board & _ALL_CELLS] << board for board in range(9))
        for mine in marks
    )
    if first & second or (HAS_LINE[first] and HAS_LINE[second]):
        raise Unusable(Fault.CONTRADICTION)
    return first, second


def _turn_while_open(state: _State, active_user: object) -> int:
    if state.drawn or state.winner is not None or state.active not in state.names:
        raise Unusable(Fault.CONTRADICTION)
    if state.over:
        raise Unusable(Fault.NO_RESULT)
    if active_user not in (None, state.active):
        raise Unusable(Fault.CONTRADICTION)
    return state.names.index(state.active)


def _turn_after_the_end(state: _State, result: Result) -> int:
    """Whose turn it would be: not of the one who made the last mark, which ended the match."""
    winner = None if result is Result.DRAW else state.names[result is Result.SECOND]
    claimed = winner if state.over else None
    if state.winner != claimed or (state.drawn and (winner is not None or not state.over)):
        raise Unusable(Fault.CONTRADICTION)
    mover = _owner(state.marks, state.last)
    if mover is None and not state.over and state.active in state.names:
        mover = 1 - state.names.index(state.active)  # whoever has moved on after a missed draw
    if mover is None or winner not in (None, state.names[mover]):
        raise Unusable(Fault.CONTRADICTION)
    return 1 - mover


def _forced(board: Position, last: int) -> int:
    cell = last % 9
    return FREE_CHOICE if last == NO_MOVE or board.closed >> cell & 1 else cell


def _check_marks(position: Position) -> None:
    """Raise Unusable unless the last move and the numbers of marks agree with the turn."""
    first, second = position.first.bit_count(), position.second.bit_count()
    won = position.boards_won[0] | position.boards_won[1]
    if position.last == NO_MOVE:
        fits = first == second == position.turn == 0
    else:
        owner = _owner((position.first, position.second), position.last)
        missing = owner is None and won >> position.last // 9 & 1
        fits = owner == 1 - position.turn or bool(missing)
    taken = position.first | position.second
    free = sum(
        9 - (taken >> 9 * board & _ALL_CELLS).bit_count() for board in range(9) if won >> board & 1
    )
    if not fits or abs(first - second - position.turn) > free:
        raise Unusable(Fault.CONTRADICTION)


def _owner(marks: tuple[int, int], move: int) -> int | None:
    """Who has his mark at a move 0..80."""
    if not 0 <= move < MOVE_COUNT:
        return None
    return next((player for player in (0, 1) if marks[player] >> move & 1), None)
