"""A node on a database server of our own, and a network between them that can be cut.

One node serves all drills of a kind of server: each must leave it as it found it.
"""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

import databases
from support.cut import Network
from support.database_server import KINDS, DatabaseServers
from support.outage import OUTAGE_EVENTS
from support.place import Place
from support.players import Players
from support.server import running


@pytest.fixture(scope="session")
def servers() -> Iterator[DatabaseServers]:
    servers = DatabaseServers()
    yield servers
    servers.close()


@pytest.fixture(scope="session", params=KINDS)
def node(
    request: pytest.FixtureRequest,
    servers: DatabaseServers,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    database = servers.get(request.param)
    url = database.url.set(database="drills")
    databases.execute(database.url, "CREATE DATABASE drills")
    network = Network(database.port)
    through = url.set(port=network.port).render_as_string(hide_password=False)
    with running(
        tmp_path_factory.mktemp("node"), UTTT_DATABASE_URL=through, UTTT_LOG_FORMAT="json"
    ) as server:
        server.expected = OUTAGE_EVENTS
        yield Place(server, url, database, network, Players(server))
    network.close()


@pytest_asyncio.fixture
async def place(node: Place) -> AsyncIterator[Place]:
    assert node.server.get("/readyz") == 200, "the drill before has left it broken"
    place = Place(node.server, node.url, node.database, node.network, Players(node.server))
    yield place
    await place.close()
