"""The token bucket, with a clock that is passed in."""

from hypothesis import given
from hypothesis import strategies as st

from uttt.domain.limits import TokenBucket


def test_the_burst_is_there_at_once_and_no_more() -> None:
    bucket = TokenBucket(per_second=1, burst=3, now=0)
    assert [bucket.take(0) for _ in range(5)] == [True, True, True, False, False]


def test_tokens_come_back_at_the_rate() -> None:
    bucket = TokenBucket(per_second=4, burst=2, now=0)
    assert [bucket.take(0), bucket.take(0), bucket.take(0)] == [True, True, False]
    assert not bucket.take(249)
    assert bucket.take(250)
    assert not bucket.take(250)
    assert [bucket.take(10_000) for _ in range(3)] == [True, True, False]


def test_looking_takes_nothing() -> None:
    bucket = TokenBucket(per_second=1, burst=1, now=0)
    assert bucket.is_full(0)
    assert bucket.take(0)
    for now in (0, 1, 500, 999):
        assert not bucket.is_full(now)
    assert bucket.is_full(1000)
    assert bucket.take(1000)


def test_giving_back_never_makes_more_than_the_burst() -> None:
    bucket = TokenBucket(per_second=1, burst=1, now=0)
    bucket.give_back()
    assert bucket.take(0)
    assert not bucket.take(0)
    bucket.give_back()
    assert bucket.take(0)


def test_a_refused_request_costs_nothing() -> None:
    bucket = TokenBucket(per_second=1, burst=1, now=0)
    bucket.take(0)
    for now in range(0, 1000, 10):
        assert not bucket.take(now)
    assert bucket.take(1000)


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    bucket = TokenBucket(per_second=1, burst=1, now=1_000_000)
    assert bucket.take(1_000_000)
    assert not bucket.take(0)
    assert bucket.take(1000)


@given(st.integers(1, 50), st.integers(1, 20), st.lists(st.integers(0, 3000), max_size=80))
def test_never_more_than_burst_and_rate_allow(rate: int, burst: int, steps: list[int]) -> None:
    bucket, now, taken = TokenBucket(rate, burst, 0), 0, 0
    for step in steps:
        now += step
        allowed = bucket.take(now)
        taken += allowed
        assert taken <= burst + rate * now / 1000 + 1e-6
