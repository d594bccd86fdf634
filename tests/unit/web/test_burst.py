"""All of one turn at its end, in order; one who fails costs the others nothing."""

import asyncio
from collections.abc import Callable

from structlog.testing import capture_logs

from uttt.web.burst import Burst


class Reader:
    """Notes what all readers are sent, with whose it is."""

    def __init__(self, sent: list[tuple[str, bytes]], name: str) -> None:
        self.sent, self.name = sent, name
        self.then: Callable[[], None] = lambda: None

    def write(self, message: bytes, key: str | None) -> None:
        assert key == "key"
        self.sent.append((self.name, message))
        self.then()


def fail() -> None:
    raise ZeroDivisionError


async def test_all_of_a_turn_is_sent_in_order_at_its_end() -> None:
    burst, sent = Burst(), []
    ann, bob = Reader(sent, "ann"), Reader(sent, "bob")
    for turn in (b"1", b"2"):
        for reader in (ann, bob, ann):
            burst.add(reader, turn, "key")
        assert sent == []
        await asyncio.sleep(0)
        assert sent == [("ann", turn), ("bob", turn), ("ann", turn)]
        sent.clear()


async def test_what_is_flushed_is_not_sent_again() -> None:
    burst, sent = Burst(), []
    ann = Reader(sent, "ann")
    burst.add(ann, b"1", "key")
    burst.flush()
    assert sent == [("ann", b"1")]
    burst.add(ann, b"2", "key")
    await asyncio.sleep(0)
    assert sent == [("ann", b"1"), ("ann", b"2")]


async def test_what_is_added_meanwhile_comes_after_what_waits() -> None:
    burst, sent = Burst(), []
    ann, bob = Reader(sent, "ann"), Reader(sent, "bob")

    def answer() -> None:
        ann.then = lambda: None
        burst.add(ann, b"2", "key")
        burst.flush()

    ann.then = answer
    burst.add(ann, b"1", "key")
    burst.add(bob, b"1", "key")
    await asyncio.sleep(0)
    assert sent == [("ann", b"1"), ("bob", b"1"), ("ann", b"2")]


async def test_who_fails_costs_the_others_nothing() -> None:
    burst, sent = Burst(), []
    ann, bob = Reader(sent, "ann"), Reader(sent, "bob")
    ann.then = fail
    for reader in (ann, bob):
        burst.add(reader, b"1", "key")
    with capture_logs() as logs:
        await asyncio.sleep(0)
    assert sent == [("ann", b"1"), ("bob", b"1")]
    assert [entry["event"] for entry in logs] == ["sending_failed"]
    burst.add(bob, b"2", "key")
    await asyncio.sleep(0)
    assert sent[-1] == ("bob", b"2")
