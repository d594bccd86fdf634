"""The bus of a single node: a notice is handed on at once, in the order in which it was
published.
"""

from collections.abc import Callable

from uttt.bus.notices import Notice


class LocalBus:
    """Hands each notice to each subscriber. Subscribers must neither block nor raise."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[Notice], None]] = []

    def subscribe(self, subscriber: Callable[[Notice], None]) -> None:
        """Have `subscriber` called with every notice from now on."""
        self._subscribers.append(subscriber)

    def publish(self, notice: Notice) -> None:
        """Tell all subscribers. What the notice says must have been committed before."""
        for subscriber in self._subscribers:
            subscriber(notice)
