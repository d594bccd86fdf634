"""Whether this node can serve: what load balancers and supervisors ask."""

import asyncio
from typing import Final

from aiohttp import web
from sqlalchemy import text

from uttt.service.heartbeat import Heartbeat
from uttt.storage.database import Database
from uttt.storage.failures import Unavailable

_READY_TIMEOUT: Final = 2.0


class Health:
    """The answers to `/healthz` (the process lives) and `/readyz` (it can store moves)."""

    def __init__(self, database: Database, heartbeat: Heartbeat) -> None:
        self._database = database
        self._heartbeat = heartbeat

    async def healthz(self, _request: web.Request) -> web.Response:
        """Answer whoever would restart a process that hangs."""
        return web.Response(text="ok\n")

    async def readyz(self, _request: web.Request) -> web.Response:
        """Answer whoever would send players elsewhere: 503 unless the database works."""
        if self._heartbeat.healthy:
            try:
                async with asyncio.timeout(_READY_TIMEOUT):
                    await self._database.look(lambda c: c.execute(text("SELECT 1")).scalar_one())
            except (Unavailable, TimeoutError):
                return web.Response(status=503, text="the database does not answer\n")
        if not self._heartbeat.healthy:
            return web.Response(status=503, text="the database does not take what is written\n")
        return web.Response(text="ready\n")
