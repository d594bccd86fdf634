"""One server for all tests that need no settings of their own, and players who meet on it.

A module that needs other settings overrides `server`; everything else follows.
"""

from collections.abc import AsyncIterator, Generator, Iterator

import pytest
import pytest_asyncio

from databases import KINDS
from support.players import Players
from support.server import Server, running


@pytest.fixture(scope="session", params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """What is tested on one database is tested on each."""
    return str(request.param)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), database_kind) as server:
        yield server


@pytest_asyncio.fixture
async def players(server: Server) -> AsyncIterator[Players]:
    players = Players(server)
    yield players
    await players.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # noqa: ARG001 - the hook's arguments are given by name
    call: pytest.CallInfo[None],  # noqa: ARG001
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the servers had to say."""
    report = yield
    if report.failed:
        for server in Server.alive:
            report.sections.append((f"log of the server in {server.directory}", server.tail()))
    return report
