"""Finds out which clients are no longer there: one task for all connections of the node."""

import asyncio
from collections.abc import Collection
from itertools import islice
from typing import Final

import structlog

from uttt.web.websocket import WebSocket

log = structlog.get_logger(__name__)
_ROUNDS: Final = 4
"""Times that each connection is looked at in the time after which a silent one is pinged."""
_PING_AT: Final = _ROUNDS + 1
"""Rounds without a sign of a client, the first of which may have begun just after the last one."""
_CUT_AT: Final = _PING_AT + _ROUNDS // 2
_SLICE: Final = 200
"""Connections looked at in one go, few enough not to keep a move waiting."""


async def ping_the_silent(sockets: Collection[WebSocket], interval: float) -> None:
    """Ping whoever was silent for `interval` seconds; cut who is silent for half of it after that.

    Runs until it is cancelled.
    """
    while True:
        await asyncio.sleep(interval / _ROUNDS)
        walk = iter(list(sockets))
        while part := list(islice(walk, _SLICE)):
            for socket in part:
                _look_at(socket)
            await asyncio.sleep(0)


def _look_at(socket: WebSocket) -> None:
    if socket.paused:
        return
    socket.silence += 1
    if socket.silence == _PING_AT:
        socket.ping()
    elif socket.silence >= _CUT_AT:
        log.info("no_answer_to_ping", address=socket.address)
        socket.cut()
