"""What waits for the journal to write it, and what of it is taken together into one transaction.

Nothing is written here, and nobody is answered.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

from uttt.storage.database import PATIENCE
from uttt.storage.work import Change, Entry, Newcomer, Work

MAX_BATCH: Final = 256
"""Events in one transaction: more gain nothing and make everybody in it wait."""
_LEAST_PATIENCE: Final = 0.25
_ROUNDS: Final = 2
"""Rounds of the event loop before a batch is taken: one in which messages come in that wait in the
sockets, one in which those of them get here that wake a task. Not a pause: when there is nothing to
do the rounds take no time. When there is, fewer and larger batches cost less.
"""
_GATHERING: Final = 0.01
"""Seconds after a batch with newcomers in which those who follow wait for each other, since each
such batch costs as much as several moves. Who comes when nobody has come just before him does not
wait.
"""
_ENOUGH: Final = 8
"""Newcomers who wait for no more of them."""
Settle = Callable[[Any], None]
"""Is called with what came of some work: what it returned, or the exception that it raised."""
Waiting = tuple[Work, Settle, float]
"""What is to be written, how who waits for it hears of it, and since when (of `perf_counter`)."""


class Lane:
    """Work that waits to be written: events of matches, newcomers, and all else. Each kind has an
    order of its own, that in which it came, less what is urgent; in a batch they follow each other.
    """

    def __init__(
        self,
        name: str,
        *,
        max_changes: int = 1,
        max_newcomers: int = 1,
        patience: float = PATIENCE,
        rounds: int = _ROUNDS,
    ) -> None:
        """`max_changes` and `max_newcomers`: in one batch, the former with the latter among them,
        but for one change, for which there is always room.
        """
        self.name = name
        self.wake = asyncio.Event()
        self.patience = patience
        self.rounds = rounds
        self.closing = False
        self._max_changes = max_changes
        self._max_newcomers = max_newcomers
        self._entries: list[Waiting] = []
        self._changes: list[Waiting] = []
        self._urgent = 0  # of the changes, the first
        self._newcomers: list[Waiting] = []
        self._gathers = False  # newcomers, since some were taken a moment ago

    def __len__(self) -> int:
        return len(self._entries) + len(self._changes) + len(self._newcomers)

    def add_entry(self, entry: Entry, settle: Settle) -> None:
        """Let an event wait."""
        self._entries.append((entry, settle, perf_counter()))
        self.wake.set()

    def add_change(self, change: Change, settle: Settle, *, urgent: bool = False) -> None:
        """Let a change wait: behind what is urgent if it is so itself, else behind all."""
        waiting = change, settle, perf_counter()
        self.wake.set()
        if urgent:
            self._changes.insert(self._urgent, waiting)
            self._urgent += 1
        else:
            self._changes.append(waiting)

    def add_changes(self, waiting: list[Waiting]) -> None:
        """Let those wait here who have waited elsewhere."""
        self._changes += waiting
        self.wake.set()

    def add_newcomer(self, newcomer: Newcomer, settle: Settle) -> None:
        """Let a newcomer wait."""
        self._newcomers.append((newcomer, settle, perf_counter()))
        if self._has_gathered():
            self.wake.set()

    def take(self) -> tuple[list[Waiting], float]:
        """Take a batch out, and have `wake` say whether there is more; return with the batch the
        seconds that are left for it, for who has waited for the one before it has less patience.
        """
        entries = self._entries[:MAX_BATCH]
        newcomers = self._take_newcomers() if self._has_gathered() else []
        changes = self._changes[: max(1, self._max_changes - len(newcomers))]
        del self._entries[:MAX_BATCH], self._changes[: len(changes)]
        self._urgent = max(0, self._urgent - len(changes))
        if not (self._entries or self._changes or self._has_gathered() or self.closing):
            self.wake.clear()
        now = perf_counter()
        first = entries[:1] + newcomers[:1] + changes
        oldest = min((since for _, _, since in first), default=now)
        return entries + newcomers + changes, max(self.patience - (now - oldest), _LEAST_PATIENCE)

    def take_all(self) -> list[Waiting]:
        """Take all out."""
        waiting = self._entries + self._newcomers + self._changes
        self._entries, self._newcomers, self._changes = [], [], []
        self._urgent = 0
        return waiting

    def close(self) -> None:
        """Have what waits taken soon: gather nobody any more."""
        self.closing = True
        self.wake.set()

    def _has_gathered(self) -> bool:
        enough = _ENOUGH if self._gathers and not self.closing else 1
        return len(self._newcomers) >= enough

    def _take_newcomers(self) -> list[Waiting]:
        newcomers = self._newcomers[: self._max_newcomers]
        del self._newcomers[: self._max_newcomers]
        if not self._gathers:
            self._gathers = True
            asyncio.get_running_loop().call_later(_GATHERING, self._end_gathering)
        return newcomers

    def _end_gathering(self) -> None:
        self._gathers = False
        if self._newcomers:
            self.wake.set()
