"""The listening sockets: addresses, TLS, start and clean stop."""

import asyncio
import logging
import socket
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from uttt.web.door import Doors
from uttt.web.http import Site

log = structlog.get_logger(__name__)
_NOT_OURS: Final = (HttpProcessingError, web.RequestPayloadError)
_BACKLOG: Final = 1024
_SEND_BUFFER: Final = 128 * 1024
"""Bytes that the kernel keeps for one reader who does not read; by itself it would take megabytes.
"""
_RECEIVE_BUFFER: Final = 128 * 1024
"""Bytes that the kernel keeps of one sender who is faster than we are. As many may be read at once.
"""
_KEEPALIVE: Final = 75.0
"""Seconds that a connection may take from one request to the next; longer than common proxies keep
theirs, or they would use one that we just close.
"""


class CannotListen(Exception):
    """The address or port cannot be used, or the certificate cannot be read. The text says why."""


class Server:
    """Serves a site on one port, by TLS if there is a certificate."""

    def __init__(
        self,
        site: Site,
        host: str,
        port: int,
        certificate: tuple[Path, Path] | None,
        request_timeout: float,
        stop_timeout: float,
    ) -> None:
        self._site = site
        self._host = host
        self._port = port
        self._certificate = certificate
        self._request_timeout = request_timeout
        self._stop_timeout = stop_timeout
        self._tls = None if certificate is None else _tls_context(*certificate)
        self._acceptors: list[asyncio.Server] = []
        self._doors: Doors | None = None
        self._runner = web.AppRunner(
            site.application(),
            access_log=None,
            logger=_http_log(),
            handle_signals=False,
            shutdown_timeout=stop_timeout,
            keepalive_timeout=_KEEPALIVE,
        )

    async def start(self) -> str:
        """Begin to accept; return the address to show. Raises CannotListen."""
        await self._runner.setup()
        http = self._runner.server
        assert http is not None  # noqa: S101 - `setup` has made it
        self._doors = Doors(self._site.take, http, self._request_timeout)
        sockets = _listen(self._host, self._port)
        loop = asyncio.get_running_loop()
        for listening in sockets:
            acceptor = await loop.create_server(
                self._doors.open, sock=listening, backlog=_BACKLOG, ssl=self._tls,
                ssl_handshake_timeout=None if self._tls is None else self._request_timeout,
            )  # fmt: skip
            self._acceptors.append(acceptor)
        port = sockets[0].getsockname()[1]
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{self._host or 'localhost'}:{port}"

    async def ping(self) -> None:
        """Find out which clients are no longer there, until it is cancelled."""
        await self._site.ping()

    def reload_certificate(self) -> None:
        """Use the certificate files as they are now for new connections; open ones go on."""
        if self._tls is None or self._certificate is None:
            return
        certificate, key = self._certificate
        try:
            # a pair that does not fit together must not replace the one in use
            _tls_context(certificate, key)
            self._tls.load_cert_chain(certificate, key)
        except CannotListen as error:
            log.error("certificate_not_reloaded", reason=str(error))
        else:
            log.info("certificate_reloaded", certificate=str(certificate))

    async def stop(self) -> None:
        """Accept nothing more, finish what was begun, close all connections."""
        for acceptor in self._acceptors:
            acceptor.close()
        if self._doors is not None:
            self._doors.close()
        await self._site.close_connections(self._stop_timeout / 2)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._stop_timeout):
                await self._runner.cleanup()


def _http_log() -> logging.Logger:
    """Return the logger for failures in HTTP, which is silent about requests that are no HTTP."""

    def is_ours(record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], _NOT_OURS))

    logger = logging.getLogger("uttt.http")
    logger.addFilter(is_ours)
    return logger


def _tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        message = f"the certificate {certificate} with the key {key} cannot be used: {error}"
        raise CannotListen(message) from error
    return context


def _listen(host: str, port: int) -> list[socket.socket]:
    """Open the listening sockets: of the named host, or of all addresses of this machine."""
    if host:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return [_bind(family, host, port)]
    first = _bind(socket.AF_INET, "0.0.0.0", port)  # noqa: S104 - a server is to be reached
    sockets = [first]
    if socket.has_ipv6:
        with suppress(CannotListen):  # many machines have no IPv6
            sockets.append(_bind(socket.AF_INET6, "::", first.getsockname()[1]))
    return sockets


def _bind(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # what is accepted has from here on what the listening socket has
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        if family is socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        message = f"cannot listen on {host} port {port}: {error.strerror or error}"
        raise CannotListen(message) from error
    listening.setblocking(False)
    return listening
