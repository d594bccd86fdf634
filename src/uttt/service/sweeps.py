"""What ends by itself: matches, sessions, temporary users and accounts whose time is up (11.3).

Each sweep works in small pieces, so that moves go on between them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Final

import structlog

from uttt.domain.commands import Expire
from uttt.domain.lifetimes import Lifetimes
from uttt.domain.match import Match
from uttt.domain.refusals import Refused
from uttt.service.accounts import Accounts
from uttt.service.attendance import Attendance
from uttt.service.clock import Clock
from uttt.service.journal import Journal
from uttt.service.referee import Referee
from uttt.storage import endings, matches, players, sessions
from uttt.storage.database import Database
from uttt.storage.failures import Unavailable

log = structlog.get_logger(__name__)
_CHUNK: Final = 5
"""Pieces of work at a time: each keeps the moves of that moment waiting."""
_SHARE: Final = 0.25
"""Of the time, what a sweep may take. The rest belongs to those who play."""


class Sweeps:
    """Removes what has expired, once per `check_interval` seconds."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        referee: Referee,
        accounts: Accounts,
        attendance: Attendance,
        clock: Clock,
        lifetimes: Lifetimes,
        check_interval: float,
    ) -> None:
        self._database = database
        self._journal = journal
        self._referee = referee
        self._accounts = accounts
        self._attendance = attendance
        self._clock = clock
        self._lifetimes = lifetimes
        self._check_interval = check_interval

    async def run(self) -> None:
        """Sweep at the start and then once per interval."""
        while True:
            try:
                await self.sweep()
            except Unavailable as failure:
                log.error("sweep_failed", reason=str(failure))
            await asyncio.sleep(self._check_interval)

    async def sweep(self) -> None:
        """Remove all that has expired by now. Raises Unavailable."""
        await self._attendance.renew()  # who is connected does not expire
        now = self._clock()
        counts = {
            "matches": await self._repeat(self._expire_matches, now - self._lifetimes.match),
            "guests": await self._repeat(
                self._remove_guests, now - self._lifetimes.temporary_session
            ),
            "sessions": await self._repeat(self._remove_sessions, now - self._lifetimes.session),
            "accounts": await self._repeat(self._remove_accounts, now - self._lifetimes.account),
        }
        if any(counts.values()):
            log.info("swept", **counts)

    async def _repeat(self, sweep_chunk: Callable[[int], Awaitable[int]], until: int) -> int:
        total, started = 0, perf_counter()
        while count := await sweep_chunk(until):
            total += count
            await asyncio.sleep((perf_counter() - started) * (1 / _SHARE - 1))
            started = perf_counter()
        return total

    async def _expire_matches(self, idle_until: int) -> int:
        idle = await self._database.read(lambda c: matches.idle(c, idle_until, _CHUNK))
        await asyncio.gather(*(self._expire(match, idle_until) for match in idle))
        return len(idle)

    async def _expire(self, match: Match, idle_until: int) -> None:
        match_id = match.fixture.id
        if match.outcome is not None:
            await self._journal.write(lambda c: endings.forget_all_seats(c, match_id))
        elif match.active_at > idle_until:
            active_at = match.active_at
            await self._journal.write(lambda c: matches.note_activity(c, match_id, active_at))
        else:
            try:
                await self._referee.apply(match.fixture.public_id, Expire(idle_until))
            except Refused:
                log.debug("match_lives_on", match=match.fixture.public_id)

    async def _remove_guests(self, seen_until: int) -> int:
        return await self._remove_players(seen_until, registered=False)

    async def _remove_accounts(self, seen_until: int) -> int:
        return await self._remove_players(seen_until, registered=True)

    async def _remove_players(self, seen_until: int, *, registered: bool) -> int:
        expired = await self._database.look(
            lambda c: players.expired(c, registered=registered, seen_until=seen_until, limit=_CHUNK)
        )
        await asyncio.gather(
            *(self._accounts.remove(player, unless_seen_after=seen_until) for player in expired)
        )
        return len(expired)

    async def _remove_sessions(self, seen_until: int) -> int:
        return await self._journal.write(lambda c: sessions.remove_expired(c, seen_until, _CHUNK))
