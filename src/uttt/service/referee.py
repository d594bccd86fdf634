"""The referee: the one door through which everything that happens in a match goes.

decide (pure rules) -> append to the journal -> evolve -> publish. A player, a bot or a sweep that
wants something of a match comes here, and nobody hears of it before it is committed.
"""

from itertools import islice
from typing import Final, assert_never

import structlog

from uttt.bus.local import LocalBus
from uttt.bus.notices import MatchChanged, MatchGone, StandingChanged
from uttt.domain.commands import Command
from uttt.domain.events import Outcome, Result
from uttt.domain.match import Match, decide, evolve
from uttt.domain.refusals import Refused
from uttt.service.clock import Clock
from uttt.service.hall import Hall
from uttt.service.journal import Journal
from uttt.service.ladder import Ladder
from uttt.storage import endings
from uttt.storage.failures import Behind, Unavailable
from uttt.storage.work import Entry

log = structlog.get_logger(__name__)
_CHUNK: Final = 200
"""Matches that are read anew at a time."""


class Referee:
    """Applies commands to matches."""

    def __init__(
        self, hall: Hall, journal: Journal, bus: LocalBus, ladder: Ladder, clock: Clock, elo_k: int
    ) -> None:
        self._hall = hall
        self._journal = journal
        self._bus = bus
        self._ladder = ladder
        self._clock = clock
        self._elo_k = elo_k

    async def apply(self, public_id: str, command: Command) -> Match:
        """Apply a command and return the match after it; it is committed and published by then.

        Raises Refused or Unavailable, and then nothing has changed.
        """
        match = await self._hall.find(public_id)
        while True:
            event = decide(match, command, self._clock())
            try:
                await self._journal.append(Entry(match.fixture, event, self._elo_k))
            except Behind:
                match = await self._catch_up(match)
            else:
                break
        match = evolve(match, event)
        self._hall.update(match)
        if match.outcome is None:
            self._bus.publish(MatchChanged(match))
        else:
            await self._publish_end(match, match.outcome)
        return match

    async def _catch_up(self, match: Match) -> Match:
        try:
            return await self._hall.reread(match.fixture.public_id)
        except Refused:
            self._bus.publish(MatchGone(match))  # somebody deleted it while it was live here
            raise

    async def refresh(self) -> list[Match]:
        """Read all live matches anew; return, as they were known here, those that have changed or
        are gone. Raises Unavailable.
        """
        changed = []
        rest = iter(self._hall.live())
        while chunk := list(islice(rest, _CHUNK)):
            found = await self._hall.read_all(match.fixture.public_id for match in chunk)
            for known in chunk:
                match = found.get(known.fixture.public_id)
                if match is None or match.next_ply != known.next_ply:
                    changed.append(known)
                if match is not None:
                    self._hall.replace(match)
        return changed

    async def tell(self, changed: list[Match]) -> None:
        """Tell the players of what `refresh` has found."""
        for known in changed:
            try:
                match = await self._catch_up(known)
            except (Refused, Unavailable):
                continue  # gone, and told so; or the next outage has begun
            if match.outcome is None:
                self._bus.publish(MatchChanged(match))
            else:
                await self._publish_end(match, match.outcome)

    async def _publish_end(self, match: Match, outcome: Outcome) -> None:
        """Tell both players of the end; the order of the messages is the protocol's (8.1, 8.2)."""
        match outcome.result:
            case Result.WON | Result.DRAWN:
                self._bus.publish(MatchChanged(match))
                self._note_that_they_know(match)
                await self._publish_standings(match)
            case Result.ABANDONED:
                self._forget(match)
                if outcome.rated:
                    await self._publish_standings(match)
                self._bus.publish(MatchChanged(match))
            case Result.EXPIRED:
                self._forget(match)
                self._bus.publish(MatchChanged(match))
                if outcome.rated:
                    await self._publish_standings(match)
            case Result.VOID:
                self._forget(match)
                self._bus.publish(MatchGone(match))
            case _:
                assert_never(outcome.result)

    def _forget(self, match: Match) -> None:
        for player in match.fixture.players:
            self._hall.forget(match, player.id)

    def _note_that_they_know(self, match: Match) -> None:
        for player in match.fixture.players:
            if self._hall.is_present(player.id):
                self.note_told(match, player.id)

    def note_told(self, match: Match, player_id: int) -> None:
        """Note that a player has been told how the match ended, so that he is not told again."""
        self._hall.forget(match, player_id)
        match_id = match.fixture.id
        self._journal.write_later(lambda c: endings.forget_seats(c, match_id, [player_id]))

    async def _publish_standings(self, match: Match) -> None:
        if match.outcome is not None and match.outcome.rated:
            self._ladder.note_change()
        for player in match.fixture.players:
            if not self._hall.is_present(player.id):
                continue
            try:
                standing = await self._ladder.standing(player)
            except Unavailable as failure:
                # the end itself is committed and must be told; ratings come with the next login
                log.error("standing_not_read", reason=str(failure))
                return
            self._bus.publish(StandingChanged(player.id, standing))
