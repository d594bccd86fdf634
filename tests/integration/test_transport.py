"""The WebSocket itself: paths, frames, sizes, order, closing, TLS (section 1)."""

import asyncio
import json
from pathlib import Path

import pytest

from support import games, matches
from support.certificates import tls
from support.client import Client
from support.players import Players, unique
from support.server import Server, running

LIMIT = 65_536
MIB = 1_048_576


@pytest.mark.parametrize(
    "path", ["", "ws", "a/b/c", "?x=1", "website/ultimate_tictactoe/", "%C3%A4", "index.html"]
)
async def test_any_path_is_accepted(server: Server, path: str) -> None:
    client = await Client.open(server.url + path)
    await client.login(unique("tim"), "")
    await client.close()


async def test_origin_is_not_checked_and_no_subprotocol_is_chosen(players: Players) -> None:
    for options in (
        {"origin": "https://elsewhere.example"},
        {"subprotocols": ["chat", "uttt"]},
        {"additional_headers": {"Cookie": "sessionid=1"}},
    ):
        client = await players.connect(**options)
        assert client.socket.subprotocol is None
        await client.login(unique("tim"), "")


async def test_binary_frames_that_hold_json(players: Players) -> None:
    client = await players.connect()
    name = unique("tim")
    await client.send_raw(json.dumps({"type": "login", "data": {"name": name, "pw": ""}}).encode())
    await client.greeting("login_response")
    await client.send_raw(b'{"type": "cancel_match_request", "data": {}}')
    await client.expect_refusal("cancel_match_request_response")


async def test_messages_in_fragments(players: Players) -> None:
    client = await players.connect()
    text = json.dumps({"type": "login", "data": {"name": unique("tim"), "pw": ""}})
    await client.send_raw(list(text))
    await client.greeting("login_response")


async def test_further_members_are_ignored(players: Players) -> None:
    client, bob = await players.connect(), await players.guest("bob")
    data = {"name": unique("tim"), "pw": "", "id": 5, "remember": [True]}
    await client.send_raw(json.dumps({"v": 2, "type": "login", "data": data, "id": None}))
    await client.greeting("login_response")
    message = {"type": "match_request", "data": {"player": bob.name, "clock": 60}, "nonce": "x"}
    await client.send_raw(json.dumps(message))
    match_id = (await client.expect("match_update"))["id"]
    await client.expect_success("match_request_response")
    await client.send("move", id=match_id, sub_x="0", sub_y="0", x="0", y="0", z=9, player="nobody")
    assert (await client.expect_state(match_id))["moves"] == 1


async def test_messages_are_handled_in_order(players: Players) -> None:
    """All are sent before the first answer is read."""
    client, bob = await players.connect(), await players.guest("bob")
    await client.send("login", name=unique("tim"), pw="")
    await client.send("friend_request", user="nobody-here")
    await client.send("match_request", player=bob.name)
    await client.send("match_states_request")
    await client.send("unfriend_request", user="nobody-here")
    await client.send("cancel_match_request")
    await client.send("end_match", id="x")
    await client.send("logout")
    await client.send("match_states_request")
    for kind in (
        *("login_response", "elo_update", "friends_update", "friend_request_response"),
        *("match_update", "match_request_response", "match_update", "unfriend_request_response"),
        *("cancel_match_request_response", "error"),
    ):
        await client.expect(kind)
    await client.expect_close()


async def test_many_moves_in_one_go(players: Players) -> None:
    """A player who sends faster than he reads gets every answer, in order."""
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    for _ in range(300):
        await bob.move(match_id, (0, 0, 0, 0))
    for _ in range(300):
        await bob.expect_error("not_your_turn")
        assert (await bob.expect_state(match_id))["moves"] == 0
    await ann.quiet()


def padded(size: int) -> str:
    """A harmless message of exactly this many bytes."""
    text = '{"type": "cancel_match_request", "data": {"padding": "%s"}}'
    return text % ("x" * (size - len(text) + 2))


@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT])
async def test_messages_up_to_the_limit(players: Players, size: int) -> None:
    client = await players.guest()
    assert len(padded(size)) == size
    await client.send_raw(padded(size))
    await client.expect_refusal("cancel_match_request_response")


@pytest.mark.parametrize("size", [LIMIT + 1, 500_000, MIB])
async def test_messages_above_the_limit_are_refused_and_the_connection_stays(
    players: Players, size: int
) -> None:
    client = await players.guest()
    await client.send_raw(padded(size))
    await client.expect_error("too_large")
    await client.quiet()


async def test_the_limit_counts_bytes(players: Players) -> None:
    client = await players.guest()
    await client.send_raw('{"type": "x", "data": "%s"}' % ("ä" * (LIMIT // 2)))
    await client.expect_error("too_large")


@pytest.mark.parametrize("fragments", [1, 20])
async def test_messages_above_one_mebibyte_close_the_connection(
    players: Players, fragments: int
) -> None:
    client, other = await players.guests("big", "other")
    text = padded(MIB + 20)
    step = -(-len(text) // fragments)
    pieces = [text[start : start + step] for start in range(0, len(text), step)]
    await client.send_raw(pieces if fragments > 1 else text)
    await client.expect_close(1009)
    await other.quiet()


async def test_pings_are_answered(players: Players) -> None:
    client = await players.guest()
    async with asyncio.timeout(5):
        await (await client.socket.ping(b"hello"))


async def test_closing_handshake(players: Players) -> None:
    client = await players.guest()
    await client.socket.close(1001, "going away")
    assert client.socket.close_code in {1000, 1001}
    await players.again(client, account=False)


async def test_connections_that_break_in_every_stage_do_no_harm(
    server: Server, players: Players
) -> None:
    ann = await players.guest("ann")
    for opening in (b"", b"GET / HT", b"\x16\x03\x01", b"\x00" * 500, b"GET / HTTP/1.1\r\n\r\n"):
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(opening)
        await writer.drain()
        writer.transport.abort()
    silent = await players.connect()
    silent.socket.transport.abort()
    logged_in = await players.guest()
    logged_in.socket.transport.abort()
    await ann.quiet()


async def test_plain_http_is_answered(server: Server) -> None:
    assert server.get("/readyz") == 200
    assert 200 <= server.get("/no/such/page") < 500


async def test_whole_game_over_tls(tmp_path: Path) -> None:
    with running(tmp_path, **tls(tmp_path, "tls")) as server:
        assert server.url.startswith("wss:")
        players = Players(server)
        ann, bob = await players.guests("ann", "bob")
        match_id = await matches.start(ann, bob)
        await matches.play_out(ann, bob, match_id, games.WON_BY_B)
        await players.close()
