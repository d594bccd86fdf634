"""HTTP on the same port: health, the web client, the JSON API, and the way into a WebSocket on any
path.
"""

import asyncio
from collections import Counter
from typing import Final

import structlog
from aiohttp import web
from aiohttp.http import RawRequestMessage
from aiohttp.typedefs import Handler

from uttt.metrics import Metrics
from uttt.service.services import Services
from uttt.web.addresses import Addresses
from uttt.web.api import Api
from uttt.web.audience import Audience
from uttt.web.burst import Burst
from uttt.web.connection import Connection, ConnectionLimits
from uttt.web.health import Health
from uttt.web.pages import Pages
from uttt.web.pings import ping_the_silent
from uttt.web.upgrade import key_of, take_from_http, upgrade
from uttt.web.websocket import GOING_AWAY, WebSocket

log = structlog.get_logger(__name__)
_HARD_MESSAGE_LIMIT: Final = 1 << 20
"""Bytes above which a message ends the connection (protocol section 1)."""
_STOP_POLL: Final = 0.01
"""Seconds between two looks at whether all is answered."""


async def _hide_versions(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "uttt"


class Site:
    """The request handlers and the connections that they have opened."""

    def __init__(
        self,
        services: Services,
        audience: Audience,
        health: Health,
        api: Api,
        addresses: Addresses,
        metrics: Metrics,
        limits: ConnectionLimits,
        connections_per_address: int | None,
    ) -> None:
        self._services = services
        self._audience = audience
        self._health = health
        self._api = api
        self._addresses = addresses
        self._metrics = metrics
        self._limits = limits
        self._connections_per_address = connections_per_address
        self._pages = Pages()
        self._closing = False
        self._max_message = max(limits.message_size, _HARD_MESSAGE_LIMIT)
        self._burst = Burst()
        self._sockets: set[WebSocket] = set()
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self._of_address: Counter[str] = Counter()

    def application(self) -> web.Application:
        """Return the routes."""
        application = web.Application(middlewares=[self._socket_or_other])
        application.on_response_prepare.append(_hide_versions)
        application.router.add_get("/healthz", self._health.healthz)
        application.router.add_get("/readyz", self._health.readyz)
        application.router.add_get("/api/matches/{id}/analysis", self._api.get_analysis)
        application.router.add_post("/api/matches/{id}/analysis", self._api.post_analysis)
        application.router.add_get("/{path:.*}", self._page)
        return application

    async def ping(self) -> None:
        """Find out which clients are no longer there, until it is cancelled."""
        await ping_the_silent(self._sockets, self._limits.ping_interval)

    async def close_connections(self, patience: float) -> None:
        """Let what was begun be answered, for `patience` seconds at most, then close all (1001).

        Whoever has not ended after as long again is cut off.
        """
        self._closing = True
        for connection in self._connections.values():
            connection.socket.stop_listening()
        end = asyncio.get_running_loop().time() + patience
        while busy := sum(connection.busy for connection in self._connections.values()):
            if asyncio.get_running_loop().time() >= end:
                log.warning("stopping_with_unanswered_messages", messages=busy)
                break
            await asyncio.sleep(_STOP_POLL)
        for connection in list(self._connections.values()):
            connection.socket.close(GOING_AWAY)
        if tasks := list(self._connections):
            _, late = await asyncio.wait(tasks, timeout=patience)
            for task in late:
                self._connections[task].socket.cut()
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return self._pages.find(request.path)

    @web.middleware
    async def _socket_or_other(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if _wants_socket(request):  # which is there on any path
            return self._socket(request)
        return await handler(request)

    def take(self, transport: asyncio.Transport, request: RawRequestMessage, rest: bytes) -> bool:
        """Make a WebSocket of a connection whose first request asks for one, `rest` being what came
        behind it. False if it is not to be had: then aiohttp is to say why.
        """
        if not _wants_socket(request) or (key := key_of(request)) is None or self._closing:
            return False
        peer = transport.get_extra_info("peername")
        address = self._addresses.of(request, peer and peer[0])
        if transport.is_closing() or self._is_full(address):
            return False
        self._open(transport, address, key, rest)
        return True

    def _socket(self, request: web.Request) -> web.StreamResponse:
        """The same on a connection that was used before, or refuse it."""
        if self._closing:
            raise web.HTTPServiceUnavailable(text="The server goes away.\n")
        address = self._addresses.of(request, request.remote)
        if self._is_full(address):
            raise web.HTTPTooManyRequests(text="Too many connections from this address.\n")
        key, transport = key_of(request), request.transport
        if key is None:
            raise web.HTTPBadRequest(text="This is no proper upgrade to a WebSocket.\n")
        if transport is not None and not transport.is_closing():
            self._open(transport, address, key, take_from_http(request))
        return _UNHEARD

    def _is_full(self, address: str) -> bool:
        limit = self._connections_per_address
        return limit is not None and self._of_address[address] >= limit

    def _open(self, transport: asyncio.Transport, address: str, key: bytes, rest: bytes) -> None:
        outbox_size = self._limits.outbox_size
        socket = WebSocket(address, self._max_message, outbox_size, self._burst, self._leave)
        upgrade(transport, key, rest, socket, self._max_message)
        self._sockets.add(socket)
        self._of_address[address] += 1
        self._metrics.connections.inc()
        connection = Connection(socket, self._services, self._audience, self._limits)
        task = asyncio.create_task(connection.serve())
        self._connections[task] = connection
        task.add_done_callback(self._connections.pop)

    def _leave(self, socket: WebSocket) -> None:
        """Forget a socket that is closed."""
        self._metrics.connections.dec()
        self._sockets.discard(socket)
        self._of_address[socket.address] -= 1
        if not self._of_address[socket.address]:
            del self._of_address[socket.address]


class _Unheard(web.Response):
    """What a handler returns when aiohttp no longer has the socket: it is not even written."""

    async def prepare(self, _request: web.BaseRequest) -> None:
        """There is nobody to begin for."""

    async def write_eof(self, _data: bytes = b"") -> None:
        """There is nothing to end."""


_UNHEARD: Final = _Unheard()


def _wants_socket(request: web.Request | RawRequestMessage) -> bool:
    return request.method == "GET" and request.headers.get("Upgrade", "").lower() == "websocket"
