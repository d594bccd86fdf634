"""Limits that protect the server, each set low enough to be reached (14.3: too_fast; settings)."""

import asyncio
import time
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from support import games, matches
from support.client import Client
from support.players import PASSWORD, Players, unique
from support.server import running

ON = {"UTTT_RATE_LIMITS": "on"}


async def test_a_flood_is_refused_and_the_connection_stays(tmp_path: Path) -> None:
    with running(tmp_path, **ON, UTTT_MESSAGES_PER_SECOND="5", UTTT_MESSAGES_BURST="10") as server:
        players = Players(server)
        ann, bob = await players.guests("ann", "bob")
        await ann.send("match_states_request")
        for _ in range(40):
            await ann.send("cancel_match_request")
        await asyncio.sleep(1.5)
        await ann.send("match_request", player=bob.name)
        answers = []
        while (message := await ann.receive())["type"] != "match_request_response":
            answers.append(message)
        assert message["data"]["success"]
        kinds = [m["data"].get("code", m["type"]) for m in answers]
        assert kinds.count("too_fast") > 0
        assert 1 <= kinds.count("cancel_match_request_response") <= 25
        assert set(kinds) <= {"too_fast", "cancel_match_request_response", "match_update"}
        await bob.expect("match_update")
        await bob.quiet()
        await players.close()


async def test_a_normal_game_is_not_slowed_by_the_default_limits(tmp_path: Path) -> None:
    with running(tmp_path, **ON) as server:
        players = Players(server)
        ann, bob = await players.guests("ann", "bob")
        match_id = await matches.start(ann, bob)
        await matches.play_out(ann, bob, match_id, games.WON_BY_B)
        await players.close()


async def test_guessing_a_password_is_slowed_down(tmp_path: Path) -> None:
    """When the attempts at one name are used up the right password waits too; others do not."""
    with running(tmp_path, **ON, UTTT_LOGINS_PER_MINUTE_PER_NAME="3") as server:
        players = Players(server)
        ann = await players.account("ann")
        for number in range(6):
            client = await players.connect()
            await client.refused_login(ann.name, f"guess {number}")
        client = await players.connect()
        await client.send("login", name=ann.name, pw=PASSWORD)
        message = await client.receive()
        assert message["data"].get("success", False) is False
        await client.expect_close()
        await players.account("bob")
        await players.again(ann, account=True)
        await players.close()


async def test_logins_from_one_address_are_limited(tmp_path: Path) -> None:
    with running(tmp_path, **ON, UTTT_LOGINS_PER_MINUTE_PER_ADDRESS="5") as server:
        players = Players(server)
        answers = []
        for _ in range(10):
            client = await players.connect()
            await client.send("login", name=unique("tim"), pw="")
            message = await client.receive()
            answers.append(message["data"].get("success", False))
        assert answers[:5] == [True] * 5
        assert answers[-1] is False
        await players.close()


async def test_connections_from_one_address_are_limited(tmp_path: Path) -> None:
    with running(tmp_path, **ON, UTTT_CONNECTIONS_PER_ADDRESS="3") as server:
        players = Players(server)
        kept = await players.guests("a", "b", "c")
        with pytest.raises((InvalidHandshake, ConnectionClosed, OSError)):
            await (await players.connect()).receive()
        await kept[0].close()
        for client in kept[1:]:
            await client.quiet()
        await players.guest("d")
        await players.close()


async def test_who_never_logs_in_is_closed(tmp_path: Path) -> None:
    with running(tmp_path, UTTT_LOGIN_TIMEOUT="500ms") as server:
        players = Players(server)
        ann = await players.guest("ann")
        start = time.monotonic()
        silent = await players.connect()
        with pytest.raises(ConnectionClosed):
            await told_until_closed(silent)
        assert 0.3 < time.monotonic() - start < 5
        await ann.quiet()
        await players.close()


async def told_until_closed(client: Client) -> None:
    """An error may come before the close."""
    while (await client.receive())["type"] == "error":
        pass


async def test_number_of_open_matches_can_be_set(tmp_path: Path, database_kind: str) -> None:
    with running(tmp_path, database_kind, UTTT_MAX_OPEN_MATCHES="2") as server:
        players = Players(server)
        ann, bob, cat, dan = await players.guests("ann", "bob", "cat", "dan")
        await matches.fill(ann, [bob, cat])
        await ann.send("match_request", player=dan.name)
        await ann.expect_refusal("match_request_response")
        await dan.send("match_request", player=ann.name)
        await dan.expect_refusal("match_request_response")
        await players.close()


async def test_size_of_messages_can_be_set(tmp_path: Path) -> None:
    with running(tmp_path, UTTT_MESSAGE_SIZE="1000") as server:
        players = Players(server)
        ann = await players.guest("ann")
        await ann.send("match_states_request", padding="x" * 800)
        await ann.quiet()
        await ann.send("match_states_request", padding="x" * 1000)
        await ann.expect_error("too_large")
        await ann.quiet()
        await players.close()


async def test_silent_peers_are_pinged(tmp_path: Path) -> None:
    """A connection whose peer no longer answers is closed, so that its user counts as gone."""
    with running(tmp_path, UTTT_PING_INTERVAL="300ms") as server:
        players = Players(server)
        ann, bob, cat = await players.guests("ann", "bob", "cat")
        await ann.send("match_request", player=None)
        await ann.expect_success("match_request_response")
        ann.socket.transport.pause_reading()
        await asyncio.sleep(2)
        await bob.quiet()
        await cat.send("match_request", player=None)
        await cat.expect_success("match_request_response")
        await cat.quiet()
        ann.socket.transport.abort()
        await players.close()
