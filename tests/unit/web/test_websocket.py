"""What is sent at once and what waits, how messages get to the task, the end."""

import asyncio
import gc
import weakref
from typing import Any

import pytest

from support.sockets import MASK, Transport, connected
from uttt.web import inbox, upgrade, websocket
from uttt.web.websocket import GOING_AWAY, WebSocket

TEXT, PING, CLOSE = 1, 9, 8


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + MASK + payload


class Line:
    """A socket, what it has written since the last look, and how frames get to it."""

    def __init__(self, transport: Transport, socket: WebSocket, protocol: Any) -> None:
        self.transport, self.socket, self.protocol = transport, socket, protocol
        transport.written.clear()

    def written(self) -> list[bytes]:
        """The frames, once the turn has ended; short ones only. A close is its code."""
        self.socket._burst.flush()
        data, found = bytes(self.transport.written), []
        self.transport.written.clear()
        while data:
            payload, opcode = data[2 : 2 + data[1]], data[0] & 0x0F
            kinds = {TEXT: payload, PING: b"ping", 10: b"pong " + payload}
            found.append(kinds.get(opcode, b"close %d" % int.from_bytes(payload)))
            data = data[2 + data[1] :]
        return found

    def feed(self, *frames: bytes) -> None:
        upgrade._feed(self.protocol, b"".join(frames))

    def called(self, name: str) -> bool:
        return name in self.transport.calls


@pytest.fixture
async def line() -> Line:
    transport = Transport()
    return Line(transport, *await connected(transport))


async def test_while_the_client_does_not_read_newer_states_replace_older(line: Line) -> None:
    line.protocol.pause_writing()
    for message, key in ((b"a1", "a"), (b"elo", None), (b"a2", "a")):
        line.socket.push(message, key)
    assert line.written() == []
    line.protocol.resume_writing()
    assert line.written() == [b"elo", b"a2"]
    line.socket.push(b"a3", "a")
    assert line.written() == [b"a3"]


async def test_who_never_reads_is_cut(line: Line) -> None:
    line.protocol.pause_writing()
    for _ in range(11):
        line.socket.push(b"x" * 100)
    assert line.written() == []
    assert line.called("abort")


async def test_all_of_a_turn_is_written_at_its_end(line: Line) -> None:
    line.socket.push(b"1", "a")
    line.socket.push(b"2", "a")
    assert not line.transport.written
    await asyncio.sleep(0)
    assert line.transport.written.endswith(b"2")
    assert line.written() == [b"1", b"2"]


async def test_what_was_pushed_before_comes_before(line: Line) -> None:
    """Before the greeting and what it holds, what waited for the client to read, and the close."""
    line.socket.push(b"1")
    line.socket.hold()
    line.socket.push(b"3")
    line.socket.release([(None, b"2")])
    line.socket.push(b"4")
    line.protocol.pause_writing()
    line.socket.push(b"5")
    line.protocol.resume_writing()
    line.socket.push(b"6")
    line.socket.close()
    line.socket.push(b"never")
    assert line.written() == [b"1", b"2", b"3", b"4", b"5", b"6", b"close 1000"]


async def test_nothing_comes_before_the_greeting(line: Line) -> None:
    line.socket.hold()
    line.socket.push(b"a old", "a")
    line.socket.push(b"elo")
    assert line.written() == []
    line.socket.release([(None, b"hello"), ("a", b"a new")])
    line.socket.push(b"after")
    assert line.written() == [b"hello", b"a new", b"elo", b"after"]


async def test_a_greeting_to_a_client_that_does_not_read(line: Line) -> None:
    line.socket.hold()
    line.protocol.pause_writing()
    line.socket.release([(None, b"hello")])
    line.protocol.resume_writing()
    assert line.written() == [b"hello"]
    line.socket.push(b"after")
    assert line.written() == [b"after"]


async def test_a_close_during_the_greeting(line: Line) -> None:
    line.socket.hold()
    line.socket.push(b"held")
    line.socket.close()
    line.socket.release([(None, b"hello")])
    assert line.written() == [b"close 1000"]


async def test_the_close_comes_after_what_waits(line: Line) -> None:
    line.protocol.pause_writing()
    line.socket.push(b"1")
    line.socket.close(GOING_AWAY)
    line.socket.push(b"2")
    assert line.written() == []
    line.protocol.resume_writing()
    line.socket.push(b"3")
    line.socket.close()
    assert line.written() == [b"1", b"close 1001"]


