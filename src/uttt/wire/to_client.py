"""The messages that the server sends, one struct per type.

The docstrings and members here are the source of docs/protocol.md.
"""

import msgspec

from uttt.wire.analysis import AnalysisAnswer, AnalysisData, AnalysisFailure, ProgressData


class _Message(msgspec.Struct, tag_field="type", frozen=True, gc=False):
    """An envelope: `type` tells the message, `data` holds its members."""


class LoginData(msgspec.Struct, frozen=True, gc=False):
    """`id` is the session id, null on failure. `registered`: an account, not a temporary user."""

    success: bool
    id: str | None
    registered: bool
    msg: str


class LoginResponse(_Message, tag="login_response", frozen=True):
    """The answer to `login` and `temp_session`. After a failure the server closes the
    connection.
    """

    data: LoginData


class ReconnectData(msgspec.Struct, frozen=True, gc=False):
    """`user` is the own name in lower case. `id` and `user` are null on failure."""

    success: bool
    id: str | None
    user: str | None
    registered: bool
    msg: str


class ReconnectResponse(_Message, tag="reconnect_response", frozen=True):
    """The answer to `reconnect`. After a failure the server closes the connection."""

    data: ReconnectData


class Answer(msgspec.Struct, frozen=True, gc=False):
    """Whether it was done, and a text for the user."""

    success: bool
    msg: str


class MatchRequestResponse(_Message, tag="match_request_response", frozen=True):
    """The answer to `match_request`. If a match was made, its `match_update` came before."""

    data: Answer


class CancelMatchRequestResponse(_Message, tag="cancel_match_request_response", frozen=True):
    """The answer to `cancel_match_request`."""

    data: Answer


class FriendRequestResponse(_Message, tag="friend_request_response", frozen=True):
    """The answer to `friend_request`; after success `friends_update` follows."""

    data: Answer


class UnfriendRequestResponse(_Message, tag="unfriend_request_response", frozen=True):
    """The answer to `unfriend_request`; after success `friends_update` follows."""

    data: Answer


class LastMove(msgspec.Struct, frozen=True, gc=False):
    """A cell: sub-board (sub_x, sub_y), cell (x, y) in it; 0 to 2, y from the top."""

    sub_x: int
    sub_y: int
    x: int
    y: int


class MatchState(msgspec.Struct, frozen=True, gc=False):
    """The board and who is to move. 1 is the mark of player_a, who moved first, 2 of player_b.

    `complete_field[3 * sub_y + y][3 * sub_x + x]`: 0 empty, 1, 2. `global_field[sub_y][sub_x]`:
    0 open, 1 or 2 won, 3 drawn. `last_move` is null before the first. `player_won` is null unless
    the match was won (or lost by expiry). `current_player` is the player to move, null once the
    match is over; `active_player` is always one of the two names.
    """

    complete_field: list[list[int]]
    global_field: list[list[int]]
    last_move: LastMove | None
    game_over: bool
    is_draw: bool
    player_won: str | None
    active_player: str
    current_player: str | None
    player_a: str
    player_b: str


class MatchData(msgspec.Struct, frozen=True, gc=False):
    """A match. `match_state` null: it is gone without a result.

    `revoke_time` (local time of the server, YYYY-MM-DD HH:MM:SS) and `deadline` (ISO 8601, UTC) are
    when it expires unless somebody moves; `server_time` (ISO 8601, UTC) is now. `moves` counts the
    moves made so far. `result`: won, drawn, abandoned, expired; null while the match is open.
    """

    id: str
    revoke_time: str
    ranked: bool
    match_state: MatchState | None
    server_time: str
    deadline: str
    moves: int
    result: str | None


class MatchUpdate(_Message, tag="match_update", frozen=True):
    """A match as it stands: after login, when it was made, changed or ended, and on request."""

    data: MatchData


class EloData(msgspec.Struct, frozen=True, gc=False):
    """`rank`: 1 + accounts with a strictly higher rating. Null, like `elo`, without an account.

    `top_names` and `top_elos` are parallel: the best accounts, at most 100, best first.
    """

    elo: int | None
    rank: int | None
    top_names: list[str]
    top_elos: list[int]


class EloUpdate(_Message, tag="elo_update", frozen=True):
    """The own rating: after login, and after a match was played to its end or changed ratings."""

    data: EloData


class FriendsData(msgspec.Struct, frozen=True, gc=False):
    """`friends` and `elos` are parallel: names and present ratings."""

    friends: list[str]
    elos: list[int]


class FriendsUpdate(_Message, tag="friends_update", frozen=True):
    """The whole friend list: after login and after each change of it."""

    data: FriendsData


class BotData(msgspec.Struct, frozen=True, gc=False):
    """A bot. `name` is that of its account, `title` what people call it, `face` an emoji.

    `elo` is its strength as measured against the other bots; it says little about people.
    """

    name: str
    title: str
    face: str
    description: str
    elo: int


class BotsData(msgspec.Struct, frozen=True, gc=False):
    """`bots`: those that play here, the gentlest first; none if the host has no bots.

    `rated`: whether matches between them and accounts count for ratings.
    """

    bots: list[BotData]
    rated: bool


class Bots(_Message, tag="bots", frozen=True):
    """The answer to `bots_request`."""

    data: BotsData


class BotOffer(_Message, tag="bot_offer", frozen=True):
    """Nobody has come who looks for an opponent; this bot would play.

    Whoever likes to sends a `match_request` with its name and has left the queue then. Whoever does
    not answers nothing, and waits on.
    """

    data: BotData


class AnalysisRequestResponse(_Message, tag="analysis_request_response", frozen=True):
    """The answer to `analysis_request`. After success follow `analysis_progress`, unless it was
    there already, and then `analysis` or `analysis_failed`.
    """

    data: AnalysisAnswer


class AnalysisProgress(_Message, tag="analysis_progress", frozen=True):
    """How far an analysis has come, about twice a second, to all connections of those who asked
    for it.
    """

    data: ProgressData


class Analysis(_Message, tag="analysis", frozen=True):
    """The analysis of a finished match."""

    data: AnalysisData


class AnalysisFailed(_Message, tag="analysis_failed", frozen=True):
    """An analysis that was begun could not be finished. It may be asked for again."""

    data: AnalysisFailure


class ErrorData(msgspec.Struct, frozen=True, gc=False):
    """`code` is stable and for programs, `msg` is for people, `request` the type that
    was refused.
    """

    code: str
    msg: str
    request: str | None


class Error(_Message, tag="error", frozen=True):
    """Something was refused that has no response of its own. Nothing has changed by it."""

    data: ErrorData


ToClient = (
    LoginResponse
    | ReconnectResponse
    | MatchRequestResponse
    | CancelMatchRequestResponse
    | FriendRequestResponse
    | UnfriendRequestResponse
    | MatchUpdate
    | EloUpdate
    | FriendsUpdate
    | Bots
    | BotOffer
    | AnalysisRequestResponse
    | AnalysisProgress
    | Analysis
    | AnalysisFailed
    | Error
)
