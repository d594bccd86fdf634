"""The bots at play: they hear of matches in which it is their turn, think, wait a little, and move.

Their moves go through the referee like everybody's. Nothing is kept here that a restart could lose:
whose turn it is stands in the matches, and those are looked through at the start and every few
seconds, also for the sake of matches whose node has died. Whom they play is decided in the lobby.
"""

import asyncio
from contextlib import suppress
from random import Random
from time import perf_counter
from typing import Final

import structlog

from uttt.bus.local import LocalBus
from uttt.bus.notices import MatchChanged, Notice
from uttt.domain.commands import Abandon, Play
from uttt.domain.match import Match
from uttt.domain.refusals import Code, Refused
from uttt.engine.verdict import Limits
from uttt.metrics import Metrics
from uttt.rules.position import legal_moves
from uttt.service.clock import Clock
from uttt.service.hall import Hall
from uttt.service.referee import Referee
from uttt.service.roster import Bot, Roster
from uttt.service.thinkers import Crowded, EngineFailed, Thinkers
from uttt.storage import bots
from uttt.storage.database import Database
from uttt.storage.failures import Unavailable

log = structlog.get_logger(__name__)
_LOOK: Final = 5.0
"""Seconds between two looks through the matches of all bots."""
_FRESH: Final = 5_000
"""Milliseconds after a move until which whoever tells of it is the node on which it was made."""
_OVERDUE: Final = 15_000
"""Milliseconds after which a move that another node should have made is made here."""
_CHEAP: Final = Limits(depth=1, seconds=0.2)
"""What a bot is content with when its own way to think has failed."""
_PAUSES: Final = (0.2, 60.0)
"""Seconds until a move is tried again: the first time, and at the most."""
_GIVE_UP_AFTER: Final = 600.0
"""Seconds without an answer of any engine after which a bot abandons its match."""
_NEARLY_FULL: Final = 0.9
"""Of the matches that a bot may have: when there are more, it gives up those that are deserted."""
_DESERTED: Final = 600_000
"""Milliseconds without a move after which a match is, if its person is not here."""
_MOST_AT_A_TIME: Final = 50
"""Matches that one bot gives up between two looks."""
_OUTRUN: Final = {Code.NOT_YOUR_TURN, Code.MATCH_OVER, Code.UNKNOWN_MATCH}
"""Refusals that only say that somebody was faster."""


