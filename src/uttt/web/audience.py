"""Who is connected to this node, and how notices become messages: encoded once, sent to all."""

from collections import defaultdict
from typing import TYPE_CHECKING, assert_never

from uttt.bus.notices import MatchChanged, MatchGone, Notice, SessionsVoided, StandingChanged
from uttt.domain.lifetimes import Lifetimes
from uttt.domain.match import Match
from uttt.service.accounts import Login
from uttt.service.clock import Clock
from uttt.wire.codec import encode
from uttt.wire.views import elo_update, match_gone, match_update

if TYPE_CHECKING:
    from uttt.web.connection import Connection


class Audience:
    """The logged-in connections, by player and by session."""

    def __init__(self, clock: Clock, lifetimes: Lifetimes) -> None:
        self._clock = clock
        self._lifetimes = lifetimes
        self._of_player: defaultdict[int, set[Connection]] = defaultdict(set)
        self._of_session: defaultdict[int, set[Connection]] = defaultdict(set)

    def add(self, login: Login, connection: "Connection") -> None:
        """Have a connection hear what concerns its player."""
        self._of_player[login.player.id].add(connection)
        self._of_session[login.session_id].add(connection)

    def remove(self, login: Login, connection: "Connection") -> None:
        """Tell a connection nothing more."""
        for connections, key in (
            (self._of_player, login.player.id),
            (self._of_session, login.session_id),
        ):
            connections[key].discard(connection)
            if not connections[key]:
                del connections[key]

    def hear(self, notice: Notice) -> None:
        """Pass a notice on to those whom it concerns."""
        match notice:
            case MatchChanged(match):
                update = encode(match_update(match, self._clock(), self._lifetimes))
                self._push_to_players(match, update)
            case MatchGone(match):
                update = encode(match_gone(match, self._clock(), self._lifetimes))
                self._push_to_players(match, update)
            case StandingChanged(player_id, standing):
                update = encode(elo_update(standing))
                for connection in self._of_player.get(player_id, ()):
                    connection.push(update)
            case SessionsVoided(session_ids):
                for session_id in session_ids:
                    for connection in self._of_session.get(session_id, ()):
                        connection.close()
            case _:
                assert_never(notice)

    def _push_to_players(self, match: Match, update: bytes) -> None:
        for player in match.fixture.players:
            for connection in self._of_player.get(player.id, ()):
                connection.push(update, match.fixture.public_id)
