"""What a client has said and nobody has handled yet: one message after the other, in their order.

Most messages never wait here. Sockets, and what messages mean, are the business of others.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

_MOST: Final = 8
"""Messages that may wait before no further one should be read."""
_LARGE: Final = 64 * 1024
"""Bytes of a message behind which none should be read, be it the only one that waits."""


class Inbox:
    """Messages of one connection, for one task.

    `begin`, if there is one, is asked first about each that comes while the task waits: it may
    begin to handle a message without waking the task, which costs more than most messages do, and
    says whether it has. Then the next one waits until `go_on` or `hand_back` is called.
    """

    __slots__ = ("_begun", "_loop", "_waiter", "_waiting", "begin", "is_closed")

    def __init__(self) -> None:
        self.begin: Callable[[bytes], bool] | None = None
        self._loop = asyncio.get_running_loop()
        self._begun = False
        self._waiter: asyncio.Future[bytes | None] | None = None
        self._waiting: deque[bytes] | None = None
        """There only while something waits."""
        self.is_closed = False
        """No further message comes; those that wait are still to be handled."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return self._waiting is None

    def put(self, raw: bytes) -> bool:
        """Hand a message on, or have it wait until those before it are answered; return whether so
        much waits that no further one should be read.
        """
        if not self._begun and (waiter := self._waiter) is not None and not waiter.done():
            self._hand_on(raw)
            return False
        if self.is_closed:
            return False
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(raw)
        return len(self._waiting) >= _MOST or len(raw) > _LARGE

    def receive(self) -> "asyncio.Future[bytes | None]":
        """Return the next message; None when no more come.

        Not a coroutine: that would be one more object to make and to resume for each message.
        """
        future = self._waiter = self._loop.create_future()
        if self._waiting is not None:
            self._wake(self._take(self._waiting))
        elif self.is_closed:
            self._wake(None)
        return future

    def go_on(self) -> None:
        """What was begun is answered."""
        self._begun = False
        if self._waiter is None or self._waiter.done():
            return  # the task has gone
        if self._waiting is not None:
            self._hand_on(self._take(self._waiting))
        elif self.is_closed:
            self._wake(None)

    def hand_back(self, raw: bytes) -> None:
        """What was begun is not answered: the task is to have it."""
        self._begun = False
        self._wake(raw)

    def close(self) -> None:
        """No further message comes. The task hears of it when all that came before is answered."""
        self.is_closed = True
        if not self._begun:
            self._wake(None)

    def drop(self) -> None:
        """Forget what waits."""
        self._waiting = None

    def _take(self, waiting: deque[bytes]) -> bytes:
        raw = waiting.popleft()
        if not waiting:
            self._waiting = None
        return raw

    def _hand_on(self, raw: bytes) -> None:
        self._begun = True
        if self.begin is None or not self.begin(raw):
            self.hand_back(raw)

    def _wake(self, raw: bytes | None) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(raw)
