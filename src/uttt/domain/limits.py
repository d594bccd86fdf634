"""How often something may be done: a token bucket (https://en.wikipedia.org/wiki/Token_bucket)."""


class TokenBucket:
    """Allows `per_second` on average and `burst` at once. Times are in ms."""

    __slots__ = ("_burst", "_per_ms", "_tokens", "_updated_at")

    def __init__(self, per_second: float, burst: float, now: int) -> None:
        self._per_ms = per_second / 1000
        self._burst = float(burst)
        self._tokens = self._burst
        self._updated_at = now

    def take(self, now: int) -> bool:
        """Take one token; return whether there was one."""
        self._fill(now)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def give_back(self) -> None:
        """Put back a token that was taken for nothing."""
        self._tokens = min(self._burst, self._tokens + 1)

    def is_full(self, now: int) -> bool:
        """Whether nothing was taken for so long that the bucket can be forgotten."""
        self._fill(now)
        return self._tokens >= self._burst

    def _fill(self, now: int) -> None:
        passed = max(0, now - self._updated_at)
        self._updated_at = now
        self._tokens = min(self._burst, self._tokens + passed * self._per_ms)
