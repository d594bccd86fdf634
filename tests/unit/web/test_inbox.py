"""One message after the other, whether it is begun by a callback or wakes the task."""

import asyncio

import pytest

from uttt.web.inbox import Inbox


class Beginner:
    """Begins each message that begins with an m."""

    def __init__(self) -> None:
        self.begun: list[bytes] = []

    def begin(self, raw: bytes) -> bool:
        if raw.startswith(b"m"):
            self.begun.append(raw)
        return raw.startswith(b"m")


@pytest.fixture
async def beginner() -> Beginner:
    return Beginner()


@pytest.fixture
async def inbox(beginner: Beginner) -> Inbox:
    inbox = Inbox()
    inbox.begin = beginner.begin
    return inbox


async def test_a_message_that_is_begun_wakes_nobody(inbox: Inbox, beginner: Beginner) -> None:
    waiting = inbox.receive()
    inbox.put(b"m1")
    assert (beginner.begun, waiting.done()) == ([b"m1"], False)
    inbox.go_on()
    inbox.put(b"other")
    assert await waiting == b"other"


async def test_the_next_one_waits_for_what_was_begun(inbox: Inbox, beginner: Beginner) -> None:
    waiting = inbox.receive()
    for raw in (b"m1", b"m2", b"other", b"m3"):
        inbox.put(raw)
    assert beginner.begun == [b"m1"]
    inbox.go_on()
    assert (beginner.begun, waiting.done()) == ([b"m1", b"m2"], False)
    inbox.go_on()
    assert await waiting == b"other"
    assert beginner.begun == [b"m1", b"m2"], "the task has not come back yet"
    assert await inbox.receive() == b"m3"


async def test_nothing_is_begun_while_the_task_is_at_work(inbox: Inbox, beginner: Beginner) -> None:
    waiting = inbox.receive()
    inbox.put(b"other")
    inbox.put(b"m1")
    assert await waiting == b"other"
    assert beginner.begun == []
    assert await inbox.receive() == b"m1"


async def test_what_is_handed_back_comes_before_all_that_waits(inbox: Inbox) -> None:
    waiting = inbox.receive()
    for raw in (b"m1", b"m2"):
        inbox.put(raw)
    inbox.hand_back(b"m1")
    assert await waiting == b"m1"
    assert await inbox.receive() == b"m2"


async def test_the_end_waits_for_what_was_begun_and_what_came_before_it(
    inbox: Inbox, beginner: Beginner
) -> None:
    waiting = inbox.receive()
    for raw in (b"m1", b"m2"):
        inbox.put(raw)
    inbox.close()
    inbox.put(b"m3")
    for begun in ([b"m1"], [b"m1", b"m2"]):
        assert (beginner.begun, waiting.done()) == (begun, False)
        inbox.go_on()
    assert await waiting is None
    assert await inbox.receive() is None
    assert beginner.begun == [b"m1", b"m2"]


async def test_what_is_dropped_is_never_begun(inbox: Inbox, beginner: Beginner) -> None:
    waiting = inbox.receive()
    for raw in (b"m1", b"m2"):
        inbox.put(raw)
    inbox.drop()
    inbox.close()
    inbox.go_on()
    assert await waiting is None
    assert beginner.begun == [b"m1"]


async def test_nothing_is_begun_for_a_task_that_has_gone(inbox: Inbox, beginner: Beginner) -> None:
    waiting = inbox.receive()
    for raw in (b"m1", b"m2"):
        inbox.put(raw)
    waiting.cancel()
    inbox.go_on()
    inbox.put(b"m3")
    assert beginner.begun == [b"m1"]


async def test_many_that_wait_are_enough(inbox: Inbox) -> None:
    assert [inbox.put(b"m") for _ in range(9)] == 7 * [False] + 2 * [True]
    assert not inbox.is_empty
    for _ in range(9):
        await asyncio.wait_for(inbox.receive(), 1)
    assert inbox.is_empty
