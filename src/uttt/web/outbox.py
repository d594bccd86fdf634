"""What is on its way to one client: bounded, and a newer state of a match replaces an older one."""

import asyncio
from collections.abc import Iterable
from itertools import count


class Overflow(Exception):
    """The client does not read: more waits for it than it may cost us."""


class Outbox:
    """Messages of one connection in the order in which they are to be sent.

    A key says what a message supersedes: of the messages that still wait, only the newest of a key
    is sent, at the place of the newest. A message without a key supersedes nothing.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._waiting: dict[str | int, bytes] = {}
        self._bytes = 0
        self._numbers = count()
        self._held = False
        self._closed = False
        self._wake = asyncio.Event()

    def push(self, message: bytes, key: str | None = None) -> None:
        """Add a message. Raises Overflow. After `close` it does nothing."""
        if self._closed:
            return
        if key is not None and (older := self._waiting.pop(key, None)) is not None:
            self._bytes -= len(older)
        self._waiting[next(self._numbers) if key is None else key] = message
        self._bytes += len(message)
        if self._bytes > self._max_bytes:
            raise Overflow
        if not self._held:
            self._wake.set()

    def hold(self) -> None:
        """Let messages wait until `release`."""
        self._held = True

    def release(self, first: Iterable[tuple[str | None, bytes]]) -> None:
        """Send `first` and then what has waited, less what `first` supersedes. Raises Overflow."""
        held, self._waiting, self._bytes = self._waiting, {}, 0
        self._held = False
        for key, message in first:
            if key is not None:
                held.pop(key, None)
            self.push(message, key)
        for waiting, message in held.items():
            self.push(message, waiting if isinstance(waiting, str) else None)
        self._wake.set()

    def close(self) -> None:
        """Let `take` end after what waits; what is held is dropped."""
        if self._held:
            self._waiting.clear()
            self._bytes = 0
        self._closed = True
        self._held = False
        self._wake.set()

    def discard(self) -> None:
        """Drop what waits, and `close`."""
        self._waiting.clear()
        self._bytes = 0
        self.close()

    async def take(self) -> bytes | None:
        """Wait for the next message to send; None when the outbox is closed and empty."""
        while self._held or not self._waiting:
            if self._closed:
                return None
            self._wake.clear()
            await self._wake.wait()
        key = next(iter(self._waiting))
        message = self._waiting.pop(key)
        self._bytes -= len(message)
        return message
