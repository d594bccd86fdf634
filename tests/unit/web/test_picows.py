"""What we lean on inside of picows, and is written nowhere: a new version may change it."""

import asyncio
from importlib.metadata import version
from typing import Any, cast

import pytest
from picows import WSFrame, WSMsgType, WSUpgradeResponse, picows

from support.sockets import MASK, Transport, connected
from uttt.web import upgrade


def test_the_version_is_one_that_was_looked_at() -> None:
    assert version("picows").startswith("2.3.")


async def test_the_arguments_of_the_protocol() -> None:
    """Each in its place: the listener is called, frames above the limit are refused."""
    transport = Transport()
    socket, protocol = await connected(transport)
    assert transport.written.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"Server: uttt\r\n" in transport.written
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in transport.written
    assert protocol.listener is socket
    assert not protocol.transport.is_client_side
    upgrade._feed(protocol, b"\x81\x82" + MASK + b"{}")
    assert await socket.receive() == b"{}"
    del transport.written[:]
    upgrade._feed(protocol, b"\x89\x81" + MASK + b"?")
    assert transport.written == b"\x8a\x01?"
    del transport.written[:]
    socket.push(b"[]")
    await asyncio.sleep(0)
    assert transport.written == b"\x81\x02[]"
    upgrade._feed(protocol, b"\x81\xfe" + (1001).to_bytes(2) + MASK)
    assert b"\x03\xf1" in transport.written, "1009"


async def test_the_close_of_picows_comes_to_us() -> None:
    transport = Transport()
    _, protocol = await connected(transport)
    upgrade._feed(protocol, b"\x83\x80" + MASK)
    await asyncio.sleep(0.05)
    assert "set_protocol" in transport.calls
    assert "close" not in transport.calls


async def test_nothing_is_kept_of_the_request() -> None:
    _, first = await connected(Transport())
    _, second = await connected(Transport())
    assert not first.transport.request.headers
    assert first.transport.response is second.transport.response


def test_kinds_of_frames_are_members() -> None:
    """They are compared by identity, which is faster."""
    frame: WSFrame = cast("Any", picows)._make_test_ws_frame(WSMsgType.TEXT, b"", True, False)
    assert frame.msg_type is WSMsgType.TEXT


def test_a_response_can_be_sent_again() -> None:
    assert isinstance(upgrade._ACCEPTED, WSUpgradeResponse)
    assert bytes(upgrade._ACCEPTED.to_bytes()) == bytes(upgrade._ACCEPTED.to_bytes())


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_faults_of_clients_are_not_told(level: str, capfd: pytest.CaptureFixture[str]) -> None:
    getattr(upgrade._Log(), level)("broken %s", "client")
    assert capfd.readouterr() == ("", "")
