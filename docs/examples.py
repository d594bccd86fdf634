"""An example of every message, by type, as docs/protocol.md shows them. Tests check them."""

from typing import Any, Final

_ID: Final = "20e66bc52d22482e90e873ec1e408766"
_SESSION: Final = "3f5a7c9be1d20486f5a7c9be1d204863f5a7c9be1d20486f5a7c9be1d2048673"
_EMPTY_ROW: Final = [0, 0, 0, 0, 0, 0, 0, 0, 0]

FROM_CLIENT: Final[dict[str, Any]] = {
    "login": {"name": "Alice", "pw": "secret"},
    "temp_session": {"name": "bob"},
    "reconnect": {"id": _SESSION},
    "move": {"id": _ID, "sub_x": "2", "sub_y": "0", "x": "1", "y": "2"},
    "end_match": {"id": _ID},
    "match_request": {"player": None, "bot_offer": True},
    "cancel_match_request": {},
    "match_states_request": {},
    "friend_request": {"user": "bob"},
    "unfriend_request": {"user": "bob"},
    "bots_request": {},
    "analysis_request": {"match_id": _ID},
    "logout": {},
}

_BOT: Final = {
    "name": "bot-chick",
    "title": "Pip the chick",
    "face": "🐣",
    "description": "Has just hatched and plays whatever looks nice.",
    "elo": 400,
}

TO_CLIENT: Final[dict[str, Any]] = {
    "login_response": {
        "success": True,
        "id": _SESSION,
        "registered": True,
        "msg": "Welcome back, alice.",
    },
    "reconnect_response": {
        "success": True,
        "id": _SESSION,
        "user": "alice",
        "registered": True,
        "msg": "",
    },
    "match_request_response": {"success": True, "msg": "You play against bob."},
    "cancel_match_request_response": {"success": True, "msg": "You have left the queue."},
    "friend_request_response": {"success": True, "msg": "bob is now your friend."},
    "unfriend_request_response": {"success": True, "msg": "bob is no longer your friend."},
    "match_update": {
        "id": _ID,
        "revoke_time": "2031-01-08 17:05:59",
        "ranked": True,
        "match_state": {
            "complete_field": [
                *[_EMPTY_ROW] * 2,
                [0, 0, 0, 0, 0, 0, 0, 1, 0],
                *[_EMPTY_ROW] * 6,
            ],
            "global_field": [[0, 0, 0], [0, 0, 0], [0, 0, 0]],
            "last_move": {"sub_x": 2, "sub_y": 0, "x": 1, "y": 2},
            "game_over": False,
            "is_draw": False,
            "player_won": None,
            "active_player": "bob",
            "current_player": "bob",
            "player_a": "alice",
            "player_b": "bob",
        },
        "server_time": "2031-01-01T16:05:59Z",
        "deadline": "2031-01-08T16:05:59Z",
        "moves": 1,
        "result": None,
    },
    "elo_update": {
        "elo": 1010,
        "rank": 1,
        "top_names": ["alice", "bob"],
        "top_elos": [1010, 990],
    },
    "friends_update": {"friends": ["bob"], "elos": [990]},
    "bots": {"bots": [_BOT], "rated": False},
    "bot_offer": _BOT,
    "analysis_request_response": {"match_id": _ID, "success": True, "msg": "", "code": None},
    "analysis_progress": {"match_id": _ID, "done": 12, "total": 38},
    "analysis": {
        "match_id": _ID,
        "ruleset": "standard",
        "setup": None,
        "engine": "uttt 0.1.0, net 7a6c86f1",
        "start": {"chance": 0.5213, "proof": None},
        "moves": [
            {
                "move": 25,
                "chance": 0.4102,
                "proof": None,
                "best": 40,
                "best_chance": 0.5213,
                "line": [40, 36, 4],
                "judgement": "mistake",
                "lost_by_force": False,
            }
        ],
        "turning_point": None,
    },
    "analysis_failed": {
        "match_id": _ID,
        "code": "analysis_failed",
        "msg": "The analysis did not succeed. It has been logged; try again later.",
    },
    "error": {"code": "not_your_turn", "msg": "It is not your turn.", "request": "move"},
}
