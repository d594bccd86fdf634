"""What is done with a message: by callbacks, by the task, or refused; and what a bug of ours costs:
it is told once, answered, and costs no other connection.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest
from structlog.testing import capture_logs

from support.sockets import Transport, connected
from uttt.domain.refusals import Code
from uttt.storage.failures import Behind, Unavailable
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
    ours._inbox.put(b"{}")
    with capture_logs() as logs:
        task = asyncio.create_task(Connection(ours, MagicMock(), MagicMock(), LIMITS).serve())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert [entry["event"] for entry in logs] == ["connection_failed"]
    assert b'"internal"' in transport.written
    assert transport.written.endswith(b"\x88\x02" + (1011).to_bytes(2))
    protocol.connection_lost(None)
    await asyncio.wait_for(task, 1)


class Scripted:
    """A session that does what it is told with messages, and a connection that serves it."""

    def __init__(
        self,
        socket: tuple[Transport, WebSocket, Any],
        monkeypatch: pytest.MonkeyPatch,
        limits: ConnectionLimits,
    ) -> None:
        self.transport, self.socket, self.protocol = socket
        self.session = MagicMock()
        self.session.greeting = AsyncMock(return_value=[])
        self.session.matches.return_value = {}
        self.session.receive = AsyncMock()
        self.session.begin.return_value = False
        admitted = AsyncMock(return_value=Admission(b"welcome", MagicMock()))
        monkeypatch.setattr(connection, "admit", admitted)
        monkeypatch.setattr(connection, "Session", lambda *_: self.session)
        self.services, self.audience = MagicMock(), MagicMock()
        self.services.clock.return_value = 0
        self.services.attendance.enter = AsyncMock()
        self.connection = Connection(self.socket, self.services, self.audience, limits)
        self.task = asyncio.create_task(self.connection.serve())

    async def hear(self, *messages: bytes) -> None:
        for message in messages:
            self.socket._inbox.put(message)
            for _ in range(5):
                await asyncio.sleep(0)

    def settle(self, outcome: Exception | None) -> None:
        """Say what came of what was begun last."""
        self.session.begin.call_args.args[1](outcome)

    @property
    def begun(self) -> list[bytes]:
        return [call.args[0] for call in self.session.begin.call_args_list]

    @property
    def received(self) -> list[bytes]:
        return [call.args[0] for call in self.session.receive.await_args_list]

    async def leave(self) -> None:
        self.protocol.connection_lost(None)
        await asyncio.wait_for(self.task, 1)
        assert self.services.attendance.leave.call_count == self.audience.remove.call_count == 1


@pytest.fixture
async def scripted(
    socket: tuple[Transport, WebSocket, Any], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scripted]:
    scripted = Scripted(socket, monkeypatch, LIMITS)
    await scripted.hear(b"login")
    yield scripted
    scripted.task.cancel()


async def test_a_bug_in_a_message_is_answered_and_the_connection_stays(scripted: Scripted) -> None:
    scripted.session.receive.side_effect = [ZeroDivisionError, None]
    with capture_logs() as logs:
        await scripted.hear(b"first", b"second")
    assert [entry["event"] for entry in logs] == ["message_failed"]
    assert scripted.transport.written.count(b'"internal"') == 1
    assert scripted.received == [b"first", b"second"]
    await scripted.leave()


async def test_what_can_be_begun_needs_no_task_and_keeps_the_next_one_waiting(
    scripted: Scripted,
) -> None:
    scripted.session.begin.side_effect = [True, True, False]
    await scripted.hear(b"first", b"second", b"third")
    assert (scripted.begun, scripted.received) == ([b"first"], [])
    assert scripted.connection.busy
    scripted.settle(None)
    assert (scripted.begun, scripted.connection.busy) == ([b"first", b"second"], True)
    scripted.settle(None)
    await asyncio.sleep(0)
    assert scripted.begun == [b"first", b"second", b"third"]
    assert (scripted.received, scripted.connection.busy) == ([b"third"], False)
    await scripted.leave()


async def test_what_came_too_late_goes_to_the_task(scripted: Scripted) -> None:
    scripted.session.begin.return_value = True
    await scripted.hear(b"move")
    scripted.settle(Behind())
    await asyncio.sleep(0)
    assert scripted.received == [b"move"]
    await scripted.leave()


async def test_what_came_too_late_counts_once(
    socket: tuple[Transport, WebSocket, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = replace(LIMITS, messages_per_second=1.0, messages_burst=1)
    scripted = Scripted(socket, monkeypatch, limits)
    scripted.session.begin.return_value = True
    await scripted.hear(b"login", b"move")
    scripted.settle(Behind())
    assert scripted.connection.busy, "the task has it, and is not there yet"
    await asyncio.sleep(0)
    assert (scripted.received, scripted.session.refuse.call_count) == ([b"move"], 0)
    assert not scripted.connection.busy
    await scripted.leave()


async def test_a_bug_in_refusing_is_answered_and_the_connection_stays(scripted: Scripted) -> None:
    scripted.session.begin.return_value = True
    scripted.session.refuse.side_effect = ZeroDivisionError
    await scripted.hear(b"move")
    with capture_logs() as logs:
        scripted.settle(Unavailable("gone"))
    assert [entry["event"] for entry in logs] == ["message_failed"]
    await scripted.hear(b"next")
    assert scripted.begun == [b"move", b"next"]
    scripted.settle(None)
    await scripted.leave()


async def test_what_was_not_stored_is_refused(scripted: Scripted) -> None:
    scripted.session.begin.return_value = True
    await scripted.hear(b"move")
    scripted.settle(Unavailable("gone"))
    ((raw, refused), _) = scripted.session.refuse.call_args
    assert (raw, refused.code) == (b"move", Code.UNAVAILABLE)
    await scripted.hear(b"next")
    assert scripted.begun == [b"move", b"next"]
    scripted.settle(None)
    await scripted.leave()


async def test_a_bug_in_what_was_begun_is_answered_and_the_connection_stays(
    scripted: Scripted,
) -> None:
    scripted.session.begin.return_value = True
    await scripted.hear(b"move")
    with capture_logs() as logs:
        scripted.settle(ZeroDivisionError())
        await asyncio.sleep(0)
    assert [entry["event"] for entry in logs] == ["message_failed"]
    assert scripted.transport.written.count(b'"internal"') == 1
    await scripted.hear(b"next")
    assert scripted.begun == [b"move", b"next"]
    scripted.settle(None)
    await scripted.leave()


async def test_a_bug_before_anything_was_begun_is_met_by_the_task(scripted: Scripted) -> None:
    scripted.session.begin.side_effect = ZeroDivisionError
    scripted.session.receive.side_effect = ZeroDivisionError
    with capture_logs() as logs:
        await scripted.hear(b"move")
    assert [entry["event"] for entry in logs] == ["message_failed"]
    assert scripted.received == [b"move"]
    await scripted.leave()


async def test_who_leaves_is_served_until_what_was_begun_is_settled(scripted: Scripted) -> None:
    scripted.session.begin.return_value = True
    await scripted.hear(b"move")
    scripted.protocol.connection_lost(None)
    await asyncio.sleep(0)
    scripted.services.attendance.leave.assert_not_called()
    scripted.settle(None)
    await asyncio.wait_for(scripted.task, 1)
    scripted.services.attendance.leave.assert_called_once()


async def test_what_is_begun_counts_as_any_message(
    socket: tuple[Transport, WebSocket, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes a token, and only one; what is too large or too soon is refused by the task."""
    limits = replace(LIMITS, messages_per_second=1.0, messages_burst=2)
    scripted = Scripted(socket, monkeypatch, limits)
    await scripted.hear(b"login", b"x" * (LIMITS.message_size + 1))
    assert (scripted.begun, scripted.session.refuse.call_count) == ([], 1)
    scripted.services.clock.return_value = 1000
    await scripted.hear(b"by the task")
    assert scripted.received == [b"by the task"]
    scripted.session.begin.return_value = True
    await scripted.hear(b"begun")
    scripted.settle(None)
    await scripted.hear(b"too soon")
    assert scripted.begun == [b"by the task", b"begun"]
    ((raw, refused), _) = scripted.session.refuse.call_args
    assert (raw, refused.code) == (b"too soon", Code.TOO_FAST)
    await scripted.leave()


async def test_a_connection_that_ended_is_asked_about_nothing_more(
    scripted: Scripted,
) -> None:
    scripted.session.begin.return_value = True
    await scripted.hear(b"move")
    scripted.settle(None)
    await scripted.leave()
    assert scripted.socket._inbox.begin is None
