"""What is told once it is committed. Each notice names the players whom it is for, by id.

The progress of an analysis is told, too: it is nothing that could be lost.
"""

from typing import NamedTuple

from uttt.domain.analysis import Analysis
from uttt.domain.match import Fixture, Match
from uttt.domain.rating import Standing
from uttt.domain.refusals import Code
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


class AnalysisAdvanced(NamedTuple):
    """Of a match that these players want to have analysed, `done` of `total` positions are."""

    player_ids: frozenset[int]
    public_id: str
    done: int
    total: int


class AnalysisMade(NamedTuple):
    """A match that these players wanted to have analysed is."""

    player_ids: frozenset[int]
    fixture: Fixture
    analysis: Analysis


class AnalysisNotMade(NamedTuple):
    """An analysis that these players wanted will not come; `code` says why."""

    player_ids: frozenset[int]
    public_id: str
    code: Code


Notice = (
    MatchChanged
    | MatchGone
    | StandingChanged
    | FriendsChanged
    | BotOffered
    | SessionsVoided
    | AnalysisAdvanced
    | AnalysisMade
    | AnalysisNotMade
)
