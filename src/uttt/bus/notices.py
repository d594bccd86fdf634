"""What is told once it is committed. Each notice names the players whom it is for, by id."""

from typing import NamedTuple

from uttt.domain.match import Match
from uttt.domain.rating import Standing
from uttt.engine.levels import Level


class MatchChanged(NamedTuple):
    """A match was made, moved in, or ended with a result. For both players."""

    match: Match


class MatchGone(NamedTuple):
    """A match is gone without a result. For those of its players who are still there."""

    match: Match


class StandingChanged(NamedTuple):
    """A match of this player was played to its end or changed his rating."""

    player_id: int
    standing: Standing


class FriendsChanged(NamedTuple):
    """The friend list of this player is now this one: names and ratings."""

    player_id: int
    friends: list[tuple[str, int]]


class BotOffered(NamedTuple):
    """Nobody has come to play with this player, who wants to be asked: this bot would."""

    player_id: int
    level: Level


class SessionsVoided(NamedTuple):
    """These sessions exist no longer: whatever is connected with them is to be closed."""

    session_ids: frozenset[int]


Notice = MatchChanged | MatchGone | StandingChanged | FriendsChanged | BotOffered | SessionsVoided
