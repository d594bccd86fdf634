"""A network between a server and its database that can be cut in several ways.

A TCP proxy in a thread of its own. It knows nothing of what it carries.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from support.server import free_port

HOST = "127.0.0.1"


class Link:
    """One connection through the proxy: `near` is who connected, `far` the database."""

    def __init__(self, near: asyncio.StreamWriter) -> None:
        self.near = near
        self.far: asyncio.StreamWriter | None = None
        self.lost = False
        """Bytes of it were swallowed: it is of no use any more, and nobody is told."""
        self.marked = False
        """The next answer is to be replaced by a cut."""

    def cut(self) -> None:
        """RST to both."""
        for side in (self.near, self.far):
            if side is not None:
                sock: socket.socket = side.get_extra_info("socket")
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                side.transport.abort()


class Network:
    """Listens on `port` and carries all to the port of the database, unless told otherwise."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self._links: set[Link] = set()
        self._silent = False
        self._mute = False
        self._marker: bytes | None = None
        self._last_word: bytes | None = None
        self._delay = 0.0
        self.cuts = 0
        """How many answers were replaced by a cut."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)
        self._thread.start()
        self._listener: asyncio.Server | None = None
        self._do(self._listen())

    # What can happen to it

    def cut(self) -> None:
        """RST on all connections; new ones are carried."""
        self._do(self._cut())

    def refuse(self) -> None:
        """RST on all connections, and nobody listens any more."""
        self._do(self._refuse())

    def silence(self) -> None:
        """Swallow everything in both directions, of old and of new connections."""
        self._silent = True

    def mute(self) -> None:
        """Carry everything to the database and swallow its answers."""
        self._mute = True

    def cut_answers(self, marker: bytes = b"") -> None:
        """Carry everything to the database, and cut whoever has sent the marker as soon as the
        answer arrives, which nobody gets to see.
        """
        self._marker = marker

    def silence_after(self, marker: bytes) -> None:
        """Swallow the marker and all that follows it on its connection."""
        self._last_word = marker

    def delay(self, seconds: float) -> None:
        """Let everything take longer, one way."""
        self._delay = seconds

    def heal(self) -> None:
        """Carry everything; connections of which something was swallowed stay dumb for ever."""
        self._silent = self._mute = False
        self._marker = self._last_word = None
        self._delay = 0.0
        if self._listener is None:
            self._do(self._listen())

    def close(self) -> None:
        self._do(self._refuse())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    # How it is done

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._carry, HOST, self.port)

    async def _cut(self) -> None:
        for link in list(self._links):
            link.cut()

    async def _refuse(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await self._cut()
        while self._links:  # noqa: ASYNC110 - they end soon
            await asyncio.sleep(0.005)

    async def _carry(self, near: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(writer)
        self._links.add(link)
        try:
            if not self._silent:
                far, link.far = await asyncio.open_connection(HOST, self._target)
                await asyncio.gather(
                    self._pump(link, near, link.far, self._may_ask),
                    self._pump(link, far, writer, self._may_answer),
                )
            while await near.read(65536):
                pass
        except OSError:
            pass
        finally:
            self._links.discard(link)
            link.cut()

    async def _pump(
        self,
        link: Link,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        may: Callable[[Link, bytes], bool],
    ) -> None:
        while data := await source.read(65536):
            if self._delay:
                await asyncio.sleep(self._delay)
            if not may(link, data):
                continue
            sink.write(data)
            await sink.drain()
        if not link.lost:
            sink.close()

    def _may_ask(self, link: Link, data: bytes) -> bool:
        is_last = self._last_word is not None and self._last_word in data
        link.lost = link.lost or self._silent or is_last
        link.marked = link.marked or (self._marker is not None and self._marker in data)
        return not link.lost

    def _may_answer(self, link: Link, _data: bytes) -> bool:
        link.lost = link.lost or self._silent or self._mute
        if link.marked:
            self.cuts += 1
            link.cut()
            return False
        return not link.lost
