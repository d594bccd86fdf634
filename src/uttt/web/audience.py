"""Who is connected to this node, and how notices become messages: encoded once, sent to all."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Protocol, assert_never

from uttt.bus.notices import (
    AnalysisAdvanced,
    AnalysisMade,
    AnalysisNotMade,
    BotOffered,
    FriendsChanged,
    MatchChanged,
    MatchGone,
    Notice,
    SessionsVoided,
    StandingChanged,
)
from uttt.domain.lifetimes import Lifetimes
from uttt.domain.match import Match
from uttt.service.accounts import Login
from uttt.service.clock import Clock
from uttt.wire.analysis import ProgressData, analysis_data, analysis_failure
from uttt.wire.codec import encode
from uttt.wire.match_text import encode_match
from uttt.wire.to_client import Analysis, AnalysisFailed, AnalysisProgress
from uttt.wire.views import bot_offer, elo_update, friends_update, match_gone


class Listener(Protocol):
    """Whoever hears what concerns a player: a connection, or in tests a list."""

    def push(self, message: bytes, key: str | None = None) -> None:
        """Take a message; of those with the same key only the newest matters."""

    def close(self) -> None:
        """The session is gone."""


class Audience:
    """The logged-in connections, by player and by session."""

    def __init__(self, clock: Clock, lifetimes: Lifetimes) -> None:
        self._clock = clock
        self._lifetimes = lifetimes
        self._of_player: defaultdict[int, set[Listener]] = defaultdict(set)
        self._of_session: defaultdict[int, set[Listener]] = defaultdict(set)

    def add(self, login: Login, connection: Listener) -> None:
        """Have a connection hear what concerns its player."""
        self._of_player[login.player.id].add(connection)
        self._of_session[login.session_id].add(connection)

    def remove(self, login: Login, connection: Listener) -> None:
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
                self._push_to_players(match, encode_match)
            case MatchGone(match):
                self._push_to_players(match, _encode_gone)
            case StandingChanged(player_id, standing):
                self._push(player_id, encode(elo_update(standing)))
            case FriendsChanged(player_id, friends):
                self._push(player_id, encode(friends_update(friends)))
            case BotOffered(player_id, level):
                self._push(player_id, encode(bot_offer(level)))
            case SessionsVoided(session_ids):
                for session_id in session_ids:
                    for connection in self._of_session.get(session_id, ()):
                        connection.close()
            case AnalysisAdvanced(player_ids, public_id, done, total):
                message = encode(AnalysisProgress(ProgressData(public_id, done, total)))
                self._push_to_askers(player_ids, public_id, message)
            case AnalysisMade(player_ids, fixture, analysis):
                message = encode(Analysis(analysis_data(fixture, analysis)))
                self._push_to_askers(player_ids, fixture.public_id, message)
            case AnalysisNotMade(player_ids, public_id, code):
                message = encode(AnalysisFailed(analysis_failure(public_id, code)))
                self._push_to_askers(player_ids, public_id, message)
            case _:
                assert_never(notice)

    def _push(self, player_id: int, update: bytes) -> None:
        for listener in self._of_player.get(player_id, ()):
            listener.push(update)

    def _push_to_askers(self, player_ids: Iterable[int], public_id: str, message: bytes) -> None:
        for player_id in player_ids:
            for listener in self._of_player.get(player_id, ()):
                # a client that reads slowly needs only the newest of one analysis
                listener.push(message, f"analysis of {public_id}")

    def _push_to_players(
        self, match: Match, view: Callable[[Match, int, Lifetimes], bytes]
    ) -> None:
        fixture = match.fixture
        one, two = fixture.players
        listeners = [*self._of_player.get(one.id, ()), *self._of_player.get(two.id, ())]
        if listeners:
            update = view(match, self._clock(), self._lifetimes)
            for listener in listeners:
                listener.push(update, fixture.public_id)


def _encode_gone(match: Match, now: int, lifetimes: Lifetimes) -> bytes:
    return encode(match_gone(match, now, lifetimes))
