"""A bug of ours is told once, answered, and costs no other connection."""

import asyncio
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest
from structlog.testing import capture_logs

from support.sockets import Transport, connected
from uttt.web import connection
from uttt.web.connection import Connection, ConnectionLimits
from uttt.web.websocket import WebSocket
from uttt.wire.entrance import Admission

LIMITS = ConnectionLimits(100, None, 1, 1000, 1, 1)


@pytest.fixture
async def socket() -> tuple[Transport, WebSocket, Any]:
    transport = Transport()
    return transport, *await connected(transport)


async def test_a_bug_at_the_login_closes_by_1011(
    socket: tuple[Transport, WebSocket, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    transport, ours, protocol = socket
    monkeypatch.setattr(connection, "admit", AsyncMock(side_effect=ZeroDivisionError))
    ours._put(b"{}")
    with capture_logs() as logs:
        task = asyncio.create_task(Connection(ours, MagicMock(), MagicMock(), LIMITS).serve())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert [entry["event"] for entry in logs] == ["connection_failed"]
    assert b'"internal"' in transport.written
    assert transport.written.endswith(b"\x88\x02" + (1011).to_bytes(2))
    protocol.connection_lost(None)
    await asyncio.wait_for(task, 1)


async def test_a_bug_in_a_message_is_answered_and_the_connection_stays(
    socket: tuple[Transport, WebSocket, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    transport, ours, protocol = socket
    session = MagicMock()
    session.greeting = AsyncMock(return_value=[])
    session.matches.return_value = {}
    session.receive = AsyncMock(side_effect=[ZeroDivisionError, None])
    admitted = AsyncMock(return_value=Admission(b"welcome", MagicMock()))
    monkeypatch.setattr(connection, "admit", admitted)
    monkeypatch.setattr(connection, "Session", lambda *_: session)
    services, audience = MagicMock(), MagicMock()
    services.attendance.enter = AsyncMock()
    task = asyncio.create_task(Connection(ours, services, audience, LIMITS).serve())
    with capture_logs() as logs:
        for message in (b"login", b"first", b"second"):
            ours._put(message)
            for _ in range(5):
                await asyncio.sleep(0)
    assert [entry["event"] for entry in logs] == ["message_failed"]
    assert transport.written.count(b'"internal"') == 1
    assert [call.args for call in session.receive.await_args_list] == [(b"first",), (b"second",)]
    protocol.connection_lost(None)
    await asyncio.wait_for(task, 1)
    assert services.attendance.leave.call_count == audience.remove.call_count == 1
