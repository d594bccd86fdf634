"""Frames as no decent client sends them, and slow or silent clients (section 1)."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from support.certificates import tls
from support.players import Players
from support.raw import CLOSE, CONTINUATION, PING, PONG, TEXT, Raw, frame, frame_head
from support.server import Server, running

MIB = 1 << 20
BINARY = 0x2
UNKNOWN = b'{"type": "nothing_of_ours", "data": {}}'


@pytest.fixture(scope="module", params=["tcp", "tls"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("server")
    with running(directory, **tls(directory, request.param)) as server:
        yield server


@pytest_asyncio.fixture
async def raw(server: Server) -> AsyncIterator[Raw]:
    raw = await Raw.logged_in(server)
    yield raw
    raw.close()


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_fragments_with_a_ping_between_them(raw: Raw, opcode: int) -> None:
    await raw.send(frame(UNKNOWN[:9], opcode, fin=False) + frame(b"", CONTINUATION, fin=False))
    await raw.send(frame(b"there?", PING))
    assert await raw.frame() == (PONG, b"there?")
    await raw.send(frame(UNKNOWN[9:], CONTINUATION) + frame(UNKNOWN))
    await raw.expect_error(b"unknown_type")
    await raw.expect_error(b"unknown_type")


async def test_a_frame_that_comes_byte_by_byte(raw: Raw) -> None:
    for byte in frame(UNKNOWN):
        await raw.send(bytes([byte]))
        await asyncio.sleep(0.001)
    await raw.expect_error(b"unknown_type")


async def test_what_is_no_text_is_malformed(raw: Raw) -> None:
    await raw.send(frame(b"\xff\xfe{}") + frame(b"") + frame(UNKNOWN))
    await raw.expect_error(b"malformed")
    await raw.expect_error(b"malformed")
    await raw.expect_error(b"unknown_type")


WRONG = {
    "continuation of nothing": frame(UNKNOWN, CONTINUATION),
    "message within a message": frame(b"{", fin=False) + frame(UNKNOWN),
    "first reserved bit": frame(UNKNOWN, bits=0b100),
    "other reserved bits": frame(UNKNOWN, bits=0b011),
    "unknown opcode": frame(UNKNOWN, 0x3),
    "unknown control opcode": frame(b"", 0xB),
    "no mask": b"\x81\x02{}",
    "fragmented ping": frame(b"", PING, fin=False),
    "long ping": frame(b"x" * 126, PING),
    "length with too many bytes": b"\x81\xfe\x00\x02" + bytes(4) + b"{}",
    "close with half a code": frame(b"\x03", CLOSE),
    "close with a code that is none": frame(b"\x00\x05", CLOSE),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_errors_in_the_framing_end_the_connection(raw: Raw, wrong: bytes) -> None:
    await raw.send(wrong)
    await raw.expect_close(1002)
    await raw.send(frame((1002).to_bytes(2), CLOSE))
    assert await raw.until_end() == b""


async def test_messages_before_an_error_are_answered(raw: Raw) -> None:
    await raw.send(frame(UNKNOWN) * 20 + frame(UNKNOWN, bits=0b100) + frame(UNKNOWN))
    for _ in range(20):
        await raw.expect_error(b"unknown_type")
    await raw.expect_close(1002)


async def test_too_large_a_frame_is_refused_while_it_still_comes(raw: Raw) -> None:
    """And the client learns why, although it has not stopped sending."""
    await raw.send(frame_head(8 * MIB))
    try:
        for _ in range(20):
            await raw.send(b"x" * 10_000)
            await asyncio.sleep(0.005)
    except ConnectionError:
        pytest.fail("cut while sending")
    await raw.expect_close(1009)
    assert await raw.until_end() == b""


async def test_fragments_that_never_end(raw: Raw) -> None:
    await raw.send(frame(b"x" * (MIB // 2), fin=False))
    await raw.send(frame(b"x" * (MIB // 2), CONTINUATION, fin=False))
    await raw.send(frame(b"x", CONTINUATION, fin=False))
    await raw.expect_close(1009)
    await raw.send(frame((1009).to_bytes(2), CLOSE))
    assert await raw.until_end() == b""


async def test_messages_before_a_close_are_answered(raw: Raw) -> None:
    await raw.send(frame(UNKNOWN) * 20 + frame((1000).to_bytes(2), CLOSE) + frame(UNKNOWN))
    for _ in range(20):
        await raw.expect_error(b"unknown_type")
    await raw.expect_close(1000)
    assert await raw.until_end() == b""


async def test_a_close_without_a_code(raw: Raw) -> None:
    await raw.send(frame(b"", CLOSE))
    await raw.expect_close(1000)
    assert await raw.until_end() == b""


async def test_who_does_not_answer_our_close_is_cut(raw: Raw) -> None:
    await raw.send(frame(b'{"type": "logout", "data": {}}'))
    await raw.expect_close(1000)
    start = time.monotonic()
    assert await raw.until_end() == b""
    assert 1 < time.monotonic() - start < 5


async def test_two_thousand_messages_in_one_piece(raw: Raw) -> None:
    """More than we read ahead."""
    await raw.send(frame(UNKNOWN) * 2000)
    for _ in range(2000):
        await raw.expect_error(b"unknown_type")


@pytest.mark.parametrize("kind", ["tcp", "tls"])
async def test_who_does_not_read_is_cut_and_others_are_not(tmp_path: Path, kind: str) -> None:
    with running(tmp_path, **tls(tmp_path, kind), UTTT_OUTBOX_SIZE="64KiB") as server:
        players = Players(server)
        ann = await players.guest("ann")
        raw = await Raw.logged_in(server)
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        with suppress(ConnectionError):
            for _ in range(500):
                await raw.send(frame(UNKNOWN) * 200)
                await asyncio.sleep(0.001)
            pytest.fail("not cut")
        await ann.quiet()
        assert "reader_too_slow" in server.text()
        raw.close()
        await players.close()


@pytest.mark.parametrize("kind", ["tcp", "tls"])
async def test_who_reads_late_gets_it_all(tmp_path: Path, kind: str) -> None:
    """What the socket does not take waits, in order."""
    with running(tmp_path, **tls(tmp_path, kind), UTTT_OUTBOX_SIZE="16MiB") as server:
        raw = await Raw.logged_in(server)
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        kinds = [b'{"type": "t%d", "data": {}}' % number for number in range(30_000)]
        for start in range(0, len(kinds), 500):
            await raw.send(b"".join(frame(kind) for kind in kinds[start : start + 500]))
            await asyncio.sleep(0.001)
        raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
        for number in range(len(kinds)):
            _, payload = await raw.frame()
            assert b'"t%d"' % number in payload
        raw.close()


async def test_pings_to_the_silent(tmp_path: Path) -> None:
    """Who answers stays, who does not is cut after half as long again, who talks is not asked."""
    with running(tmp_path, UTTT_PING_INTERVAL="400ms") as server:
        dead, alive, talker = [await Raw.logged_in(server) for _ in range(3)]
        start = time.monotonic()

        async def answer() -> int:
            pings = 0
            while time.monotonic() - start < 2:
                assert await alive.frame() == (PING, b"")
                await alive.send(frame(b"", PONG))
                pings += 1
            return pings

        async def talk() -> None:
            while time.monotonic() - start < 2:
                await talker.send(frame(UNKNOWN))
                await talker.expect_error(b"unknown_type")
                await asyncio.sleep(0.05)

        answering, talking = asyncio.create_task(answer()), asyncio.create_task(talk())
        assert await dead.frame() == (PING, b"")
        assert 0.3 < time.monotonic() - start < 1
        assert await dead.until_end() == b""
        assert 0.5 < time.monotonic() - start < 1.5
        assert 2 <= await answering <= 5
        await talking
        for each in (dead, alive, talker):
            each.close()
