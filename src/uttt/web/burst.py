"""What all clients are to be sent in this turn of the event loop, sent at its end, one after the
other.

A batch of the journal has something to tell to a hundred clients. Who is sent something at once
wakes up, reads it and sleeps again before there is something for the next one, and to make a text
and to send it by turns keeps throwing the one's code and data out of the processor's cache for the
other's. So first all texts are made, then all are sent (ADR 22). What messages mean, and when a
client may be sent something, is the business of others.
"""

import asyncio
from collections import deque
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)


class Recipient(Protocol):
    """Whoever is sent something: a socket, or in tests a list."""

    def write(self, message: bytes, key: str | None) -> None:
        """Send a message; of those with the same key only the newest matters."""


class Burst:
    """Messages in the order in which they came, whoever they are for."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Recipient, bytes, str | None]] = deque()

    def add(self, recipient: Recipient, message: bytes, key: str | None) -> None:
        """Have a message sent at the end of the turn, or by the next `flush`."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        self._waiting.append((recipient, message, key))

    def flush(self) -> None:
        """Send all that waits."""
        while self._waiting:
            recipient, message, key = self._waiting.popleft()
            try:
                recipient.write(message, key)
            except Exception:  # a bug, which is to cost nobody else his message
                log.exception("sending_failed")
