"""The heartbeat of a node: a row that it writes again and again.

It tells other programs that this node serves (`storage/nodes.py`), and the node itself whether its
database works. When the database has been away, it sees to it that all who play here are shown how
their matches really stand, for a move that was refused may have been stored all the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog

from uttt.domain.match import Match
from uttt.metrics import Metrics
from uttt.service.clock import Clock
from uttt.storage import nodes
from uttt.storage.database import Database
from uttt.storage.failures import Unavailable
from uttt.storage.nodes import NodeInfo

log = structlog.get_logger(__name__)
_PAUSE: Final = 5.0
"""Seconds between two beats."""
_PAUSE_WHILE_AWAY: Final = 0.25


class Heartbeat:
    """Writes the row. `healthy`: the database took what was written last."""

    def __init__(self, database: Database, node: NodeInfo, clock: Clock, metrics: Metrics) -> None:
        self._database = database
        self._node = node
        self._clock = clock
        self._metrics = metrics
        self._in_doubt = asyncio.Event()
        self.healthy = True

    def doubt(self, reason: str) -> None:
        """The database did not take something: refuse all writes until it takes a beat."""
        if self.healthy:
            self.healthy = False
            log.error("database_away", reason=reason)
            self._metrics.database_up.set(0)
        self._in_doubt.set()

    async def run(
        self,
        refresh: Callable[[], Awaitable[list[Match]]],
        tell: Callable[[list[Match]], Awaitable[None]],
    ) -> None:
        """Beat until cancelled.

        After each outage, and before anything is written again, `refresh` is to read anew what is
        live here and return what was not as it was known to be; `tell` then tells the players.
        """
        while True:
            try:
                await self._beat()
                if not self.healthy:
                    await self._come_back(refresh, tell)
            except Unavailable as failure:
                self.doubt(str(failure))
                await asyncio.sleep(_PAUSE_WHILE_AWAY)
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_PAUSE):
                        await self._in_doubt.wait()

    async def _beat(self) -> None:
        """Write the row, past the journal, which does not write while we are in doubt."""
        self._in_doubt.clear()
        now = self._clock()
        await self._database.commit([lambda c: nodes.note(c, self._node, now)])

    async def _come_back(
        self,
        refresh: Callable[[], Awaitable[list[Match]]],
        tell: Callable[[list[Match]], Awaitable[None]],
    ) -> None:
        changed = await refresh()
        self.healthy = True
        self._metrics.database_up.set(1)
        log.warning("database_back", matches_changed=len(changed))
        await tell(changed)

    async def end(self) -> None:
        """Take the row away: the node stops. Raises Unavailable."""
        await self._database.commit([lambda c: nodes.forget(c, self._node.id)])
