"""The heartbeat of a node: a row that it writes again and again.

It tells other programs that this node serves (`storage/nodes.py`), and the node itself whether its
database works. When the database has been away, it sees to it that all who play here are shown how
their matches really stand, for a move that was refused may have been stored all the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import perf_counter
from typing import Final, TypeVar

import structlog

from uttt.metrics import Metrics
from uttt.service.clock import Clock
from uttt.storage import nodes
from uttt.storage.database import Database
from uttt.storage.failures import Unavailable
from uttt.storage.nodes import NodeInfo

T = TypeVar("T")
log = structlog.get_logger(__name__)
_PAUSE: Final = 2.0
"""Seconds between two beats, and so the time after which an idle node notices an outage."""
_PAUSE_WHILE_AWAY: Final = 0.25
_REFRESHES: Final = 2
"""Beats after an outage with each of which all is read anew. The second one finds what was still
under way, on the network or in the database, when the first one was done."""


class Heartbeat:
    """Writes the row. `healthy`: the database took what was written last."""

    def __init__(self, database: Database, node: NodeInfo, clock: Clock, metrics: Metrics) -> None:
        self._database = database
        self._node = node
        self._clock = clock
        self._metrics = metrics
        self._in_doubt = asyncio.Event()
        self._refreshes_due = 0
        self._returned_at = 0.0
        self.healthy = True

    def doubt(self, reason: str, asked_at: float) -> None:
        """The database did not take what it was asked at `asked_at` (of `perf_counter`): refuse all
        writes until it takes a beat. What was asked before the last return is no news; but it may
        have been done all the same.
        """
        if self.healthy and asked_at >= self._returned_at:
            self.healthy = False
            log.error("database_away", reason=reason)
            self._metrics.database_up.set(0)
        self.suspect()

    def suspect(self) -> None:
        """Something failed that may have been done, though the database may well work: find out,
        and read all anew.
        """
        self._refreshes_due = _REFRESHES
        self._in_doubt.set()

    async def run(
        self, refresh: Callable[[], Awaitable[T]], tell: Callable[[T], Awaitable[None]]
    ) -> None:
        """Beat until cancelled.

        After each outage, and before anything is written again, `refresh` is to read anew what is
        live here and return what was not as it was known to be; `tell` then tells the players.
        """
        while True:
            asked_at = perf_counter()
            try:
                await self._beat()
                if self._refreshes_due:
                    await self._refresh(refresh, tell)
            except Unavailable as failure:
                self.doubt(str(failure), asked_at)
                await asyncio.sleep(_PAUSE_WHILE_AWAY)
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_PAUSE):
                        await self._in_doubt.wait()

    async def _beat(self) -> None:
        """Write the row, past the journal, which does not write while we are in doubt."""
        self._in_doubt.clear()
        now = self._clock()
        (outcome,) = await self._database.commit([lambda c: nodes.note(c, self._node, now)])
        if isinstance(outcome, Exception):
            raise outcome

    async def _refresh(
        self, refresh: Callable[[], Awaitable[T]], tell: Callable[[T], Awaitable[None]]
    ) -> None:
        self._refreshes_due -= 1
        changed = await refresh()
        if not self.healthy:
            self.healthy = True
            self._returned_at = perf_counter()
            self._metrics.database_up.set(1)
            log.warning("database_back")
        await tell(changed)

    async def end(self) -> None:
        """Take the row away: the node stops. Raises Unavailable."""
        await self._database.commit([lambda c: nodes.forget(c, self._node.id)])
