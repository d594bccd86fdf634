"""From HTTP to WebSocket: aiohttp's parser has read the request, picows gets the socket.

Here alone it is known how both libraries look inside. What is said afterwards is no concern of it.
"""

import asyncio
import weakref
from base64 import b64decode
from collections.abc import Iterable
from typing import Any, Final, cast

import structlog
from aiohttp import web
from aiohttp.http import RawRequestMessage
from picows import (
    WSAutoPingStrategy,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    picows,
)

from uttt.web.websocket import WebSocket

log = structlog.get_logger(__name__)
_READ_BUFFER: Final = 2048
"""Bytes for what was read, which grow with the messages. picows takes no less."""
_KEY_SIZE: Final = 16
_VERSIONS: Final = frozenset({"7", "8", "13"})
"""Drafts and the standard (RFC 6455), which are the same in all that we use."""
_HEAD: Final = (
    b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: %b\r\n\r\n"
)


def key_of(request: web.Request | RawRequestMessage) -> bytes | None:
    """Return the key of a request for a WebSocket; None if it is no proper one."""
    headers = request.headers
    connection = ",".join(headers.getall("Connection", ())).lower()
    key = headers.get("Sec-WebSocket-Key", "")
    try:
        valid = len(b64decode(key, validate=True)) == _KEY_SIZE
    except ValueError:
        valid = False
    if (
        not valid
        or headers.get("Sec-WebSocket-Version") not in _VERSIONS
        or "upgrade" not in (option.strip() for option in connection.split(","))
    ):
        return None
    return key.encode()


def upgrade(
    transport: asyncio.Transport, key: bytes, rest: bytes, socket: WebSocket, max_message: int
) -> None:
    """Answer an upgrade and have `socket` read and write; `rest` came behind the request."""
    protocol = _protocol(socket, max_message)
    try:
        # uvloop looks at the protocol only when reading begins
        transport.pause_reading()
        transport.set_protocol(protocol)
        socket.attach(transport)
        protocol.connection_made(cast("Any", _Transport(transport, socket)))
        # The head is our own: the client's was checked, and picows would refuse some good ones,
        # such as "Connection: keep-alive, Upgrade" of Firefox. Nor need it be kept.
        _feed(protocol, _HEAD % key)
        _feed(protocol, rest)
        transport.resume_reading()
    except BaseException:
        transport.abort()  # nobody else has it any more
        raise


class _Rest:
    """What a client has sent behind its upgrade without waiting for the answer."""

    def __init__(self) -> None:
        self.data = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.data += data
        return False, b""

    def feed_eof(self) -> None:
        """There is nothing to end."""


def take_from_http(request: web.Request) -> bytes:
    """Make aiohttp believe that the client has gone; return what it has read beyond the request.

    The response that the handler returns goes nowhere afterwards.
    """
    rest = _Rest()
    http = request.protocol
    http.set_parser(cast("Any", rest))
    http.transport = None  # or it would close it
    http.connection_lost(None)
    return rest.data


def _protocol(socket: WebSocket, max_message: int) -> asyncio.BufferedProtocol:
    """Return picows' side of a connection; the one place that knows these arguments."""

    def accept(_request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        return WSUpgradeResponseWithListener(_ACCEPTED, socket)

    protocol: asyncio.BufferedProtocol = cast("Any", picows).WSProtocol(
        None,  # host and port, for clients
        None,  # path, for clients
        False,  # whether it is a client
        accept,
        _Log(),
        True,  # close if the listener fails
        None,  # time-out of the handshake, which is over at once
        False,  # pings of its own, with a task for each connection
        1.0,  # their interval
        1.0,  # their time-out
        WSAutoPingStrategy.PING_WHEN_IDLE,
        False,  # pongs of its own, even to those who do not read
        max_message,
        None,  # further headers, for clients
        _READ_BUFFER,
    )
    return protocol


_ACCEPTED: Final = WSUpgradeResponse.create_101_response({"Server": "uttt"})
"""One for all, since picows keeps it: what differs is written into it just before it is sent."""


def _feed(protocol: asyncio.BufferedProtocol, data: bytes) -> None:
    while data:
        buffer = cast("memoryview", protocol.get_buffer(-1))
        part = data[: len(buffer)]
        buffer[: len(part)] = part
        protocol.buffer_updated(len(part))
        data = data[len(part) :]


class _Transport:
    """The transport as picows sees it.

    What is long picows gives to `writelines` in two parts, of which the first lies in a buffer that
    it uses again for the next message; uvloop keeps what it cannot send at once. So it is joined.

    It also closes too soon. After an error of the client picows sends a close frame and closes a
    moment later. The kernel throws away what it has not yet sent if there is something left to read
    then, so most clients would never learn why.
    """

    __slots__ = ("_socket", "_transport")

    def __init__(self, transport: asyncio.Transport, socket: WebSocket) -> None:
        self._transport = transport
        self._socket = weakref.ref(socket)  # it leads to us, by way of picows

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)

    def writelines(self, parts: Iterable[bytes]) -> None:
        """Write a copy."""
        self._transport.write(b"".join(parts))

    def close(self) -> None:
        """Read on, though for nothing, until the client closes or its time is over."""
        transport = self._transport
        if transport.is_closing() or isinstance(transport.get_protocol(), _Deaf):
            return
        transport.pause_reading()
        transport.set_protocol(_Deaf(transport.get_protocol()))
        transport.resume_reading()
        if transport.can_write_eof():
            transport.write_eof()
        if (socket := self._socket()) is not None:
            socket.give_up()


class _Deaf(asyncio.Protocol):
    """Reads what nobody wants any more."""

    def __init__(self, before: asyncio.BaseProtocol) -> None:
        self._before = before

    def connection_lost(self, exc: Exception | None) -> None:
        self._before.connection_lost(exc)


class _Log:
    """What picows has to say: failures of ours are told, those of clients are not.

    Not a Logger, since picows would make a child of that for every connection.
    """

    __slots__ = ()

    def isEnabledFor(self, _level: int) -> bool:  # noqa: N802 - the name is not ours
        return False

    def exception(self, message: str, *values: object) -> None:
        log.exception("websocket_failed", reason=message % values)

    def debug(self, _message: str, *_values: object) -> None:
        """Not told."""

    info = warning = error = debug
