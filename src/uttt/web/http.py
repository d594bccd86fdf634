"""HTTP on the same port: health, the web client, and the way into a WebSocket on any path."""

import asyncio
from collections import Counter
from ipaddress import IPv4Network, IPv6Network, ip_address

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from uttt.metrics import Metrics
from uttt.service.services import Services
from uttt.web.audience import Audience
from uttt.web.connection import GOING_AWAY, Connection, ConnectionLimits
from uttt.web.health import Health
from uttt.web.pages import Pages

log = structlog.get_logger(__name__)


async def _hide_versions(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "uttt"


class Site:
    """The request handlers and the connections that they have opened."""

    def __init__(
        self,
        services: Services,
        audience: Audience,
        health: Health,
        metrics: Metrics,
        limits: ConnectionLimits,
        connections_per_address: int | None,
        trusted_proxies: tuple[IPv4Network | IPv6Network, ...],
    ) -> None:
        self._services = services
        self._audience = audience
        self._health = health
        self._metrics = metrics
        self._limits = limits
        self._connections_per_address = connections_per_address
        self._trusted_proxies = trusted_proxies
        self._pages = Pages()
        self._connections: set[Connection] = set()
        self._of_address: Counter[str] = Counter()

    def application(self, *middlewares: Middleware) -> web.Application:
        """Return the routes."""
        application = web.Application(middlewares=middlewares)
        application.on_response_prepare.append(_hide_versions)
        application.router.add_get("/healthz", self._health.healthz)
        application.router.add_get("/readyz", self._health.readyz)
        application.router.add_get("/{path:.*}", self._page_or_socket)
        return application

    async def close_connections(self, patience: float) -> None:
        """Let what was begun be answered, for `patience` seconds at most, then close all (1001)."""
        for connection in self._connections:
            connection.stop_listening()
        answered = [asyncio.create_task(each.answered.wait()) for each in self._connections]
        if answered:
            _, unanswered = await asyncio.wait(answered, timeout=patience)
            for waiting in unanswered:
                waiting.cancel()
                log.warning("stopping_with_an_unanswered_message")
        for connection in self._connections:
            connection.close(GOING_AWAY)

    async def _page_or_socket(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request)
        return self._pages.find(request.path)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        address = self._address(request)
        limit = self._connections_per_address
        if limit is not None and self._of_address[address] >= limit:
            raise web.HTTPTooManyRequests(text="Too many connections from this address.\n")
        connection = Connection(address, self._services, self._audience, self._limits)
        self._connections.add(connection)
        self._of_address[address] += 1
        self._metrics.connections.inc()
        try:
            return await connection.serve(request)
        finally:
            self._metrics.connections.dec()
            self._connections.discard(connection)
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]

    def _address(self, request: web.Request) -> str:
        """Return the client's address: that of the nearest machine which is no proxy of ours."""
        forwarded = request.headers.get("X-Forwarded-For", "")
        hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
        address = request.remote or "unknown"
        while hops and self._is_trusted(address):
            address = hops.pop()
        return address

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted_proxies)