class Bots:
    """Makes the moves of all bots. `delay`: seconds that they take for a move on average."""

    def __init__(
        self, roster: Roster, hall: Hall, referee: Referee, thinkers: Thinkers, database: Database,
        bus: LocalBus, clock: Clock, metrics: Metrics, *, delay: float, chance: Random,
    ) -> None:  # fmt: skip
        self._roster = roster
        self._hall = hall
        self._referee = referee
        self._thinkers = thinkers
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._delay = delay
        self._chance = chance
        self._tasks: asyncio.TaskGroup | None = None
        self._turns: set[tuple[str, int]] = set()  # those that are being taken: match and ply
        bus.subscribe(self._hear)

    async def run(self) -> None:
        """Play until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            overdue = 0  # after a start nobody else may be there
            while True:
                try:
                    await self._enter()
                    await self.look(overdue)
                    overdue = _OVERDUE
                    await self.make_room()
                except Unavailable as failure:
                    log.info("bots_wait", reason=str(failure))
                await asyncio.sleep(_LOOK)

    async def _enter(self) -> None:
        for bot in self._roster:
            if not self._hall.is_present(bot.player.id):
                await self._hall.seat(bot.player.id)
                for match in self._hall.of(bot.player.id):
                    if match.outcome is not None:  # it ended while no bot was here to be told
                        self._referee.note_told(match, bot.player.id)

    async def look(self, overdue: int) -> None:
        """Find out what other nodes have done in the matches of bots, and take the turns that have
        been due for `overdue` ms. Raises Unavailable.
        """
        ids = [bot.player.id for bot in self._roster]
        known = {m.fixture.public_id: m for id_ in ids for m in self._hall.open_of(id_)}
        plies = await self._database.look(lambda c: bots.plies(c, ids)) if ids else {}
        differing: dict[str, Match | None] = {
            public_id: match
            for public_id, match in known.items()
            if public_id not in plies or plies[public_id] not in (None, match.next_ply)
        }
        differing |= dict.fromkeys(plies.keys() - known.keys())
        await self._referee.tell(await self._referee.compare(differing), expected=True)
        due_since = self._clock() - overdue
        for id_ in ids:
            for match in self._hall.open_of(id_):
                if match.active_at <= due_since:
                    self._consider(match)

    async def make_room(self) -> None:
        """Give up matches that nobody plays on, if a bot has hardly any place left: guests cost
        nothing, and could keep it from everybody else. Raises Unavailable.
        """
        idle_since = self._clock() - _DESERTED
        for bot in self._roster:
            theirs = self._hall.open_of(bot.player.id)
            too_many = len(theirs) - int(_NEARLY_FULL * self._roster.most_open)
            if too_many <= 0:
                continue
            deserted = [m for m in theirs if m.active_at <= idle_since and self._may_go(m)]
            deserted.sort(key=lambda match: match.active_at)
            for match in deserted[: min(too_many, _MOST_AT_A_TIME)]:
                give_up = Abandon(bot.player.id, match.next_ply)
                with suppress(Refused):  # somebody has moved just now
                    await self._referee.apply(match.fixture.public_id, give_up)

    def _may_go(self, match: Match) -> bool:
        is_watched = any(self._hall.is_listening(p.id) for p in match.fixture.players)
        return not match.fixture.ranked and not is_watched

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, MatchChanged):
            match = notice.match
            if match.fixture.players[match.position.turn].id in self._roster and (
                match.outcome is None and self._clock() - match.active_at <= _FRESH
            ):
                self._consider(match)

    def _consider(self, match: Match) -> None:
        """Take the turn in this match if it is a bot's and nobody does so yet."""
        bot = self._roster.find(match.fixture.players[match.position.turn].id)
        turn = match.fixture.public_id, match.next_ply
        if bot is None or self._tasks is None or turn in self._turns:
            return
        self._turns.add(turn)
        self._tasks.create_task(self._take_turn(bot, match), name=f"turn-{turn}")

    async def _take_turn(self, bot: Bot, match: Match) -> None:
        try:
            await self._move_or_give_up(bot, match)
        except Refused as refused:
            if refused.code not in _OUTRUN:
                log.error("bot_move_refused", bot=bot.level.name, code=refused.code)
        except Exception:  # a bug here must not end the node, and so everybody's matches
            log.exception("bot_failed", bot=bot.level.name, match=match.fixture.public_id)
        finally:
            self._turns.discard((match.fixture.public_id, match.next_ply))

    async def _move_or_give_up(self, bot: Bot, match: Match) -> None:
        """Move, or try again until somebody else has. Raises Refused."""
        public_id, started, pause = match.fixture.public_id, perf_counter(), _PAUSES[0]
        ends = perf_counter() + self._time_for(match)
        failing_since: float | None = None
        while True:
            try:
                if failing_since and perf_counter() - failing_since >= _GIVE_UP_AFTER:
                    # who plays against it must not wait for ever; if the match counts, he wins it
                    await self._referee.apply(public_id, Abandon(bot.player.id, match.next_ply))
                    return
                if (await self._hall.find(public_id)).next_ply != match.next_ply:
                    return  # another node, whose engine is well, has moved
                move = await self._think(bot, match)
                failing_since = None
                await asyncio.sleep(max(0.0, ends - perf_counter()))
                await self._referee.apply(public_id, Play(bot.player.id, move, match.next_ply))
            except Unavailable as failure:
                log.info("bot_waits", bot=bot.level.name, reason=str(failure))
            except Crowded as failure:
                log.warning("bot_waits", bot=bot.level.name, reason=str(failure))
            except EngineFailed as failure:
                log.error("bot_cannot_move", bot=bot.level.name, reason=str(failure))
                failing_since = failing_since or perf_counter()
            else:
                self._metrics.bot_moves.labels(bot.level.name).inc()
                self._metrics.bot_move_seconds.observe(perf_counter() - started)
                return
            await asyncio.sleep(pause)
            pause = min(_PAUSES[1], 2 * pause)

    async def _think(self, bot: Bot, match: Match) -> int:
        """Return a move. If the first worker fails, any move that is not silly. Raises
        EngineFailed.
        """
        try:
            return await self._thinkers.choose(bot.level.name, match.position)
        except Crowded:
            raise  # another request would only make it worse
        except EngineFailed as failure:
            log.warning("bot_thinks_again", bot=bot.level.name, reason=str(failure))
            verdict = await self._thinkers.search(match.position, _CHEAP, for_bot=True)
            return verdict.move

    def _time_for(self, match: Match) -> float:
        """Return how many seconds a person would take: the more choices the more, but few when the
        match has just begun.
        """
        choices = len(legal_moves(match.position))
        difficulty = 0.7 if match.position.plies < 2 else min(1.6, 0.5 + choices / 14)  # noqa: PLR2004
        return self._delay * difficulty * self._chance.uniform(0.7, 1.3)
