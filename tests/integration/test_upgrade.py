"""The way from HTTP into a WebSocket, on TCP and on TLS: which requests lead there."""

import asyncio
import gzip
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


@pytest.mark.parametrize("path", [b"/healthz", b"/api/matches/x/analysis", b"/no/page?of=ours"])
@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
async def test_there_is_one_on_any_path(raw: Raw, path: bytes, *, first: bool) -> None:
    if not first:
        await healthy(raw)
    await raw.send(head().replace(b"GET /", b"GET " + path, 1))
    assert (await raw.response()).startswith(b"HTTP/1.1 101 ")
    await raw.login()


async def test_only_get_leads_there(raw: Raw) -> None:
    await raw.send(head().replace(b"GET", b"POST", 1))
    assert (await raw.response()).startswith(b"HTTP/1.1 405 ")


async def test_an_upgrade_with_a_body(raw: Raw) -> None:
    """Nobody sends one; what counts is that the frames behind it are found."""
    await raw.send(head(Content_Length="5") + b"frame" + frame(LOGIN % b"bodily"))
    assert (await raw.response()).startswith(b"HTTP/1.1 101 ")
    await raw.greeted()


@pytest.mark.parametrize(
    "pieces", [[b"hello\r\n\r\n"], [b"\x16\x03\x01"], [b"GET / HT", b"\0\r\n"]]
)
async def test_what_is_no_http_is_refused(raw: Raw, pieces: list[bytes]) -> None:
    for piece in pieces:
        await raw.send(piece)
        await asyncio.sleep(0.002)
    assert b" 400 " in (await raw.until_end())[:20]


async def test_a_request_in_pieces(raw: Raw) -> None:
    whole = GET.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\nabcde")
    for start in range(0, len(whole), 7):
        await raw.send(whole[start : start + 7])
        await asyncio.sleep(0.002)
    assert (await raw.response()).startswith(b"HTTP/1.1 405 ")


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_a_large_body_in_one_piece(raw: Raw, server: Server, coding: str) -> None:
    """Nothing is made of it before it is known who it is for, least of all is it unpacked."""
    body = b"x" * 250_000 if coding == "identity" else gzip.compress(bytes(100_000_000))
    about = b"Content-Length: %d\r\nContent-Encoding: %s" % (len(body), coding.encode())
    await raw.send(b"POST / HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n" % about + body)
    assert (await raw.response()).startswith(b"HTTP/1.1 405 ")
    other = await Raw.open(server)
    await healthy(other)
    other.close()


async def test_a_body_that_cannot_be_unpacked_is_no_fault_of_ours(raw: Raw, server: Server) -> None:
    about = b"Host: localhost\r\nContent-Encoding: gzip\r\nContent-Length: 5"
    await raw.send(b"POST /api/matches/abc/analysis HTTP/1.1\r\n%s\r\n\r\nhello" % about)
    assert (await raw.response()).startswith(b"HTTP/1.1 4")
    await raw.until_end()
    assert "RequestPayloadError" not in server.text()


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


async def test_a_slow_handshake_is_cut(tmp_path: Path) -> None:
    """The TLS one, before which no request can be read."""
    with running(tmp_path, **tls(tmp_path, "tls"), UTTT_LOGIN_TIMEOUT="500ms") as server:
        raw = Raw(*await asyncio.open_connection("127.0.0.1", server.port))
        start = time.monotonic()
        assert await raw.until_end() == b""
        assert 0.3 < time.monotonic() - start < 3
        raw.close()


async def test_nobody_delays_the_stop_by_silence(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        silent = [await Raw.open(server) for _ in range(3)]
        await silent[0].send(b"GET")
        await healthy(silent[1])
        start = time.monotonic()
        await asyncio.to_thread(server.stop)
        assert time.monotonic() - start < 2
        for raw in silent:
            assert await raw.until_end() == b""
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
