"""The way from HTTP into a WebSocket, on TCP and on TLS: which requests lead there."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from support.certificates import tls
from support.players import Players
from support.raw import KEY, LOGIN, Raw, frame, head
from support.server import Server, running

UNKNOWN = b'{"type": "nothing_of_ours", "data": {}}'
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module", params=["tcp", "tls"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("server")
    with running(directory, **tls(directory, request.param)) as server:
        yield server


@pytest_asyncio.fixture
async def raw(server: Server) -> AsyncIterator[Raw]:
    raw = await Raw.open(server)
    yield raw
    raw.close()


async def healthy(raw: Raw) -> None:
    await raw.send(GET)
    assert (await raw.response()).startswith(b"HTTP/1.1 200 ")
    assert await raw.reader.readexactly(3) == b"ok\n"


async def test_the_answer(raw: Raw) -> None:
    """The example of RFC 6455, and nothing that was not asked for."""
    response = await raw.upgrade(
        Sec_WebSocket_Extensions="permessage-deflate", Sec_WebSocket_Protocol="chat"
    )
    lines = dict(line.lower().split(b": ") for line in response.split(b"\r\n")[1:-2])
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in response
    assert lines.pop(b"sec-websocket-accept")
    assert lines == {b"upgrade": b"websocket", b"connection": b"upgrade", b"server": b"uttt"}
    await raw.login()


@pytest.mark.parametrize(
    "headers",
    [
        {"Connection": "keep-alive, Upgrade"},
        {"Upgrade": "WebSocket", "Connection": "upgrade"},
        {"Sec_WebSocket_Version": "8"},
        {"Content_Length": "0"},
        {"X_Long": "x" * 7000},
        {"Cookie": "name=\u00e4\u00f6"},
    ],
    ids=str,
)
async def test_good_upgrades(raw: Raw, headers: dict[str, str]) -> None:
    await raw.upgrade(**headers)
    await raw.login()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_WebSocket_Key": ""},
        {"Sec_WebSocket_Key": "short"},
        {"Sec_WebSocket_Key": "dGhlIHNhbXBsZQ=="},
        {"Sec_WebSocket_Key": KEY.replace("=", "!")},
        {"Sec_WebSocket_Version": ""},
        {"Sec_WebSocket_Version": "12"},
        {"Connection": ""},
        {"Connection": "keep-alive"},
    ],
    ids=str,
)
async def test_bad_upgrades(raw: Raw, server: Server, headers: dict[str, str]) -> None:
    await raw.send(head(**headers))
    response = await raw.response()
    assert response.startswith(b"HTTP/1.1 400 ")
    assert b"Server: uttt" in response
    players = Players(server)
    await players.guest()
    await players.close()


async def test_all_in_one_piece(raw: Raw) -> None:
    """Nobody has to wait for the answer to the upgrade."""
    await raw.send(head() + frame(LOGIN % b"hasty") + frame(UNKNOWN) * 3 + frame(UNKNOWN)[:5])
    assert (await raw.response()).startswith(b"HTTP/1.1 101 ")
    await raw.greeted()
    await raw.send(frame(UNKNOWN)[5:])
    for _ in range(4):
        await raw.expect_error(b"unknown_type")


async def test_much_behind_the_upgrade(raw: Raw) -> None:
    large = b'{"type": "nothing_of_ours", "data": "%b"}' % (b"x" * 60_000)
    await raw.send(head() + frame(LOGIN % b"hasty2") + frame(large) + frame(UNKNOWN))
    assert (await raw.response()).startswith(b"HTTP/1.1 101 ")
    await raw.greeted()
    for _ in range(2):
        await raw.expect_error(b"unknown_type")


async def test_a_head_in_pieces(raw: Raw) -> None:
    whole = head()
    for start in range(0, len(whole), 20):
        await raw.send(whole[start : start + 20])
        await asyncio.sleep(0.002)
    assert (await raw.response()).startswith(b"HTTP/1.1 101 ")
    await raw.login()


async def test_an_upgrade_on_a_connection_that_was_kept_alive(raw: Raw) -> None:
    """As it comes from a proxy that uses its connections again."""
    for _ in range(3):
        await healthy(raw)
    await raw.upgrade()
    await raw.login()
    await raw.send(frame(UNKNOWN))
    await raw.expect_error(b"unknown_type")


async def test_requests_and_an_upgrade_in_one_piece(raw: Raw) -> None:
    await raw.send(GET + GET + head() + frame(LOGIN % b"hasty3"))
    for _ in range(2):
        assert (await raw.response()).startswith(b"HTTP/1.1 200 ")
        assert await raw.reader.readexactly(3) == b"ok\n"
    assert (await raw.response()).startswith(b"HTTP/1.1 101 ")
    await raw.greeted()


async def test_who_leaves_at_once_leaves_nothing(server: Server) -> None:
    for rest in (b"", frame(LOGIN % b"gone"), frame(LOGIN % b"gone2")[:9]):
        raw = await Raw.open(server)
        await raw.send(head() + rest)
        raw.close()
    raw = await Raw.open(server)
    await healthy(raw)
    raw.close()


@pytest.mark.parametrize(
    "opening", [b"", b"G", GET[:-2], head()[:-2]], ids=["nothing", "a letter", "GET", "upgrade"]
)
async def test_a_slow_head_is_cut(tmp_path: Path, opening: bytes) -> None:
    with running(tmp_path, UTTT_LOGIN_TIMEOUT="500ms") as server:
        raw = await Raw.open(server)
        start = time.monotonic()
        await raw.send(opening)
        assert await raw.until_end() == b""
        assert 0.3 < time.monotonic() - start < 3
        raw.close()


async def test_a_head_without_end_is_refused(raw: Raw) -> None:
    await raw.send(head()[:-2] + b"X: " + b"x" * 20_000)
    assert b" 400 " in (await raw.until_end())[:20]


async def test_too_many_connections_are_told_before_the_upgrade(tmp_path: Path) -> None:
    settings = {"UTTT_RATE_LIMITS": "on", "UTTT_CONNECTIONS_PER_ADDRESS": "1"}
    with running(tmp_path, **settings, UTTT_TRUSTED_PROXIES="127.0.0.1") as server:
        first, second, third = [await Raw.open(server) for _ in range(3)]
        await first.upgrade(X_Forwarded_For="192.0.2.1")
        await second.send(head(X_Forwarded_For="192.0.2.1"))
        assert (await second.response()).startswith(b"HTTP/1.1 429 ")
        await third.upgrade(X_Forwarded_For="192.0.2.2")
        await third.login()
        first.close()
        await third.send(frame(UNKNOWN))
        await third.expect_error(b"unknown_type")
        second.close()
        second = await Raw.open(server)
        await second.upgrade(X_Forwarded_For="192.0.2.1")
        for each in (second, third):
            each.close()
