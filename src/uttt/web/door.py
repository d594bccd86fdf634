"""The first request of a connection: where it leads, before aiohttp has anything to do with it.

A good upgrade goes straight to its WebSocket. All else aiohttp gets with every byte that was read,
so pages, refusals and what comes later on the same connection are its business alone, and nothing
is answered here.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

import structlog
from aiohttp import EMPTY_PAYLOAD
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpProcessingError, HttpRequestParser, RawRequestMessage

log = structlog.get_logger(__name__)
_LONGEST_HEAD: Final = 128 * 1024
"""Bytes after which whoever has sent no whole request is cut off. The parser refuses long heads,
but passes over any number of empty lines, and of spaces before a value.
"""
_REQUESTS: Final = 2
"""Requests that are read: the first one, and whether there is a second."""
_ANY_BODY: Final = 1 << 30
"""Bytes of a body after which the parser would want to read no further. What has come with the head
is at most what is read at once, and is thrown away.
"""

Take = Callable[[asyncio.Transport, RawRequestMessage, bytes], bool]
"""Makes a WebSocket of a connection, by the head of its upgrade and what came behind it; False if
it does not want to.
"""


class Doors:
    """All connections of which no whole request has come yet."""

    def __init__(self, take: Take, http: Callable[[], asyncio.Protocol], patience: float) -> None:
        """`http` makes aiohttp's side of a connection; `patience` in seconds."""
        self.take = take
        self.http = http
        self.patience = patience
        self.loop = asyncio.get_running_loop()
        self.nobody = BaseProtocol(self.loop)  # the parser wants one, for bodies
        self.waiting: set[Door] = set()
        self.closed = False

    def open(self) -> "Door":
        """Return the protocol of a new connection."""
        return Door(self)

    def close(self) -> None:
        """Cut off whoever waits behind one, and whoever still comes that was accepted before."""
        self.closed = True
        for door in list(self.waiting):
            door.cut()


class Door(asyncio.Protocol):
    """One connection until its first request is read."""

    __slots__ = ("_doors", "_parser", "_read", "_timer", "_transport")

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._parser = HttpRequestParser(doors.nobody, doors.loop, _ANY_BODY, auto_decompress=False)
        self._read = bytearray()
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait."""
        self._transport = cast("asyncio.Transport", transport)
        self._timer = self._doors.loop.call_later(self._doors.patience, self._give_up)
        self._doors.waiting.add(self)
        if self._doors.closed:
            self.cut()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The client has gone without a word."""
        self._leave()

    def data_received(self, data: bytes) -> None:
        """Read on until the head of the request is whole, then hand the connection over."""
        self._read += data
        try:
            requests, upgraded, rest = self._parser.feed_data(data)
        except HttpProcessingError:
            # aiohttp will most likely find the same, and say so; but how long a line is depends on
            # the pieces in which it came, so we go on to wait: it may have been none at all
            self._to_http()
            return
        if not requests:
            if len(self._read) > _LONGEST_HEAD:
                self.cut()
            return
        head, body = requests[0]
        if upgraded and len(requests) == 1 and body is EMPTY_PAYLOAD:
            self._leave()
            if self._doors.take(self._transport, head, rest):
                self._forget()
                return
        self._leave()
        self._to_http()

    def _to_http(self) -> None:
        protocol = self._doors.http()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(bytes(self._read))
        self._forget()

    def _leave(self) -> None:
        """Wait no more. A timer that is left running would keep the connection in memory."""
        self._timer.cancel()
        self._doors.waiting.discard(self)

    def _forget(self) -> None:
        """Let go of what is large: uvloop keeps us as long as the connection lives."""
        del self._parser, self._read

    def _give_up(self) -> None:
        if not self._transport.is_closing():
            log.info("no_request_in_time")
        self.cut()

    def cut(self) -> None:
        """Cut the connection off."""
        self._leave()
        self._transport.abort()
