"""The messages that clients send, one struct per type. Unknown members are ignored.

The docstrings and members here are the source of docs/protocol.md.
"""

from typing import Any

import msgspec


class _Message(msgspec.Struct, tag_field="type", frozen=True, gc=False):
    """An envelope: `type` tells the message, `data` holds its members."""


class Credentials(msgspec.Struct, frozen=True, gc=False):
    """A name (3 to 16 of a-z, 0-9, - and _, folded to lower case) and a password."""

    name: str
    pw: str


class Login(_Message, tag="login", frozen=True):
    """Log in, or register a free name. An empty password makes a temporary user. First message."""

    data: Credentials


class Name(msgspec.Struct, frozen=True, gc=False):
    """A name."""

    name: str


class TempSession(_Message, tag="temp_session", frozen=True):
    """Become a temporary user, as `login` with an empty password does. First message."""

    data: Name


class SessionId(msgspec.Struct, frozen=True, gc=False):
    """A session id, as a login response gave it."""

    id: str


class Reconnect(_Message, tag="reconnect", frozen=True):
    """Go on with a session. First message."""

    data: SessionId


class Opponent(msgspec.Struct, frozen=True, gc=False):
    """The name of the opponent, or null for anybody who is looking for one.

    `bot_offer` may be left out. If it is true, who waits in vain is asked by a `bot_offer` whether
    he would like to play against a bot. Without it he may simply get one as his opponent.
    """

    player: str | None
    bot_offer: bool = False


class MatchRequest(_Message, tag="match_request", frozen=True):
    """Ask for a match: at once with a named player, or with the next one who asks for anybody."""

    data: Opponent


class CancelMatchRequest(_Message, tag="cancel_match_request", frozen=True):
    """Stop waiting for a random opponent."""

    data: Any


class Cell(msgspec.Struct, frozen=True, gc=False):
    """A cell of a match: sub-board (sub_x, sub_y), cell (x, y) in it; 0 to 2, y from the top.

    Coordinates may be integers or texts.
    """

    id: str
    sub_x: int | str
    sub_y: int | str
    x: int | str
    y: int | str


class Move(_Message, tag="move", frozen=True):
    """Place a mark."""

    data: Cell


class MatchId(msgspec.Struct, frozen=True, gc=False):
    """The id of a match."""

    id: str


class EndMatch(_Message, tag="end_match", frozen=True):
    """End an open match: reject the invitation, abandon or close it. May cost rating."""

    data: MatchId


class MatchStatesRequest(_Message, tag="match_states_request", frozen=True):
    """Ask for one `match_update` for each own match."""

    data: Any


class User(msgspec.Struct, frozen=True, gc=False):
    """The name of an account."""

    user: str


class FriendRequest(_Message, tag="friend_request", frozen=True):
    """Put an account into the own friend list."""

    data: User


class UnfriendRequest(_Message, tag="unfriend_request", frozen=True):
    """Take somebody out of the own friend list."""

    data: User


class BotsRequest(_Message, tag="bots_request", frozen=True):
    """Ask who the bots are: the computer players, whom everybody can invite by their names."""

    data: Any


class Logout(_Message, tag="logout", frozen=True):
    """Void this session and close its connections. A temporary user's name becomes free."""

    data: Any


class AnalysisOf(msgspec.Struct, frozen=True, gc=False):
    """The id of a finished match."""

    match_id: str


class AnalysisRequest(_Message, tag="analysis_request", frozen=True):
    """Have a finished match analysed, or get the analysis that is there already. Never a match that
    still goes on.
    """

    data: AnalysisOf


FirstMessage = Login | TempSession | Reconnect
Request = (
    EndMatch
    | MatchRequest
    | CancelMatchRequest
    | MatchStatesRequest
    | FriendRequest
    | UnfriendRequest
    | BotsRequest
    | AnalysisRequest
    | Logout
)
LaterMessage = Move | Request
FromClient = FirstMessage | LaterMessage
