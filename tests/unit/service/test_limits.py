"""Limits per key: buckets of their own, switched off, forgotten when full."""

from node import TestClock
from uttt.service.limits import RateLimit


def test_each_key_has_its_own_tokens() -> None:
    limit = RateLimit(2, TestClock(), enabled=True)
    assert [limit.take("a") for _ in range(4)] == [True, True, False, False]
    assert limit.take("b")
    assert limit.take("b")
    assert not limit.take("a")


def test_what_is_given_back_was_never_taken() -> None:
    limit = RateLimit(1, TestClock(), enabled=True)
    for _ in range(5):
        assert limit.take("a")
        limit.give_back("a")
    assert limit.take("a")
    assert not limit.take("a")
    limit.give_back("never seen")
    assert limit.take("never seen")
    assert not limit.take("never seen")


def test_tokens_come_back_within_a_minute() -> None:
    clock = TestClock()
    limit = RateLimit(3, clock, enabled=True)
    for _ in range(3):
        limit.take("a")
    clock.now += 19_999
    assert not limit.take("a")
    clock.now += 1
    assert limit.take("a")
    assert not limit.take("a")
    clock.now += 60_000
    assert [limit.take("a") for _ in range(4)] == [True, True, True, False]


def test_switched_off_it_allows_everything() -> None:
    limit = RateLimit(1, TestClock(), enabled=False)
    assert all(limit.take("a") for _ in range(100))


def test_keys_that_are_full_again_are_forgotten_and_others_are_not() -> None:
    clock = TestClock()
    limit = RateLimit(1, clock, enabled=True)
    for number in range(9_999):
        limit.take(f"old {number}")
    clock.now += 59_000
    limit.take("guesser")
    clock.now += 1_000
    for number in range(3):
        limit.take(f"new {number}")
    assert len(limit._buckets) == 4
    assert not limit.take("guesser")


def test_a_flood_of_keys_does_not_look_at_all_of_them_for_each() -> None:
    """With nothing to forget, looking for what to forget must become rarer."""
    looks = 0

    class Counting(RateLimit):
        def _forget_full_ones(self, now: int) -> None:
            nonlocal looks
            before = self._forget_above
            super()._forget_full_ones(now)
            looks += self._forget_above != before

    limit = Counting(1, TestClock(), enabled=True)
    for number in range(45_000):
        limit.take(str(number))
    assert looks <= 3
    assert not limit.take("0")
