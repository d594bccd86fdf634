"""What waits for the journal to write it, and what of it is taken together into one transaction.

Nothing is written here, and nobody is answered.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

from uttt.storage.database import PATIENCE
from uttt.storage.work import Change, Entry, Newcomer, NewMatch, Work

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
_GATHERING_OF_MATCHES: Final = 0.03
"""The same for new matches."""
_ENOUGH: Final = 8
"""So many wait for no more."""
Settle = Callable[[Any], None]
"""Is called with what came of some work: what it returned, or the exception that it raised."""
Waiting = tuple[Work, Settle, float]
"""What is to be written, how who waits for it hears of it, and since when (of `perf_counter`)."""


class Gathering:
    """Work of a kind of which a few pieces written together cost little more than one: what comes
    right after some was taken waits for more of it, unless it is `enough`.
    """

    def __init__(self, wake: asyncio.Event, seconds: float) -> None:
        """`wake` is set when there is something to be taken, `seconds` after some was taken at the
        latest.
        """
        self._wake = wake
        self._seconds = seconds
        self._waiting: list[Waiting] = []
        self._gathers = False  # since some was taken a moment ago
        self._hurries = False
        self._closing = False

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_ready(self) -> bool:
        """Whether it waits for no more."""
        gathers = self._gathers and not self._hurries and not self._closing
        return len(self._waiting) >= (_ENOUGH if gathers else 1)

    def add(self, waiting: Waiting, *, at_once: bool = False) -> None:
        """Let something wait; `at_once`: and with it what has gathered, for no more."""
        self._waiting.append(waiting)
        self._hurries = self._hurries or at_once
        if self.is_ready:
            self._wake.set()

    def close(self) -> None:
        """Have nothing wait for more any more."""
        self._closing = True

    def take(self, most: int) -> list[Waiting]:
        """Take out what is ready, those first that came first."""
        if not self.is_ready:
            return []
        taken = self._waiting[:most]
        del self._waiting[:most]
        self._hurries = self._hurries and bool(self._waiting)
        if not self._gathers:
            self._gathers = True
            asyncio.get_running_loop().call_later(self._seconds, self._end)
        return taken

    def take_all(self) -> list[Waiting]:
        """Take out all."""
        waiting, self._waiting, self._hurries = self._waiting, [], False
        return waiting

    def _end(self) -> None:
        self._gathers = False
        if self._waiting:
            self._wake.set()


class Lane:
    """Work that waits to be written: events of matches, matches that begin, newcomers, and all
    else. Each kind has an order of its own, that in which it came, less what is handed over from
    another lane; in a batch they follow each other.
    """

    def __init__(
        self,
        name: str,
        *,
        max_changes: int = 1,
        max_gathered: int = 1,
        patience: float = PATIENCE,
        rounds: int = _ROUNDS,
    ) -> None:
        """`max_changes` and `max_gathered`: in one batch, the former with the latter among them.
        New matches have their places first, then newcomers, and there is room for one of each kind
        in any case.
        """
        self.name = name
        self.wake = asyncio.Event()
        self.patience = patience
        self.rounds = rounds
        self.closing = False
        self._max_changes = max_changes
        self._max_gathered = max_gathered
        self._entries: list[Waiting] = []
        self._changes: list[Waiting] = []
        self._newcomers = Gathering(self.wake, _GATHERING)
        self._matches = Gathering(self.wake, _GATHERING_OF_MATCHES)

    def __len__(self) -> int:
        gathered = len(self._newcomers) + len(self._matches)
        return len(self._entries) + len(self._changes) + gathered

    def add_entry(self, entry: Entry, settle: Settle) -> None:
        """Let an event wait."""
        self._entries.append((entry, settle, perf_counter()))
        self.wake.set()

    def add_change(self, change: Change, settle: Settle) -> None:
        """Let a change wait."""
        self._changes.append((change, settle, perf_counter()))
        self.wake.set()

    def add_changes(self, waiting: list[Waiting]) -> None:
        """Let those wait here, before all others, who have waited elsewhere."""
        self._changes[:0] = waiting
        self.wake.set()

    def add_newcomer(self, newcomer: Newcomer, settle: Settle) -> None:
        """Let a newcomer wait."""
        self._newcomers.add((newcomer, settle, perf_counter()))

    def add_match(self, match: NewMatch, settle: Settle, *, at_once: bool) -> None:
        """Let a new match wait; `at_once`: for no other one."""
        self._matches.add((match, settle, perf_counter()), at_once=at_once)

    def take(self) -> tuple[list[Waiting], float]:
        """Take a batch out, and have `wake` say whether there is more; return with the batch the
        seconds that are left for it, for who has waited for the one before it has less patience.
        """
        entries = self._entries[:MAX_BATCH]
        matches = self._matches.take(self._max_gathered)
        newcomers = self._newcomers.take(max(1, self._max_gathered - len(matches)))
        changes = self._changes[: max(1, self._max_changes - len(newcomers) - len(matches))]
        del self._entries[:MAX_BATCH], self._changes[: len(changes)]
        if not (self._entries or self._changes or self._gathered() or self.closing):
            self.wake.clear()
        now = perf_counter()
        first = entries[:1] + matches[:1] + newcomers[:1] + changes
        oldest = min((since for _, _, since in first), default=now)
        batch = entries + matches + newcomers + changes
        return batch, max(self.patience - (now - oldest), _LEAST_PATIENCE)

    def take_all(self) -> list[Waiting]:
        """Take all out."""
        waiting = self._entries + self._changes
        self._entries, self._changes = [], []
        return waiting + self._matches.take_all() + self._newcomers.take_all()

    def close(self) -> None:
        """Have what waits taken soon: gather nothing any more."""
        self.closing = True
        self._matches.close()
        self._newcomers.close()
        self.wake.set()

    def _gathered(self) -> bool:
        return self._matches.is_ready or self._newcomers.is_ready
