"""Passwords: Argon2id in a few threads of low priority, so that logins never slow down a move."""

import asyncio
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from uttt.domain import classic
from uttt.service.priority import give_way

T = TypeVar("T")

_MOST_WAITING: Final = 200
"""Log-ins that may wait for their turn, a few seconds; more are refused at once."""
_HASHER: Final = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1)
"""19 MiB and two passes: what OWASP's Password Storage Cheat Sheet names first. The library's own
default (RFC 9106, 64 MiB and three passes) takes eight times the processor, so that six log-ins a
second would take a core.
"""


class TooManyAtATime(Exception):
    """So many wait for their turn that whoever comes now would wait for too long."""


class Passwords:
    """Hashes and verifies, a few at a time. Both may raise TooManyAtATime."""

    def __init__(self, threads: int = 1) -> None:
        self._hasher = _HASHER
        self._threads = ThreadPoolExecutor(threads, "uttt-password", initializer=_be_nice)
        self._nobodys_hash = self._hasher.hash(secrets.token_hex(16))
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        return await self._in_turn(self._hasher.hash, password)

    async def verify(self, password: str, stored: str | None) -> str | None:
        """Check a password. Returns None if it is wrong, else the hash to store from now on.

        The returned hash differs from `stored` only when the parameters have changed, or if
        `stored` is a hash of the old server.
        With `stored` None, when there is nothing to check against, the answer is None and takes as
        long as any other, so that time does not tell which names have passwords. (A hash that was
        made with other parameters takes its own time, once.)
        """
        return await self._in_turn(self._verify, password, stored)

    async def _in_turn(self, function: Callable[..., T], *arguments: object) -> T:
        if self._waiting >= _MOST_WAITING:
            raise TooManyAtATime
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, function, *arguments
            )
        finally:
            self._waiting -= 1

    def _verify(self, password: str, stored: str | None) -> str | None:
        if stored is not None and classic.is_classic(stored):
            return self._verify_classic(password, stored)
        try:
            self._hasher.verify(stored or self._nobodys_hash, password)
        except (VerificationError, InvalidHashError):
            return None
        if stored is None:
            return None
        return self._hasher.hash(password) if self._hasher.check_needs_rehash(stored) else stored

    def _verify_classic(self, password: str, stored: str) -> str | None:
        if classic.is_password_of(stored, password):
            return self._hasher.hash(password)
        # the old hash is a fast one: a wrong password must not be known by its quick answer
        return self._verify(password, None)

    def close(self) -> None:
        """Finish what was begun."""
        self._threads.shutdown(cancel_futures=True)


def _be_nice() -> None:
    # on Linux this belongs to the thread, and the threads that Argon2 starts inherit it
    give_way(threading.get_native_id())
