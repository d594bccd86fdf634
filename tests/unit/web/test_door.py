"""The door: who gets a connection after its first request, and with which bytes."""

import asyncio
from typing import Any

import pytest
from aiohttp.http import RawRequestMessage

from support.raw import head
from support.sockets import Transport
from uttt.web.door import Door, Doors

PAGE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Http(asyncio.Protocol):
    """In place of aiohttp's side."""

    def __init__(self) -> None:
        self.received = b""
        self.transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data


class House:
    """A door with what is behind it."""

    def __init__(self, *, takes: bool) -> None:
        self.transport: Any = Transport()
        self.http = Http()
        self.taken: list[tuple[str, bytes]] = []
        self._takes = takes
        self.doors = Doors(self._take, lambda: self.http, 0.05)
        self.door: Door = self.doors.open()
        self.door.connection_made(self.transport)

    def _take(self, transport: Any, request: RawRequestMessage, rest: bytes) -> bool:
        assert transport is self.transport
        self.taken.append((request.path, rest))
        return self._takes

    def is_forgotten(self) -> bool:
        """The door waits for nothing any more, and holds nothing that is large."""
        return not self.doors.waiting and not hasattr(self.door, "_parser")


async def test_an_upgrade_is_taken_with_what_came_behind_it() -> None:
    house = House(takes=True)
    whole = head()
    house.door.data_received(whole[:50])
    assert house.taken == []
    house.door.data_received(whole[50:] + b"frames")
    assert house.taken == [("/", b"frames")]
    assert house.http.transport is None
    assert house.is_forgotten()


async def test_what_is_not_taken_goes_on_as_it_came() -> None:
    house = House(takes=False)
    whole = head() + b"frames"
    house.door.data_received(whole[:50])
    house.door.data_received(whole[50:])
    assert len(house.taken) == 1
    assert house.http.received == whole
    assert house.http.transport is house.transport
    assert "set_protocol" in house.transport.calls
    assert house.is_forgotten()


@pytest.mark.parametrize(
    "data",
    [PAGE, PAGE + head(), b"hello\r\n\r\n", head(Content_Length="3") + b"abc", b"GET /\0"],
    ids=["page", "page first", "no HTTP", "body", "bad byte"],
)
async def test_all_else_goes_on_without_a_question(data: bytes) -> None:
    house = House(takes=True)
    house.door.data_received(data)
    assert house.taken == []
    assert house.http.received == data
    await asyncio.sleep(0.1)
    assert house.is_forgotten()


async def test_who_is_silent_is_cut() -> None:
    house = House(takes=True)
    house.door.data_received(PAGE[:-1])
    await asyncio.sleep(0.1)
    assert "abort" in house.transport.calls
    assert not house.doors.waiting


async def test_who_has_been_heard_is_not_cut() -> None:
    house = House(takes=True)
    house.door.data_received(head())
    await asyncio.sleep(0.1)
    assert "abort" not in house.transport.calls


@pytest.mark.parametrize(
    ("opening", "more"),
    [(b"", b"\r\n"), (b"GET ", b" "), (b"GET / HTTP/1.1\r\nHost: ", b" ")],
    ids=["empty lines", "spaces before the path", "spaces before a value"],
)
async def test_what_never_becomes_a_request_is_not_kept(opening: bytes, more: bytes) -> None:
    house = House(takes=True)
    house.door.data_received(opening)
    for _ in range(8):
        if "abort" not in house.transport.calls:
            house.door.data_received(more * 10_000)
    house.door.data_received(more * 60_000)
    assert "abort" in house.transport.calls
    assert house.http.received == b""
    assert not house.doors.waiting


async def test_what_is_no_http_is_cut_if_nobody_else_says_so() -> None:
    """A line may be too long in pieces, and not as a whole."""
    house = House(takes=True)
    house.door.data_received(PAGE[:-2] + b"Before: b\r\nX")
    house.door.data_received(b": " + b"a" * 8190)
    assert house.http.received
    await asyncio.sleep(0.1)
    assert "abort" in house.transport.calls
    assert house.is_forgotten()


async def test_who_leaves_is_not_waited_for() -> None:
    house = House(takes=True)
    house.door.connection_lost(None)
    assert not house.doors.waiting
    await asyncio.sleep(0.1)
    assert "abort" not in house.transport.calls


async def test_closing_cuts_all_who_wait() -> None:
    house = House(takes=True)
    house.doors.close()
    assert "abort" in house.transport.calls
    assert not house.doors.waiting


async def test_who_comes_after_the_close_is_cut() -> None:
    """His handshake was under way."""
    house = House(takes=True)
    late = house.doors.open()
    house.doors.close()
    del house.transport.calls[:]
    late.connection_made(house.transport)
    assert house.transport.calls == ["abort"]
    assert not house.doors.waiting
