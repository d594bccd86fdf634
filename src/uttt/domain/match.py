"""A match: what may happen in it (`decide`) and what follows from what happened (`evolve`).

Pure. Whether a decision holds is settled by the journal: an event counts when its ply was free.
"""

from dataclasses import dataclass
from typing import NamedTuple, assert_never

from uttt.domain.commands import Abandon, Command, Expire, Play
from uttt.domain.events import Ended, Event, Outcome, Played, Result
from uttt.domain.refusals import Code, Refused
from uttt.rules import position as rules
from uttt.rules.position import IllegalMove, Position
from uttt.rules.rulesets import Ruleset


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody who can play: an account (`registered`) or a temporary user. `id` is
    never reused.
    """

    id: int
    name: str
    registered: bool


@dataclass(frozen=True, slots=True)
class Fixture:
    """What is settled when a match is made and never changes. `players[0]` moves first."""

    id: int
    public_id: str
    ruleset: Ruleset
    players: tuple[Player, Player]
    ranked: bool
    created_at: int
    setup: Position | None = None
    """Where the match begins if its first moves are not known; None: on the empty board."""

    def side_of(self, player_id: int) -> int:
        """Return 0 or 1. Raises Refused(NOT_YOUR_MATCH) for everybody else."""
        if player_id == self.players[0].id:
            return 0
        if player_id == self.players[1].id:
            return 1
        raise Refused(Code.NOT_YOUR_MATCH)


class Match(NamedTuple):
    """A match as it stands. `next_ply`: marks on the board at the beginning, plus events since.

    `active_at`: creation or last event, ms UTC.
    """

    fixture: Fixture
    position: Position
    next_ply: int
    active_at: int
    outcome: Outcome | None

    @property
    def both_moved(self) -> bool:
        """Both players have at least one mark on the board."""
        return bool(self.position.first and self.position.second)


def begin(fixture: Fixture) -> Match:
    """Return the match before the first event that is known of it."""
    position = fixture.setup or rules.start(fixture.ruleset)
    return Match(fixture, position, position.plies, fixture.created_at, None)


def decide(match: Match, command: Command, now: int) -> Event:
    """Return what `command` makes happen. Raises Refused, and then nothing happens."""
    match command:
        case Play():
            return _play(match, command, now)
        case Abandon():
            return _abandon(match, command, now)
        case Expire():
            return _expire(match, command, now)
        case _:
            assert_never(command)


def evolve(match: Match, event: Event) -> Match:
    """Return the match after `event`, which must be the one at `match.next_ply`."""
    if isinstance(event, Played):
        position = event.position or rules.play(match.position, event.move)
        return Match(match.fixture, position, event.ply + 1, event.at, event.outcome)
    return Match(match.fixture, match.position, event.ply + 1, event.at, event.outcome)


def _play(match: Match, command: Play, now: int) -> Played:
    side = match.fixture.side_of(command.player_id)
    if match.outcome is not None:
        raise Refused(Code.MATCH_OVER)
    if side != match.position.turn or command.ply not in (None, match.next_ply):
        raise Refused(Code.NOT_YOUR_TURN)
    try:
        position = rules.play(match.position, command.move)
    except IllegalMove as illegal:
        raise Refused(Code(illegal.code)) from None
    outcome = None
    if position.result is not None:
        outcome = played_to_the_end(position.result, ranked=match.fixture.ranked)
    return Played(match.next_ply, now, command.move, outcome, position)


def played_to_the_end(result: rules.Result, *, ranked: bool) -> Outcome:
    """Return the outcome of a match whose last position has this result."""
    match result:
        case rules.Result.FIRST:
            return Outcome(Result.WON, 0, ranked)
        case rules.Result.SECOND:
            return Outcome(Result.WON, 1, ranked)
        case rules.Result.DRAW:
            return Outcome(Result.DRAWN, None, ranked)
        case _:
            assert_never(result)


def _abandon(match: Match, command: Abandon, now: int) -> Ended:
    side = match.fixture.side_of(command.player_id)
    if match.outcome is not None:
        raise Refused(Code.MATCH_OVER)
    if command.ply not in (None, match.next_ply):
        raise Refused(Code.NOT_YOUR_TURN)
    rated = match.fixture.ranked and match.both_moved
    winner = 1 - side if rated else None
    return Ended(match.next_ply, now, Outcome(Result.ABANDONED, winner, rated))


def _expire(match: Match, command: Expire, now: int) -> Ended:
    if match.outcome is not None:
        raise Refused(Code.MATCH_OVER)
    if match.active_at > command.idle_since:
        raise Refused(Code.MATCH_OVER, "Somebody moved in time.")
    if not match.both_moved:
        return Ended(match.next_ply, now, Outcome(Result.VOID, None, rated=False))
    winner = 1 - match.position.turn
    return Ended(match.next_ply, now, Outcome(Result.EXPIRED, winner, match.fixture.ranked))
