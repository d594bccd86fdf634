"""SQLite: the disk is full, or another program keeps the file locked."""

import asyncio
import contextlib
import resource
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.engine import make_url

from support.board import check_database, finish, gather_boards
from support.outage import OUTAGE_EVENTS, outage
from support.players import Players
from support.server import Server, running

AWAY = 2.7

Scenario = Callable[[Server], Awaitable[Callable[[], object]]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("sqlite"), UTTT_LOG_FORMAT="json") as server:
        server.expected = OUTAGE_EVENTS
        yield server


@pytest_asyncio.fixture
async def players(server: Server) -> AsyncIterator[Players]:
    players = Players(server)
    yield players
    await players.close()


def size(server: Server) -> int:
    """Of the largest of its files."""
    return max(path.stat().st_size for path in server.directory.iterdir())


def file_of(server: Server) -> Path:
    return server.directory / "uttt.db"


async def full(server: Server) -> Callable[[], object]:
    """No file of the process may grow any more."""
    assert server.process is not None
    pid, unlimited = server.process.pid, resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size(server), unlimited))
    return lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))


async def locked(server: Server) -> Callable[[], object]:
    other = sqlite3.connect(file_of(server), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other.close


@pytest.mark.parametrize("scenario", [full, locked])
async def test_it_cannot_be_written(server: Server, players: Players, scenario: Scenario) -> None:
    boards = await gather_boards(players)
    idle = await players.guest("idle")
    await outage(server, boards, lambda: scenario(server), AWAY)
    await finish(boards)
    await idle.quiet()
    check_database(make_url(f"sqlite:///{file_of(server)}"), boards)


async def test_somebody_locks_it_again_and_again(server: Server, players: Players) -> None:
    """For less long than anybody waits: moves take longer, and none is refused."""
    boards = await gather_boards(players)
    with contextlib.closing(sqlite3.connect(file_of(server), isolation_level=None)) as other:
        for _ in range(4):
            other.execute("BEGIN IMMEDIATE")
            attempts = asyncio.gather(*(board.attempt() for board in boards if not board.over))
            await asyncio.sleep(0.4)
            other.execute("ROLLBACK")
            assert all(await attempts)
    await finish(boards)
    check_database(make_url(f"sqlite:///{file_of(server)}"), boards)
