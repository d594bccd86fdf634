"""Reading what the old server kept: password hashes, and states of matches that are not as usual.

That usual ones are read as they were played is in `tests/property/test_classic.py`.
"""

import hashlib
import json
from typing import Any

import pytest

from support import games, naive
from support.classic import new_state, state_after
from uttt.domain.classic import (
    Fault,
    Unusable,
    is_classic,
    is_password_of,
    password_hash,
    read_match,
)
from uttt.rules.position import FREE_CHOICE, Result

SALT = "0123456789abcdef0123456789abcdef"
OPENING = games.WON_BY_A[:6]


def hashed(password: str) -> str:
    return hashlib.sha512((password + SALT).encode()).hexdigest()


def test_an_old_password() -> None:
    stored = password_hash(hashed("pässword"), SALT)
    assert stored is not None
    assert len(stored) <= 255
    assert is_classic(stored)
    assert is_password_of(stored, "pässword")
    assert not is_password_of(stored, "password")
    assert not is_password_of(stored, "")
    assert password_hash(hashed("x").upper(), SALT) == password_hash(hashed("x"), SALT)


@pytest.mark.parametrize(
    ("digest", "salt"),
    [
        (None, SALT), (hashed("x"), None), ("", SALT), (hashed("x")[:-1], SALT),
        (hashed("x") + "\n", SALT), (hashed("x"), ""), (hashed("x"), "a$b"), (hashed("x"), "ä"),
        (hashed("x"), "a" * 33), (hashed("x").encode(), SALT), ("g" * 128, SALT),
    ],
)  # fmt: skip
def test_what_is_no_old_password(digest: Any, salt: Any) -> None:
    assert password_hash(digest, salt) is None


@pytest.mark.parametrize(
    "stored", ["classic$", "classic$$", "classic$a", "classic$ä$ö", "classic$$$"]
)
def test_odd_stored_values_fit_no_password(stored: str) -> None:
    assert is_classic(stored)
    for password in ("", "a", "$", "ö"):
        assert not is_password_of(stored, password)


@pytest.mark.parametrize("stored", [None, "", "classic", "$argon2id$v=19$m=65536"])
def test_what_is_not_of_the_old_server(stored: str | None) -> None:
    assert not is_classic(stored)


def fault(state: Any, active_user: object = None) -> Fault:
    with pytest.raises(Unusable) as caught:
        read_match(state if isinstance(state, str | None) else json.dumps(state), active_user)
    return caught.value.fault


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "[]",
        "null",
        "7",
        "{}",
        '"text"',
        "[" * 4096,
        '{"player_a": ' * 300,
        "NaN",
        "\x00",
    ],
)
def test_what_is_no_state(text: str | None) -> None:
    assert fault(text) is Fault.UNREADABLE


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *((member, odd) for member in ("complete_field", "global_field") for odd in (
            None, [], {}, "000", [[0] * 9] * 8, [[0] * 9] * 10, [[0] * 8] * 9, [[0] * 3] * 2,
            [["0"] * 9] * 9, [[False] * 9] * 9, [[0.0] * 9] * 9, [[-1] * 3] * 3, [[4] * 3] * 3,
            [[3] * 9] * 9, [0] * 9, [{}] * 9,
        )),
        *(("last_move", odd) for odd in (
            {}, [], 7, "x", {"sub_x": 0, "sub_y": 0, "x": 0}, [0, 0, 0, 0],
            {"sub_x": 3, "sub_y": 0, "x": 0, "y": 0}, {"sub_x": "0", "sub_y": 0, "x": 0, "y": 0},
            {"sub_x": True, "sub_y": 0, "x": 0, "y": 0},
        )),
        *((member, odd) for member in ("game_over", "is_draw") for odd in (0, 1, None, "false")),
        *((member, odd) for member in ("player_a", "player_b", "active_player")
          for odd in (None, 7, [], {})),
        *(("player_won", odd) for odd in (7, [], False)),
    ],
)  # fmt: skip
def test_wrong_types(member: str, value: Any) -> None:
    assert fault({**state_after(OPENING), member: value}) is Fault.UNREADABLE


@pytest.mark.parametrize("member", [m for m in state_after(OPENING) if m != "is_draw"])
def test_missing_members(member: str) -> None:
    state = state_after(OPENING)
    del state[member]
    assert fault(state) is Fault.UNREADABLE


def test_what_old_versions_did_not_write() -> None:
    for moves, result in (
        (OPENING, None),
        (games.WON_BY_B, Result.SECOND),
        (games.DRAWN, Result.DRAW),
    ):
        state = state_after(moves)
        del state["is_draw"]
        found = read_match(json.dumps(state), None)
        assert found.position.result is result
        assert found.noted is (result is not None)


