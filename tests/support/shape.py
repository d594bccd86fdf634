"""What every message of the server must look like, whatever test receives it.

One function per message type; only what holds without knowing the history is asserted here.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from support import naive

NAME = re.compile(r"[a-z0-9_-]{3,16}")
SESSION_ID = re.compile(r"(?:[0-9a-f]{32}){1,2}")  # 32 digits: brought from the old server
REVOKE_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
CODES = frozenset(
    (
        *("malformed", "unknown_type", "invalid_data", "too_large", "too_fast"),
        *("already_logged_in", "not_logged_in", "unknown_match", "not_your_match", "not_your_turn"),
        *("match_over", "out_of_range", "wrong_board", "board_closed", "cell_taken"),
        *("unavailable", "internal", "login_timeout"),
        *("match_running", "not_analysed", "analysis_failed", "busy"),
    )
)
RESULTS = (None, "won", "drawn", "abandoned", "expired")

Data = dict[str, Any]


def whole(value: object) -> bool:
    """An integer as JSON has it: true and false are none."""
    return type(value) is int


def text(msg: object) -> None:
    assert isinstance(msg, str)
    assert not set(msg) & set('&<"'), msg


def response(data: Data) -> None:
    assert type(data["success"]) is bool
    text(data["msg"])
    if not data["success"]:
        assert data["msg"], "a refusal tells why"


def login_response(data: Data) -> None:
    response(data)
    assert type(data["registered"]) is bool
    if data["success"]:
        assert SESSION_ID.fullmatch(data["id"])
    else:
        assert data["id"] is None


def reconnect_response(data: Data) -> None:
    login_response(data)
    if data["success"]:
        assert NAME.fullmatch(data["user"])
        assert data["msg"] == ""
    else:
        assert data["user"] is None
        assert data["registered"] is False


def elo_update(data: Data) -> None:
    assert (data["elo"] is None) == (data["rank"] is None)
    if data["elo"] is not None:
        assert whole(data["elo"])
        assert whole(data["rank"])
        assert data["rank"] >= 1
    names, elos = data["top_names"], data["top_elos"]
    assert len(names) == len(elos) <= 100
    assert len(set(names)) == len(names)
    assert all(NAME.fullmatch(name) for name in names)
    assert all(whole(elo) for elo in elos)
    assert elos == sorted(elos, reverse=True)


def friends_update(data: Data) -> None:
    friends, elos = data["friends"], data["elos"]
    assert len(friends) == len(elos)
    assert len(set(friends)) == len(friends)
    assert all(NAME.fullmatch(name) for name in friends)
    assert all(whole(elo) for elo in elos)


def error(data: Data) -> None:
    assert data["code"] in CODES, data
    text(data["msg"])
    assert data["msg"]
    assert data["request"] is None or isinstance(data["request"], str)
    assert data["code"] != "internal", data


def match_update(data: Data) -> None:
    assert isinstance(data["id"], str)
    assert data["id"]
    assert "match_state" in data
    if data["match_state"] is None:
        return
    assert type(data["ranked"]) is bool
    assert REVOKE_TIME.fullmatch(data["revoke_time"])
    for member in ("server_time", "deadline"):
        assert datetime.fromisoformat(data[member]).tzinfo is not None
    assert data["result"] in RESULTS
    match_state(data["match_state"], data["moves"], data["result"])


def match_state(state: Data, moves: int, result: str | None) -> None:
    field = state["complete_field"]
    assert [len(row) for row in field] == [9] * 9
    assert all(whole(cell) and cell in (0, 1, 2) for row in field for cell in row)
    assert state["global_field"] == naive.global_field(field)
    cells = [cell for row in field for cell in row]
    assert whole(moves)
    assert moves == 81 - cells.count(0)
    assert cells.count(1) - cells.count(2) == moves % 2
    last_move(state["last_move"], field, moves)
    players = [state["player_a"], state["player_b"]]
    assert all(NAME.fullmatch(name) for name in players)
    assert players[0] != players[1]
    assert state["active_player"] in players
    assert type(state["game_over"]) is bool
    assert state["game_over"] is (result is not None)
    if state["game_over"]:
        assert state["current_player"] is None
    else:
        assert state["active_player"] == state["current_player"] == players[moves % 2]
    ending(state, result, players)


def last_move(move: Data | None, field: naive.Grid, moves: int) -> None:
    if moves == 0:
        assert move is None
        return
    assert move is not None
    assert set(move) == {"sub_x", "sub_y", "x", "y"}
    assert all(whole(value) and value in (0, 1, 2) for value in move.values())
    mark = field[3 * move["sub_y"] + move["y"]][3 * move["sub_x"] + move["x"]]
    assert mark == 2 - moves % 2, "the last move is a mark of the player who moved last"


def ending(state: Data, result: str | None, players: list[str]) -> None:
    """A match that was played to the end says so in three ways, which must agree with its board."""
    winner = naive.owner(state["global_field"])
    full = all(board for row in state["global_field"] for board in row)
    assert type(state["is_draw"]) is bool
    assert state["is_draw"] is (result == "drawn") is (full and not winner)
    assert (result == "won") is (winner != 0)
    if result == "won":
        assert state["player_won"] == players[winner - 1]
    elif result == "expired":
        assert state["player_won"] in players
    else:
        assert state["player_won"] is None


def bot(data: Data) -> None:
    assert re.fullmatch(r"bot-[a-z0-9_-]+", data["name"])
    assert NAME.fullmatch(data["name"])
    for member in ("title", "face", "description"):
        text(data[member])
        assert data[member]
    assert whole(data["elo"])


def bots(data: Data) -> None:
    assert type(data["rated"]) is bool
    for each in data["bots"]:
        bot(each)
    elos = [each["elo"] for each in data["bots"]]
    assert elos == sorted(elos), "the gentlest first"
    assert len({each["name"] for each in data["bots"]}) == len(elos)


def analysis_request_response(data: Data) -> None:
    response(data)
    assert isinstance(data["match_id"], str)
    assert (data["code"] is None) is data["success"]
    assert data["code"] is None or data["code"] in CODES


def analysis_progress(data: Data) -> None:
    assert data["match_id"]
    assert whole(data["done"])
    assert whole(data["total"])
    assert 0 <= data["done"] <= data["total"] <= 82


def analysis_failed(data: Data) -> None:
    assert data["match_id"]
    assert data["code"] in CODES
    text(data["msg"])
    assert data["msg"]


def analysis(data: Data) -> None:
    assert data["match_id"]
    assert data["engine"]
    assert data["ruleset"] in ("standard", "most-boards", "open")
    evaluation(data["start"]["chance"], data["start"]["proof"])
    moves = data["moves"]
    assert data["turning_point"] is None or data["turning_point"] in range(len(moves))
    for move in moves:
        evaluation(move["chance"], move["proof"])
        evaluation(move["best_chance"], None)
        assert all(whole(cell) and cell in range(81) for cell in (move["move"], *move["line"]))
        assert move["best"] == move["line"][0]
        assert move["judgement"] in (None, "inaccuracy", "mistake", "blunder")
        if move["lost_by_force"]:
            assert move["proof"] in ("first", "second")


def evaluation(chance: object, proof: object) -> None:
    assert isinstance(chance, int | float)
    assert 0 <= chance <= 1
    assert proof in (None, "first", "second", "draw")
    if proof is not None:
        assert chance == {"first": 1, "second": 0, "draw": 0.5}[str(proof)]


SHAPES: dict[str, Callable[[Data], None]] = {
    "login_response": login_response,
    "reconnect_response": reconnect_response,
    "match_request_response": response,
    "cancel_match_request_response": response,
    "friend_request_response": response,
    "unfriend_request_response": response,
    "match_update": match_update,
    "elo_update": elo_update,
    "friends_update": friends_update,
    "bots": bots,
    "bot_offer": bot,
    "analysis_request_response": analysis_request_response,
    "analysis_progress": analysis_progress,
    "analysis": analysis,
    "analysis_failed": analysis_failed,
    "error": error,
}


def check(message: Data) -> None:
    """Raise AssertionError unless this is a message that the protocol knows, in its proper form."""
    assert set(message) == {"type", "data"}, message
    assert message["type"] in SHAPES, message
    assert isinstance(message["data"], dict), message
    SHAPES[message["type"]](message["data"])
