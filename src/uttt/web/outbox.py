"""What must wait on its way to one client: bounded, and a newer state of a match replaces an older.

Most messages never come here: they are written to the socket at the end of the turn (`burst.py`).
"""

from collections import OrderedDict
from collections.abc import Iterable
from itertools import count


class Overflow(Exception):
    """The client does not read: more waits for it than it may cost us."""


class Outbox:
    """Messages of one connection in the order in which they are to be sent.

    A key says what a message supersedes: of the messages that still wait, only the newest of a key
    is sent, at the place of the newest. A message without a key supersedes nothing.
    """

    __slots__ = ("_bytes", "_max_bytes", "_numbers", "_waiting", "closed", "held")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        # a dict would look through all that was taken before it finds the next
        self._waiting: OrderedDict[str | int, bytes] = OrderedDict()
        self._bytes = 0
        self._numbers = count()
        self.held = False
        self.closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def push(self, message: bytes, key: str | None = None) -> None:
        """Add a message. Raises Overflow. After `close` it does nothing."""
        if self.closed:
            return
        if key is not None and (older := self._waiting.pop(key, None)) is not None:
            self._bytes -= len(older)
        self._waiting[next(self._numbers) if key is None else key] = message
        self._bytes += len(message)
        if self._bytes > self._max_bytes:
            raise Overflow

    def hold(self) -> None:
        """Let messages wait until `release`."""
        self.held = True

    def release(self, first: Iterable[tuple[str | None, bytes]]) -> None:
        """Let go `first` and then what was held, less what `first` supersedes. Raises Overflow."""
        held, self._waiting, self._bytes = self._waiting, OrderedDict(), 0
        self.held = False
        for key, message in first:
            if key is not None:
                held.pop(key, None)
            self.push(message, key)
        for waiting, message in held.items():
            self.push(message, waiting if isinstance(waiting, str) else None)

    def close(self) -> None:
        """Take nothing more; what is held is dropped."""
        if self.held:
            self.discard()
        self.closed = True
        self.held = False

    def discard(self) -> None:
        """Drop what waits, and take nothing more."""
        self._waiting.clear()
        self._bytes = 0
        self.closed = True

    def take(self) -> bytes | None:
        """Return the next message to send; None if there is none, or none may be sent yet."""
        if self.held or not self._waiting:
            return None
        _, message = self._waiting.popitem(last=False)
        self._bytes -= len(message)
        return message