async def test_pings_of_a_client_that_does_not_read_cost_nothing(line: Line) -> None:
    line.protocol.pause_writing()
    line.feed(*[frame(b"%d" % number, PING) for number in range(10)])
    assert line.written() == []
    line.protocol.resume_writing()
    assert line.written() == [b"pong 9"]


async def test_messages_wait_for_the_task_in_order_and_the_last_ones_unread(line: Line) -> None:
    line.feed(*[frame(b"%d" % number) for number in range(20)])
    assert line.called("pause_reading")
    line.transport.calls.clear()
    assert [await line.socket.receive() for _ in range(19)] == [b"%d" % n for n in range(19)]
    assert not line.called("resume_reading")
    assert await line.socket.receive() == b"19"
    assert line.called("resume_reading")
    waiting = line.socket.receive()
    assert not waiting.done()
    line.feed(frame(b"a"), frame(b"b"))
    assert await waiting == b"a"
    assert await line.socket.receive() == b"b"


async def test_what_came_before_the_end_is_still_received(line: Line) -> None:
    line.feed(frame(b"1"), frame((1001).to_bytes(2), CLOSE), frame(b"2"))
    assert [await line.socket.receive() for _ in range(3)] == [b"1", None, None]
    line.protocol.connection_lost(None)
    await asyncio.wait_for(line.socket.finish(), 1)


async def test_a_task_that_gave_up_waiting_does_no_harm(line: Line) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(line.socket.receive(), 0.01)
    line.feed(frame(b"1"))
    assert await line.socket.receive() == b"1"


async def test_a_server_that_goes_away_reads_no_more(line: Line) -> None:
    waiting = line.socket.receive()
    line.socket.stop_listening()
    line.feed(frame(b"1"), frame(b"?", PING))
    assert not waiting.done()
    line.socket.push(b"the answer to what was begun")
    line.socket.close(GOING_AWAY)
    assert await waiting is None
    assert line.written() == [b"pong ?", b"the answer to what was begun", b"close 1001"]


async def test_the_end_is_when_the_socket_is_gone(line: Line) -> None:
    ending = asyncio.create_task(line.socket.finish())
    await asyncio.sleep(0)
    assert line.written() == [b"close 1000"]
    line.feed(frame((1000).to_bytes(2), CLOSE))
    await asyncio.sleep(0)
    assert line.called("close")
    assert not ending.done()
    line.protocol.connection_lost(None)
    await asyncio.wait_for(ending, 1)
    line.socket.push(b"nobody hears it")
    line.socket.close()
    assert line.written() == []


async def test_a_closed_socket_leaves_nothing_to_the_garbage_collector() -> None:
    """Ten thousand that come and go would make it stop everything again and again."""
    transport = Transport()
    socket, protocol = await connected(transport)
    line = Line(transport, socket, protocol)
    line.feed(frame(b"hello"))
    assert await socket.receive() == b"hello"
    line.feed(frame((1000).to_bytes(2), CLOSE))
    gone = weakref.ref(socket)
    gc.collect()
    gc.disable()
    try:
        protocol.connection_lost(None)
        del line, socket, protocol, transport
        await asyncio.sleep(0)
        assert gone() is None
    finally:
        gc.enable()


async def test_long_messages_are_written_as_a_copy(line: Line) -> None:
    """picows would have their heads overwritten by the next message, if the socket is full."""
    line.socket.push(b"x" * 10_000)
    line.socket.push(b"y" * 20_000)
    line.socket._burst.flush()
    first, second = (b"\x81\x7e" + size.to_bytes(2) for size in (10_000, 20_000))
    assert bytes(line.transport.written) == first + b"x" * 10_000 + second + b"y" * 20_000


async def test_behind_a_large_message_nothing_is_read(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "_LARGE", 50)
    line.feed(frame(b"x" * 50))
    assert not line.called("pause_reading")
    line.feed(frame(b"x" * 51))
    assert line.called("pause_reading")
    assert [await line.socket.receive() for _ in range(2)] == [b"x" * 50, b"x" * 51]
    assert line.called("resume_reading")


async def test_who_does_not_read_cannot_keep_a_closed_socket(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "_CLOSE_TIMEOUT", 0.01)
    line.protocol.pause_writing()
    line.socket.push(b"never read")
    line.socket.close(GOING_AWAY)
    await asyncio.sleep(0.05)
    assert line.called("abort")
    assert line.written() == []
