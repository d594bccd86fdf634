"""One WebSocket: frames in and out, fragments, pings, what waits for a slow reader, the close.

Everything about the socket stays in this module and in `upgrade.py`. Neither knows what messages
mean, nor who the client is.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from uttt.web.burst import Burst
from uttt.web.inbox import Inbox
from uttt.web.outbox import Outbox, Overflow

log = structlog.get_logger(__name__)
NORMAL: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
TOO_BIG: Final = 1009
INTERNAL: Final = 1011
_CLOSE_TIMEOUT: Final = 2.0
"""Seconds that a client has to answer our close frame."""
_WRITE_BUFFER: Final = 64 * 1024
"""Bytes that may be on their way in this process, before messages begin to wait in the outbox."""
# a look into an enumeration costs more than a global
_TEXT: Final = WSMsgType.TEXT
_BINARY: Final = WSMsgType.BINARY


class WebSocket(WSListener):
    """A client's socket after the upgrade. One task reads what is not begun without it; anybody may
    push.

    `silence` counts the rounds of the pings since the client was last heard of.
    """

    __slots__ = (
        "_burst", "_close_code", "_fragments", "_full", "_gone", "_goodbye", "_inbox", "_limit",
        "_listening", "_loop", "_on_gone", "_outbox", "_outbox_size", "_parting", "_peer_closed",
        "_pong", "_timer", "_transport", "_wire", "address", "paused", "silence",
    )  # fmt: skip

    def __init__(
        self, address: str, limit: int, outbox_size: int, burst: Burst,
        on_gone: Callable[["WebSocket"], None],
    ) -> None:  # fmt: skip
        """Wait for the upgrade. Messages above `limit` bytes end the connection."""
        self.address = address
        self._burst = burst
        self.silence = 0
        self._loop = asyncio.get_running_loop()
        self._limit = limit
        self._outbox_size = outbox_size
        self._on_gone = on_gone
        self._wire: WSTransport
        self._transport: asyncio.Transport
        self._inbox = Inbox()
        self._fragments: bytearray | None = None
        self._outbox: Outbox | None = None
        """There only while something is held, or the client does not read fast enough."""
        self._pong: bytes | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._close_code = NORMAL
        self._full = False
        self.paused = False
        """We do not read on, so its silence says nothing."""
        self._listening = True
        self._peer_closed = False
        self._goodbye = False
        self._gone = False
        self._parting: asyncio.Future[None] | None = None

    # What picows tells

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._wire = transport
        # all that picows keeps of the request, which nobody needs any more
        transport.request.headers.clear()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002
        self.silence = 0
        kind = frame.msg_type
        if (
            (kind is not _TEXT and kind is not _BINARY)
            or not frame.fin
            or self._fragments is not None
            or (frame.rsv1 or frame.rsv2 or frame.rsv3)
            or not self._listening
        ):
            self._special_frame(kind, frame)
        elif self._inbox.put(frame.get_payload_as_bytes()):
            self._pause_reading()

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002
        self._gone = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None  # it leads back to us: nothing is to wait for the garbage collector
        self._outbox = None
        self._end()
        if self._parting is not None and not self._parting.done():
            self._parting.set_result(None)
        self._on_gone(self)

    def pause_writing(self) -> None:
        self._full = True
        if self._outbox is None:
            self._outbox = Outbox(self._outbox_size)

    def resume_writing(self) -> None:
        self._full = False
        if self._pong is not None:
            self._wire.send_pong(self._pong)
            self._pong = None
        self._burst.flush()  # it belongs behind what waits in the outbox
        self._flush()

    # In

    def receive(self) -> "asyncio.Future[bytes | None]":
        """Return the next message, text or binary; None when no more come. For one task only."""
        future = self._inbox.receive()
        if self.paused:
            self._read_on()
        return future

    def begin_with(self, begin: Callable[[bytes], bool] | None) -> None:
        """Have `begin` asked about each message that comes while the task waits (see `Inbox`)."""
        self._inbox.begin = begin

    def go_on(self) -> None:
        """What was begun is answered."""
        self._inbox.go_on()
        if self.paused:
            self._read_on()

    def hand_back(self, raw: bytes) -> None:
        """What was begun is not answered: the task is to have it."""
        self._inbox.hand_back(raw)

    def _pause_reading(self) -> None:
        if not self.paused:
            self.paused = True
            self._transport.pause_reading()

    def _read_on(self) -> None:
        if self._inbox.is_empty:
            self._resume_reading()

    def _resume_reading(self) -> None:
        self.paused = False
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def _special_frame(self, kind: WSMsgType, frame: WSFrame) -> None:
        """Deal with what is not a whole message."""
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._refuse(PROTOCOL_ERROR)
        elif kind is WSMsgType.PING:
            if self._full:
                self._pong = frame.get_payload_as_bytes()  # only the last need be answered
            else:
                self._wire.send_pong(frame.get_payload_as_bytes())
        elif kind is WSMsgType.CLOSE:
            self._peer_closed = True
            self._end()
            if self._goodbye:  # it answers our close
                self._transport.close()
        elif kind is not WSMsgType.PONG and self._listening and not self._inbox.is_closed:
            self._join(frame, begins=kind is not WSMsgType.CONTINUATION)

    def _join(self, frame: WSFrame, *, begins: bool) -> None:
        if begins != (self._fragments is None):
            self._refuse(PROTOCOL_ERROR)
            return
        if self._fragments is None:
            self._fragments = bytearray()
        if len(self._fragments) + frame.payload_size > self._limit:
            self._refuse(TOO_BIG)
            return
        self._fragments += frame.get_payload_as_memoryview()
        if frame.fin:
            whole, self._fragments = bytes(self._fragments), None
            if self._inbox.put(whole):
                self._pause_reading()

    def _refuse(self, code: int) -> None:
        """End with an error of the client, once the messages before it are handled."""
        if not self._inbox.is_closed:
            self._close_code = code
            self._end()

    def _end(self) -> None:
        """Tell the task that no further message comes."""
        self._fragments = None
        self._inbox.close()

    # Out

    def push(self, message: bytes, key: str | None = None) -> None:
        """Send a message with all else of this turn of the event loop, or as soon as the client
        reads. One that does not read is cut off.
        """
        self._burst.add(self, message, key)

    def write(self, message: bytes, key: str | None) -> None:
        """The same at once. For the burst."""
        if self._outbox is None:
            self._wire.send(_TEXT, message)  # after the close it does nothing
            return
        try:
            self._outbox.push(message, key)
        except Overflow:
            log.info("reader_too_slow", address=self.address)
            self.cut()

    def hold(self) -> None:
        """Let messages wait until `release`."""
        self._burst.flush()
        if self._outbox is None:
            self._outbox = Outbox(self._outbox_size)
        self._outbox.hold()

    def release(self, first: list[tuple[str | None, bytes]]) -> None:
        """Send `first` and then what was held, less what `first` supersedes."""
        self._burst.flush()
        if self._outbox is None:  # nothing was held, or the client has gone
            for _, message in first:
                self.push(message)
            return
        try:
            self._outbox.release(first)
        except Overflow:
            log.info("greeting_too_large", address=self.address)
            self.cut()
        else:
            self._flush()

    def _flush(self) -> None:
        outbox = self._outbox
        if outbox is None:
            return
        while not self._full and (message := outbox.take()) is not None:
            self._wire.send(_TEXT, message)
        if outbox.held or len(outbox):
            return
        if not self._full:
            self._outbox = None
        if outbox.closed:
            self._say_goodbye()

    def ping(self) -> None:
        """Ask the client whether it is still there."""
        if not self._full:
            self._wire.send_ping()

    # The end

    def stop_listening(self) -> None:
        """Read no further message: the server goes away."""
        self._close_code = GOING_AWAY
        self._listening = False
        self._inbox.drop()

    def close(self, code: int = NORMAL) -> None:
        """Close once what waits is sent; read nothing more."""
        self._burst.flush()
        self._listening = False
        self._close_code = code
        self._inbox.drop()
        self._end()
        if self.paused:
            self._resume_reading()  # for the client's answer
        if self._outbox is None:
            self._say_goodbye()
            return
        if self._timer is None:  # a client that does not read has as long for the rest
            self._timer = self._loop.call_later(_CLOSE_TIMEOUT, self.cut)
        self._outbox.close()
        self._flush()

    async def finish(self, code: int | None = None) -> None:
        """Close, and wait until the socket is gone. For the task that reads."""
        self.close(self._close_code if code is None else code)
        if not self._gone:
            self._parting = self._loop.create_future()
            await self._parting

    def cut(self) -> None:
        """End it at once, whatever the client has got by now."""
        if self._outbox is not None:
            self._outbox.discard()
        self._transport.abort()

    def _say_goodbye(self) -> None:
        if self._goodbye or self._gone:
            return
        self._goodbye = True
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(_CLOSE_TIMEOUT, self.cut)
        self._wire.send_close(WSCloseCode(self._close_code))
        if self._peer_closed:
            self._transport.close()

    # For `upgrade.py`

    def attach(self, transport: asyncio.Transport) -> None:
        """Take the transport, before the first byte of a frame."""
        transport.set_write_buffer_limits(high=_WRITE_BUFFER)
        self._transport = transport

    def give_up(self) -> None:
        """End what can no longer be read: the client was told by a close frame."""
        self._end()
        if self._timer is None:
            self._timer = self._loop.call_later(_CLOSE_TIMEOUT, self.cut)
