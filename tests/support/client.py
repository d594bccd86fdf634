"""A strict protocol client for tests: it reads one message at a time and accepts no surprise.

Every message received is held against `support.shape`, whatever the test is about.
"""

import asyncio
import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from support import shape
from support.naive import Move
from support.shape import Data

PATIENCE = 10.0
"""Seconds to wait for a message that must come; only a broken server makes a test wait so long."""

markers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What follows a successful login or reconnect, in its order (section 4.3)."""

    response: Data
    elo: Data
    friends: Data | None
    matches: list[Data]


class Client:
    """One connection. `name` and `session` are set by a successful login or reconnect."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.name = ""
        self.session = ""

    @classmethod
    async def open(cls, url: str, **options: Any) -> "Client":
        socket = await connect(
            url, max_size=None, ping_interval=None, compression=None, proxy=None, **options
        )
        return cls(socket)

    async def close(self) -> None:
        await self.socket.close()

    # Sending

    async def send(self, kind: str, **data: object) -> None:
        await self.send_raw(json.dumps({"type": kind, "data": data}))

    async def send_raw(self, message: str | bytes | Iterable[str | bytes]) -> None:
        """Any text or binary message; an iterable goes out in fragments."""
        await self.socket.send(message)

    async def move(self, match_id: str, move: Move) -> None:
        """In the form of the classic client: coordinates are strings."""
        names = ("sub_x", "sub_y", "x", "y")
        await self.send(
            "move", id=match_id, **{n: str(v) for n, v in zip(names, move, strict=True)}
        )

    # Receiving

    async def receive(self) -> Data:
        """The next message, whatever it is."""
        async with asyncio.timeout(PATIENCE):
            raw = await self.socket.recv()
        assert isinstance(raw, str), "the server sends text frames only"
        message = cast("Data", json.loads(raw))
        shape.check(message)
        return message

    async def expect(self, kind: str) -> Data:
        """The data of the very next message, which must be of this type."""
        message = await self.receive()
        assert message["type"] == kind, f"{kind} was expected, this came: {message}"
        data: Data = message["data"]
        return data

    async def expect_error(self, *codes: str, request: str | None = None) -> Data:
        """The next message must be an error with one of these codes, and this request if given."""
        error = await self.expect("error")
        assert error["code"] in codes, error
        if request is not None:
            assert error["request"] == request
        return error

    async def expect_success(self, kind: str) -> Data:
        data = await self.expect(kind)
        assert data["success"], data
        return data

    async def expect_refusal(self, kind: str) -> Data:
        data = await self.expect(kind)
        assert not data["success"], data
        return data

    async def expect_state(self, match_id: str) -> Data:
        """The next message must be an update of this match that has a state."""
        update = await self.expect("match_update")
        assert update["id"] == match_id
        assert update["match_state"] is not None
        return update

    async def expect_gone(self, match_id: str) -> None:
        """The next message must say that this match is gone without a result."""
        update = await self.expect("match_update")
        assert update["id"] == match_id
        assert update["match_state"] is None, update

    async def expect_close(self, code: int = 1000) -> None:
        """The next thing must be the close of the connection by the server."""
        closed = None
        try:
            message = await self.receive()
        except ConnectionClosed as why:
            closed = why.rcvd
        else:
            raise AssertionError(f"a close was expected, this came: {message}")
        assert closed is not None, "the connection was cut without a close frame"
        assert closed.code == code, closed

    async def until_marker(self) -> list[Data]:
        """All messages that come before the answer to a message that only marks this moment.

        Messages of a connection are handled in order, so the marker's answer proves that nothing
        else is still to come from what this client has sent, without waiting for a while.
        """
        marker = f"marker_{next(markers)}"
        await self.send(marker)
        found = []
        while (message := await self.receive())["data"].get("request") != marker:
            found.append(message)
        assert message["data"]["code"] == "unknown_type", message
        return found

    async def quiet(self) -> None:
        """Nothing may have come."""
        found = await self.until_marker()
        assert found == []

    async def states(self) -> list[Data]:
        """What match_states_request brings."""
        await self.send("match_states_request")
        messages = await self.until_marker()
        assert {message["type"] for message in messages} <= {"match_update"}, messages
        return [message["data"] for message in messages]

    # Logging in

    async def greeting(self, kind: str, *, friends: bool = True) -> Greeting:
        response = await self.expect_success(kind)
        elo = await self.expect("elo_update")
        listed = await self.expect("friends_update") if friends else None
        matches = await self.until_marker()
        assert {message["type"] for message in matches} <= {"match_update"}, matches
        return Greeting(response, elo, listed, [message["data"] for message in matches])

    async def login(self, name: str, pw: str) -> Greeting:
        """A login that must succeed, with everything that follows it."""
        await self.send("login", name=name, pw=pw)
        greeting = await self.greeting("login_response")
        assert greeting.response["registered"] is (pw != "")
        assert (greeting.elo["elo"] is None) is (pw == "")
        self.name, self.session = name.lower(), greeting.response["id"]
        return greeting

    async def reconnect(self, session: str, *, account: bool) -> Greeting:
        """A reconnect that must succeed, with everything that follows it."""
        await self.send("reconnect", id=session)
        greeting = await self.greeting("reconnect_response", friends=account)
        assert greeting.response["id"] == session
        assert greeting.response["registered"] is account
        assert (greeting.elo["elo"] is None) is not account
        self.name, self.session = greeting.response["user"], session
        return greeting

    async def refused_login(self, name: object, pw: object) -> Data:
        """A login that must fail and be followed by the close."""
        await self.send("login", name=name, pw=pw)
        response = await self.expect_refusal("login_response")
        await self.expect_close()
        return response

    async def refused_reconnect(self, session: object) -> Data:
        """A reconnect that must fail and be followed by the close."""
        await self.send("reconnect", id=session)
        response = await self.expect_refusal("reconnect_response")
        await self.expect_close()
        return response