@pytest.mark.parametrize(
    "change",
    [
        {"active_player": "carl"},
        {"active_player": "bob"},  # it is ann's turn: as many marks of both, no board won
        {"is_draw": True},
        {"player_won": "ann"},
        {"game_over": True, "player_won": "ann"},
        {"game_over": True, "is_draw": True},
        {"last_move": None},
        {"last_move": {"sub_x": 1, "sub_y": 2, "x": 0, "y": 0}},  # ann's mark, and it is her turn
        {"last_move": {"sub_x": 2, "sub_y": 2, "x": 2, "y": 2}},  # nobody's
        {"global_field": [[1, 0, 0], [0, 0, 0], [0, 0, 0]]},
        {"complete_field": [[0] * 9] * 9},
        {"complete_field": [[1] * 3 + [0] * 6] + [[0] * 9] * 8},
    ],
)
def test_contradictions_while_open(change: dict[str, Any]) -> None:
    assert naive.Game(OPENING).player == 1
    assert fault({**state_after(OPENING), **change}) is Fault.CONTRADICTION


def test_the_column_and_the_state_name_other_active_players() -> None:
    state = json.dumps(state_after(OPENING))
    assert read_match(state, "ann").position == read_match(state, None).position
    assert fault(state, "bob") is Fault.CONTRADICTION
    assert fault(state, 7) is Fault.CONTRADICTION


@pytest.mark.parametrize(
    ("game", "change"),
    [
        (games.WON_BY_A, {"player_won": "bob"}),
        (games.WON_BY_A, {"player_won": None}),
        (games.WON_BY_A, {"player_won": "carl"}),
        (games.WON_BY_A, {"is_draw": True}),
        (games.WON_BY_A, {"game_over": False}),
        (games.WON_BY_A, {"last_move": None}),
        (games.DRAWN, {"player_won": "ann"}),
        (games.DRAWN, {"game_over": False}),
        (games.DRAWN, {"last_move": None, "game_over": True}),
    ],
)
def test_contradictions_after_the_end(game: Any, change: dict[str, Any]) -> None:
    assert fault({**state_after(game), **change}) is Fault.CONTRADICTION


def test_both_have_won_a_board() -> None:
    field = [[0] * 9 for _ in range(9)]
    for column in range(3):
        field[0][column], field[1][column] = 1, 2
    state = new_state(field, (0, 0, 2, 1), 0, "ann", "bob")
    assert fault(state) is Fault.CONTRADICTION


def test_ended_without_a_result() -> None:
    state = {**state_after(OPENING), "game_over": True}
    assert fault(state) is Fault.NO_RESULT


@pytest.mark.parametrize(
    "game", [games.DRAWN, games.DRAWN_BY_WINNING, games.WON_BY_A, games.WON_BY_B]
)
def test_an_end_that_the_old_server_has_missed(game: Any) -> None:
    state = {**state_after(game), "game_over": False, "is_draw": False, "player_won": None}
    played = naive.Game(game)
    found = read_match(json.dumps(state), None)
    assert not found.noted
    assert found.position.result is (
        (Result.DRAW, Result.FIRST, Result.SECOND)[played.winner] if played.over else None
    )
    assert found.position.turn == len(game) % 2


def test_the_last_mark_may_be_missing() -> None:
    """Ann had a free choice and went into a board that she had won: nothing is on the board of it,
    and bob is sent to where she went.
    """
    field = [[0] * 9 for _ in range(9)]
    for x, y in ((0, 0), (1, 0), (2, 0)):
        field[y][x] = 1  # board 0 is hers
    for x, y in ((3, 0), (6, 0), (3, 3)):
        field[y][x] = 2
    state = new_state(field, (0, 0, 1, 2), 1, "ann", "bob")
    found = read_match(json.dumps(state), "bob").position
    assert (found.turn, found.plies, found.forced) == (1, 6, 7)
    state["last_move"] = {"sub_x": 0, "sub_y": 0, "x": 0, "y": 0}
    assert read_match(json.dumps(state), "bob").position.forced == FREE_CHOICE


def test_more_marks_are_missing_than_can_be() -> None:
    field = [[0] * 9 for _ in range(9)]
    for row in range(3):
        field[row][:3] = [1, 1, 2] if row else [1, 1, 1]
    field[2][2] = 1
    state = new_state(field, (0, 0, 2, 2), 1, "ann", "bob")
    assert fault(state) is Fault.CONTRADICTION
