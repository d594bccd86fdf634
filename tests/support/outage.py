"""What an outage of the database must look like to players and to those who ask /readyz."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from support.board import REFUSAL_LIMIT, Board
from support.server import Server

log = logging.getLogger(__name__)
RETURN_LIMIT = 5.0
"""Seconds from the return of the database until all works again."""
OUTAGE_EVENTS = (
    *("commit_failed", "database_away", "sweep_failed", "sessions_not_renewed"),
    *("standing_not_read", "told_not_written"),
)


async def all_work(boards: Iterable[Board], since: float) -> float:
    """Everybody tries again until it is done; returns how many seconds after `since` all were."""

    async def one(board: Board) -> None:
        while True:
            if await board.resync() or await board.attempt():
                return
            await asyncio.sleep(0.05)

    async with asyncio.timeout(2 * RETURN_LIMIT):
        await asyncio.gather(*(one(board) for board in boards))
    return time.monotonic() - since


async def all_refused(boards: Iterable[Board], seconds: float) -> None:
    """Everybody tries again and again, and nobody succeeds."""
    until = time.monotonic() + seconds

    async def one(board: Board) -> None:
        while time.monotonic() < until:
            assert not await board.attempt(), "acknowledged while the database was away"
            await asyncio.sleep(0.1)

    await asyncio.gather(*(one(board) for board in boards))


@dataclass
class Watch:
    """What /readyz and /healthz said: when it was asked, when answered, and the statuses."""

    ready: list[tuple[float, float, int]] = field(default_factory=list)
    healthy: list[int] = field(default_factory=list)

    async def until_ready(self, back: float) -> float:
        """Seconds from the return of the database to the first answer that says so."""
        while True:
            for asked, told, status in self.ready:
                if asked > back and status == 200:
                    return told - back
            assert time.monotonic() < back + 2 * RETURN_LIMIT, "never ready again"
            await asyncio.sleep(0.05)

    def check(self, away: float, back: float) -> None:
        """Both told the truth of an outage."""
        assert set(self.healthy) == {200}
        assert {status for _, _, status in self.ready} <= {200, 503}
        during = [s for _, told, s in self.ready if away + REFUSAL_LIMIT < told < back]
        assert set(during) == {503}, during


@asynccontextmanager
async def watching(server: Server) -> AsyncIterator[Watch]:
    """Ask again and again during the block."""
    watch = Watch()
    stop = asyncio.Event()

    async def ask() -> None:
        while not stop.is_set():
            asked = time.monotonic()
            status = await asyncio.to_thread(server.get, "/readyz")
            watch.ready.append((asked, time.monotonic(), status))
            watch.healthy.append(await asyncio.to_thread(server.get, "/healthz"))
            await asyncio.sleep(0.1)

    task = asyncio.create_task(ask())
    try:
        yield watch
    finally:
        stop.set()
        await task


async def outage(
    server: Server,
    boards: list[Board],
    take_away: Callable[[], Awaitable[Callable[[], object]]],
    seconds: float,
) -> None:
    """Take the database away for so long, and see that all is refused and all works again.

    What `take_away` returns brings it back, and returns when it is there.
    """
    async with watching(server) as watch:
        await asyncio.sleep(0.3)
        bring_back = await take_away()
        away = time.monotonic()
        await all_refused(boards, seconds)
        back = time.monotonic()
        bring_back()
        returned = time.monotonic()
        working = await all_work(boards, returned)
        ready = await watch.until_ready(returned)
    watch.check(away, back)
    slowest = max(max(board.refusals) for board in boards)
    log.info("all work %.2f s, ready %.2f s, refused in %.2f s", working, ready, slowest)
    assert working < RETURN_LIMIT
    assert ready < RETURN_LIMIT


async def until_told(board: Board) -> None:
    """Wait until both are shown that what was refused has been done."""
    async with asyncio.timeout(RETURN_LIMIT):
        while True:
            if await board.resync():
                return
            await asyncio.sleep(0.05)
