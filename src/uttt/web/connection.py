"""One client, from the first message to the close: login, then one message after the other.

How bytes get in and out is the business of `websocket.py`, what they mean that of `uttt.wire`.
"""

import asyncio
from dataclasses import dataclass

import structlog

from uttt.domain.limits import TokenBucket
from uttt.domain.refusals import Code, Refused
from uttt.service.services import Services
from uttt.storage.failures import Behind, Unavailable
from uttt.web.audience import Audience
from uttt.web.websocket import INTERNAL, WebSocket
from uttt.wire.codec import encode_error
from uttt.wire.entrance import Admission, admit
from uttt.wire.session import Session

log = structlog.get_logger(__name__)


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
    """One client. Messages are handled strictly one after the other, those for which
    `Session.begin` needs no task by callbacks, all others by the task.

    `busy`: a message was read and is not answered yet.
    """

    __slots__ = (
        "_audience", "_begun", "_bucket", "_limits", "_services", "_session", "busy", "socket",
    )  # fmt: skip

    def __init__(
        self, socket: WebSocket, services: Services, audience: Audience, limits: ConnectionLimits
    ) -> None:
        self.socket = socket
        self.busy = False
        self._services = services
        self._audience = audience
        self._limits = limits
        self._session: Session
        self._bucket: TokenBucket | None = None
        self._begun = b""

    async def serve(self) -> None:
        """Serve until either side closes."""
        code = None
        try:
            await self._converse()
        except Exception:
            log.exception("connection_failed", address=self.socket.address)
            self.socket.release([(None, encode_error(Refused(Code.INTERNAL), None))])
            code = INTERNAL
        finally:
            self.busy = False
            await self.socket.finish(code)

    async def _converse(self) -> None:
        raw = await self._first_message()
        if raw is None:
            return
        admission = await admit(raw, self.socket.address, self._services)
        if admission.login is None:
            self.socket.push(admission.answer)
            return
        login = admission.login
        self.socket.hold()  # nothing may come before the greeting
        self._audience.add(login, self.socket)
        try:
            await self._services.attendance.enter(login)
            try:
                session = Session(login, self.socket.address, self._services, self.socket.push)
                await self._greet(session, admission)
                del raw, admission  # this may last for days
                self._session, self._bucket = session, self._new_bucket()
                self.socket.begin_with(self._begin)
                await self._listen(session)
            finally:
                self.socket.begin_with(None)  # or nothing of us would go without the collector
                self._services.attendance.leave(login)
        except Unavailable:
            self.socket.release([(None, encode_error(Refused(Code.UNAVAILABLE), None))])
        finally:
            self._audience.remove(login, self.socket)

    async def _greet(self, session: Session, admission: Admission) -> None:
        greeting = await session.greeting(after_login=admission.after_login)
        first: list[tuple[str | None, bytes]] = [(None, admission.answer)]
        first += [(None, message) for message in greeting]
        first += session.matches().items()
        self.socket.release(first)

    async def _listen(self, session: Session) -> None:
        socket, clock, size = self.socket, self._services.clock, self._limits.message_size
        bucket = self._bucket
        while (raw := await socket.receive()) is not None:
            self.busy = True
            try:
                if bucket is not None and not bucket.take(clock()):
                    session.refuse(raw, Refused(Code.TOO_FAST))
                elif len(raw) > size:
                    session.refuse(raw, Refused(Code.TOO_LARGE))
                else:
                    await session.receive(raw)
            except Exception:
                log.exception("message_failed", address=socket.address)
                socket.push(encode_error(Refused(Code.INTERNAL), None))
            self.busy = False
            if socket.paused:
                await asyncio.sleep(0)  # who sends faster than we answer lets others go first

    def _begin(self, raw: bytes) -> bool:
        """Begin to do what a message asks for without the task, and return whether: if it is within
        the limits, and a move of the usual kind. If not, the task gets it as if nothing had been.
        """
        bucket = self._bucket
        if len(raw) > self._limits.message_size:
            return False
        if bucket is not None and not bucket.take(self._services.clock()):
            return False
        try:
            begun = self._session.begin(raw, self._end)
        except Exception:  # noqa: BLE001 - a bug, which the task meets again and tells
            begun = False
        if begun:
            self.busy, self._begun = True, raw
        elif bucket is not None:
            bucket.give_back()
        return begun

    def _end(self, outcome: Exception | None) -> None:
        """Go on with what `_begin` began."""
        if isinstance(outcome, Behind):  # to read what was missed takes the task, as if it came now
            if self._bucket is not None:
                self._bucket.give_back()
            self.socket.hand_back(self._begun)
            return
        self.busy = False
        try:
            if isinstance(outcome, Unavailable):
                self._session.refuse(self._begun, Refused(Code.UNAVAILABLE))
            elif outcome is not None:
                raise outcome  # noqa: TRY301 - a bug, to be treated like one of our own
        except Exception:
            log.exception("message_failed", address=self.socket.address)
            self.socket.push(encode_error(Refused(Code.INTERNAL), None))
        self.socket.go_on()

    def _new_bucket(self) -> TokenBucket | None:
        limits = self._limits
        if limits.messages_per_second is None:
            return None
        return TokenBucket(
            limits.messages_per_second, limits.messages_burst, self._services.clock()
        )

    async def _first_message(self) -> bytes | None:
        """Return the message that is to log in; None, with the reason sent, if there is none."""
        try:
            async with asyncio.timeout(self._limits.login_timeout):
                raw = await self.socket.receive()
        except TimeoutError:
            self.socket.push(encode_error(Refused(Code.LOGIN_TIMEOUT), None))
            return None
        if raw is not None and len(raw) > self._limits.message_size:
            self.socket.push(encode_error(Refused(Code.TOO_LARGE), None))
            return None
        return raw
