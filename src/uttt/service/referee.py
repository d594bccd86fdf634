"""The referee: the one door through which everything that happens in a match goes.

decide and evolve (pure rules) -> append to the journal -> publish. A player, a bot or a sweep that
wants something of a match comes here, and nobody hears of it before it is committed. The usual move
goes by `begin`, which no task waits for; all else, and what turns out to be unusual, by `apply`.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Final, NamedTuple, TypeVar, assert_never

import structlog

from uttt.bus.local import LocalBus
from uttt.bus.notices import MatchChanged, MatchGone, StandingChanged
from uttt.domain.commands import Command, Play
from uttt.domain.events import Outcome, Result
from uttt.domain.match import Match, Player, decide, evolve
from uttt.domain.refusals import Code, Refused
from uttt.service.clock import Clock
from uttt.service.hall import Hall
from uttt.service.journal import Journal
from uttt.service.ladder import Ladder
from uttt.service.lanes import Settle
from uttt.service.limits import RateLimit
from uttt.service.told import Told
from uttt.storage.failures import Behind, Unavailable
from uttt.storage.work import Entry

T = TypeVar("T")
log = structlog.get_logger(__name__)
_CHUNK: Final = 200
"""Players, or matches, that are read anew at a time."""
_REREADS_PER_MINUTE: Final = 60
"""How often a match is read only because something was refused in it."""
_PERHAPS_OUTDATED: Final = {
    Code.NOT_YOUR_TURN, Code.WRONG_BOARD, Code.BOARD_CLOSED, Code.CELL_TAKEN,
}  # fmt: skip
"""Refusals that may be wrong if another node knows more of the match than we do."""


class News(NamedTuple):
    """What was not as it was known to be: how it is now, or if it is gone, how it was."""

    changed: list[Match]
    gone: list[Match]


class Referee:
    """Applies commands to matches."""

    def __init__(
        self, hall: Hall, journal: Journal, told: Told, bus: LocalBus, ladder: Ladder,
        clock: Clock, elo_k: int,
    ) -> None:  # fmt: skip
        self._hall = hall
        self._told = told
        self._journal = journal
        self._bus = bus
        self._ladder = ladder
        self._clock = clock
        self._elo_k = elo_k
        self._under_way: dict[str, int] = {}
        self._standings_due: dict[int, Player] = {}
        self._rereads = RateLimit(_REREADS_PER_MINUTE, clock, enabled=True)

    def begin(self, public_id: str, command: Play, settle: Settle) -> bool:
        """Begin a move which, by what is known here, is legal and ends nothing. Return whether; if
        not then nothing was done, and `apply` is to be asked.

        `settle` is called, never before this returns, with None once the move is committed and
        published; with Behind or Unavailable, and then nothing has changed; or with whatever a bug
        has raised after the commit.
        """
        match = self._hall.known(public_id)
        if match is None:
            return False
        try:
            event = decide(match, command, self._clock())
        except Refused:
            return False
        if event.outcome is not None:
            return False
        entry = Entry(match.fixture, event, self._elo_k)
        if not self._journal.post(entry, partial(self._end, evolve(match, event), settle)):
            return False
        self._under_way[public_id] = self._under_way.get(public_id, 0) + 1
        return True

    def _end(self, match: Match, settle: Settle, outcome: Exception | None) -> None:
        """Go on with what `begin` began: `match` is how it stands if there was no failure."""
        try:
            self._is_written(match.fixture.public_id)
            if outcome is None:
                self._hall.update(match)
                self._bus.publish(MatchChanged(match))
        except Exception as bug:  # noqa: BLE001 - whoever asked has to do something about it
            outcome = bug
        settle(outcome)

    def _is_written(self, public_id: str) -> None:
        if others := self._under_way.pop(public_id) - 1:
            self._under_way[public_id] = others

    async def apply(self, public_id: str, command: Command) -> Match:
        """Apply a command and return the match after it; it is committed and published by then.

        Raises Refused or Unavailable, and then nothing has changed.
        """
        match = self._hall.known(public_id) or await self._hall.find(public_id)
        under_way = self._under_way
        while True:
            try:
                event = decide(match, command, self._clock())
                under_way[public_id] = under_way.get(public_id, 0) + 1
                try:
                    await self._journal.append(Entry(match.fixture, event, self._elo_k))
                finally:
                    self._is_written(public_id)
            except Refused as refused:
                match = await self._newer(match, refused)
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

    async def _newer(self, match: Match, refused: Refused) -> Match:
        """Return the match if there is more of it than was known, else raise `refused`: another
        node may have made a move of which this one has not heard.
        """
        public_id = match.fixture.public_id
        if refused.code not in _PERHAPS_OUTDATED or not self._rereads.take(public_id):
            raise refused
        try:
            newer = await self._catch_up(match)
        except Unavailable:
            raise refused from None
        if newer.next_ply <= match.next_ply:
            raise refused
        return newer

    async def _catch_up(self, match: Match) -> Match:
        """Read a match; if that brings news, tell its players who are here."""
        try:
            newer, is_news = await self._hall.reread(match.fixture.public_id)
        except Refused:
            self._bus.publish(MatchGone(match))  # somebody deleted it while it was live here
            raise
        if is_news:
            await self._publish(newer)
        return newer

    async def refresh(self) -> News:
        """Read anew all that is live here; take note, and return what was not as it was known.
        Raises Unavailable.
        """
        known = {match.fixture.public_id: match for match in self._hall.live()}
        found: dict[str, Match] = {}
        for player_ids in _chunks(self._hall.present()):
            found |= await self._hall.read_shown_to(player_ids)
        return await self._news(known, found)

    async def compare(self, known: Mapping[str, Match | None]) -> News:
        """Read these matches anew, which are known to be as given here, None: not at all; take
        note, and return what was not as it was known. Raises Unavailable.
        """
        return await self._news(known, {})

    async def _news(self, known: Mapping[str, Match | None], found: dict[str, Match]) -> News:
        for public_ids in _chunks(known.keys() - found.keys()):  # ended and told, or gone
            found |= await self._hall.read_all(public_ids)
        # what is being written now is told by whoever writes it, or read anew if that fails
        settled = [(id_, m) for id_, m in found.items() if id_ not in self._under_way]
        return News(
            changed=[m for id_, m in settled if self._hall.correct(known.get(id_), m)],
            gone=[match for id_, match in known.items() if match and id_ not in found],
        )

    async def tell(self, news: News, *, expected: bool = False) -> None:
        """Tell the players of what `refresh` has found, and what could not be read before.
        `expected`: it is only what other nodes have done.
        """
        if any(news):
            level = logging.DEBUG if expected else logging.INFO
            log.log(level, "matches_corrected", changed=len(news.changed), gone=len(news.gone))
        for match in news.gone:
            self._forget(match)
            self._bus.publish(MatchGone(match))
        # first those in which somebody may move while the others are told
        for match in sorted(news.changed, key=lambda match: match.outcome is not None):
            await self._publish(match)
        due, self._standings_due = self._standings_due, {}
        await self._tell_standings(list(due.values()))

    async def _publish(self, match: Match) -> None:
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
        self._told.note(match, player_id)

    async def _publish_standings(self, match: Match) -> None:
        rated = match.outcome is not None and match.outcome.rated
        await self._tell_standings(match.fixture.players, rated=rated)

    async def _tell_standings(self, players: Sequence[Player], *, rated: bool = False) -> None:
        present = [player for player in players if self._hall.is_listening(player.id)]
        if not present:
            if rated:
                self._ladder.note_change()
            return
        try:
            if rated:
                standings = await self._ladder.after_rating(players)
            else:
                players, standings = present, await self._ladder.standings(present)
        except Unavailable as failure:
            # the end itself is committed and must be told; this comes after the outage
            log.error("standing_not_read", reason=str(failure))
            self._standings_due |= {player.id: player for player in present}
            return
        for player, standing in zip(players, standings, strict=True):
            if self._hall.is_listening(player.id):
                self._bus.publish(StandingChanged(player.id, standing))


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
