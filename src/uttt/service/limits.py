"""Limits per key, such as an address or a name, on what is costly or gives something away: logins,
so that nobody can guess passwords by trying, analyses, and questions to the JSON API.
"""

import math
from typing import Final

from uttt.domain.limits import TokenBucket
from uttt.service.clock import Clock

_FORGET_ABOVE: Final = 10_000


class RateLimit:
    """One token bucket per key. Keys whose bucket is full again are forgotten."""

    def __init__(self, per_minute: int, clock: Clock, *, enabled: bool) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._enabled = enabled
        self._buckets: dict[str, TokenBucket] = {}
        self._forget_above = _FORGET_ABOVE

    @property
    def patience(self) -> int:
        """Seconds after which there is a token again for whoever found none, at the latest."""
        return math.ceil(60 / self._per_minute)

    def take(self, key: str) -> bool:
        """Take a token of this key; return whether there was one."""
        if not self._enabled:
            return True
        now = self._clock()
        bucket = self._buckets.get(key)
        if bucket is None:
            self._forget_full_ones(now)
            bucket = TokenBucket(self._per_minute / 60, self._per_minute, now)
            self._buckets[key] = bucket
        return bucket.take(now)

    def give_back(self, key: str) -> None:
        """Put back a token of this key: what it was taken for does not count after all."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.give_back()

    def _forget_full_ones(self, now: int) -> None:
        if len(self._buckets) < self._forget_above:
            return
        self._buckets = {k: b for k, b in self._buckets.items() if not b.is_full(now)}
        self._forget_above = max(_FORGET_ABOVE, 2 * len(self._buckets))
