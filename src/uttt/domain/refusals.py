"""Why a request is refused: the closed set of codes that clients see, and the exception
that carries one.

A refusal is the player's doing. It is answered, never logged as an error, and changes nothing.
"""

from enum import StrEnum
from typing import Final


class Code(StrEnum):
    """Stable identifiers of the `error` message. Clients may depend on them; never rename one."""

    MALFORMED = "malformed"
    UNKNOWN_TYPE = "unknown_type"
    INVALID_DATA = "invalid_data"
    TOO_LARGE = "too_large"
    TOO_FAST = "too_fast"
    NOT_LOGGED_IN = "not_logged_in"
    LOGIN_TIMEOUT = "login_timeout"
    ALREADY_LOGGED_IN = "already_logged_in"
    UNKNOWN_MATCH = "unknown_match"
    NOT_YOUR_MATCH = "not_your_match"
    NOT_YOUR_TURN = "not_your_turn"
    MATCH_OVER = "match_over"
    OUT_OF_RANGE = "out_of_range"
    WRONG_BOARD = "wrong_board"
    BOARD_CLOSED = "board_closed"
    CELL_TAKEN = "cell_taken"
    MATCH_RUNNING = "match_running"
    NOT_ANALYSED = "not_analysed"
    ANALYSIS_FAILED = "analysis_failed"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


EXPLANATIONS: Final[dict[Code, str]] = {
    Code.MALFORMED: "This message is not a JSON object with the members type and data.",
    Code.UNKNOWN_TYPE: "There is no message of this type.",
    Code.INVALID_DATA: "A member of data is missing or has the wrong type.",
    Code.TOO_LARGE: "This message is too large.",
    Code.TOO_FAST: "Too many messages in a short time. Please slow down.",
    Code.NOT_LOGGED_IN: "The first message must be login, reconnect or temp_session.",
    Code.LOGIN_TIMEOUT: "Nobody logged in on this connection in time.",
    Code.ALREADY_LOGGED_IN: "This connection is already logged in.",
    Code.UNKNOWN_MATCH: "There is no such match, or it is long over.",
    Code.NOT_YOUR_MATCH: "You are not a player of this match.",
    Code.NOT_YOUR_TURN: "It is not your turn.",
    Code.MATCH_OVER: "This match is over.",
    Code.OUT_OF_RANGE: "Coordinates go from 0 to 2.",
    Code.WRONG_BOARD: "The last move sent you to another board.",
    Code.BOARD_CLOSED: "This board is closed.",
    Code.CELL_TAKEN: "This cell is taken.",
    Code.MATCH_RUNNING: "This match still goes on. It can be analysed as soon as it is over.",
    Code.NOT_ANALYSED: "This match has not been analysed. Ask for it with POST.",
    Code.ANALYSIS_FAILED: "The analysis did not succeed. It has been logged; try again later.",
    Code.BUSY: "Many matches wait for their analysis. Please try again in a minute.",
    Code.UNAVAILABLE: "The server cannot store anything right now. Nothing was changed; try again.",
    Code.INTERNAL: "Something went wrong on our side. It has been logged.",
}


class Refused(Exception):
    """The request is refused: nothing has changed. `code` says why, `msg` says it to a person."""

    def __init__(self, code: Code, msg: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.msg = EXPLANATIONS[code] if msg is None else msg
