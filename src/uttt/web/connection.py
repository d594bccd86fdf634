"""One WebSocket, from accept to close: its bytes in and out, its limits, its end.

Everything about the socket stays in this module. It never knows what messages mean.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog
from aiohttp import WSMsgType, web
from aiohttp.client_exceptions import ClientConnectionError

from uttt.domain.limits import TokenBucket
from uttt.domain.refusals import Code, Refused
from uttt.service.services import Services
from uttt.storage.failures import Unavailable
from uttt.web.audience import Audience
from uttt.web.outbox import Outbox, Overflow
from uttt.wire.codec import encode_error
from uttt.wire.entrance import Admission, admit
from uttt.wire.session import Session

log = structlog.get_logger(__name__)
NORMAL: Final = 1000
GOING_AWAY: Final = 1001
INTERNAL: Final = 1011
_CLOSE_TIMEOUT: Final = 2.0
"""Seconds that a client has to answer our close frame."""
_HARD_MESSAGE_LIMIT: Final = 1 << 20
"""Bytes above which a message ends the connection (protocol section 1)."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection may cost. Sizes in bytes, times in seconds; no rate: no limit."""

    message_size: int
    messages_per_second: float | None
    messages_burst: int
    outbox_size: int
    login_timeout: float
    ping_interval: float


class Connection:
    """One client. Messages are handled strictly one after the other."""

    def __init__(
        self, address: str, services: Services, audience: Audience, limits: ConnectionLimits
    ) -> None:
        self._address = address
        self._services = services
        self._audience = audience
        self._limits = limits
        self._outbox = Outbox(limits.outbox_size)
        self._close_code = NORMAL
        self._listening = True
        self.answered = asyncio.Event()
        """Cleared while a message has been read and is not answered yet."""
        self.answered.set()
        self._socket = web.WebSocketResponse(
            timeout=_CLOSE_TIMEOUT,
            heartbeat=limits.ping_interval,
            compress=False,
            # aiohttp refuses what is as large as its limit
            max_msg_size=max(limits.message_size, _HARD_MESSAGE_LIMIT) + 1,
            decode_text=False,
        )
        self._request: web.Request | None = None
        self._bucket: TokenBucket | None = None
        if limits.messages_per_second is not None:
            self._bucket = TokenBucket(
                limits.messages_per_second, limits.messages_burst, services.clock()
            )

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Serve until either side closes."""
        self._request = request
        await self._socket.prepare(request)
        sender = asyncio.create_task(self._send())
        try:
            await self._converse()
        except Exception:
            log.exception("connection_failed", address=self._address)
            self._close_code = INTERNAL
            self._release([(None, encode_error(Refused(Code.INTERNAL), None))])
        finally:
            self._outbox.close()
            await sender
        return self._socket

    def push(self, message: bytes, key: str | None = None) -> None:
        """Send a message soon. A client that does not read is cut off."""
        try:
            self._outbox.push(message, key)
        except Overflow:
            log.info("reader_too_slow", address=self._address)
            self._cut()

    def _release(self, first: list[tuple[str | None, bytes]]) -> None:
        try:
            self._outbox.release(first)
        except Overflow:
            log.info("greeting_too_large", address=self._address)
            self._cut()

    def stop_listening(self) -> None:
        """Read no further message: the server goes away."""
        self._close_code = GOING_AWAY
        self._listening = False

    def close(self, code: int = NORMAL) -> None:
        """Close once what waits is sent; read nothing more."""
        self._listening = False
        self._close_code = code
        self._outbox.close()

    def _cut(self) -> None:
        self._outbox.discard()
        if self._request is not None and self._request.transport is not None:
            self._request.transport.abort()

    async def _send(self) -> None:
        """Send what comes into the outbox; when it is closed and empty, close the socket."""
        try:
            while (message := await self._outbox.take()) is not None:
                await self._socket.send_frame(message, WSMsgType.TEXT)
        except ClientConnectionError:
            self._outbox.discard()  # the client has gone
        finally:
            await self._socket.close(code=self._close_code)

    async def _converse(self) -> None:
        raw = await self._first_message()
        if raw is None:
            return
        admission = await admit(raw, self._address, self._services)
        if admission.login is None:
            self.push(admission.answer)
            return
        login = admission.login
        self._outbox.hold()  # nothing may come before the greeting
        self._audience.add(login, self)
        try:
            await self._services.attendance.enter(login)
            try:
                session = Session(login, self._services, self.push)
                await self._greet(session, admission)
                await self._listen(session)
            finally:
                self._services.attendance.leave(login)
        except Unavailable:
            self._release([(None, encode_error(Refused(Code.UNAVAILABLE), None))])
        finally:
            self._audience.remove(login, self)

    async def _greet(self, session: Session, admission: Admission) -> None:
        greeting = await session.greeting(after_login=admission.after_login)
        first: list[tuple[str | None, bytes]] = [(None, admission.answer)]
        first += [(None, message) for message in greeting]
        first += session.matches().items()
        self._release(first)

    async def _listen(self, session: Session) -> None:
        while (raw := await self._next_message()) is not None:
            self.answered.clear()
            await self._handle(session, raw)
            self.answered.set()

    async def _handle(self, session: Session, raw: bytes) -> None:
        try:
            refusal = self._check_limits(raw)
            if refusal is None:
                await session.receive(raw)
            else:
                session.refuse(raw, refusal)
        except Exception:
            log.exception("message_failed", address=self._address)
            self.push(encode_error(Refused(Code.INTERNAL), None))

    def _check_limits(self, raw: bytes) -> Refused | None:
        if self._bucket is not None and not self._bucket.take(self._services.clock()):
            return Refused(Code.TOO_FAST)
        if len(raw) > self._limits.message_size:
            return Refused(Code.TOO_LARGE)
        return None

    async def _first_message(self) -> bytes | None:
        """Return the message that is to log in; None, with the reason sent, if there is none."""
        try:
            async with asyncio.timeout(self._limits.login_timeout):
                raw = await self._next_message()
        except TimeoutError:
            self.push(encode_error(Refused(Code.LOGIN_TIMEOUT), None))
            return None
        if raw is not None and len(raw) > self._limits.message_size:
            self.push(encode_error(Refused(Code.TOO_LARGE), None))
            return None
        return raw

    async def _next_message(self) -> bytes | None:
        """Return the next message, text or binary; None when the connection ends."""
        message = await self._socket.receive()
        if self._may_answer and message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            data: bytes = message.data
            return data
        return None

    @property
    def _may_answer(self) -> bool:
        return self._listening and not self._socket.closed
