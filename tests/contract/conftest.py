"""The backends that the contract of the database port is held against.

A backend is a line in `BACKENDS`: where its database is, and how to open it.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Connection, event, func, select
from sqlalchemy.engine import URL

from databases import Places
from uttt.domain.events import Event
from uttt.domain.match import Match, Player
from uttt.rules.rulesets import STANDARD
from uttt.storage import matches, mysql, openings, players, schema
from uttt.storage.backends import open_database
from uttt.storage.server import ServerDatabase
from uttt.storage.tables import players as players_table
from uttt.storage.tables import rating_counts
from uttt.storage.work import Entry, NewMatch

START = 1_900_000_000_000


@dataclass(frozen=True)
class Backend:
    """`kind` is that of `databases.KINDS`; `connect` opens the port on it."""

    kind: str
    connect: Callable[[URL], Any]


def _as_on_mysql(url: URL) -> ServerDatabase:
    """On MariaDB, in the way in which moves and newcomers must be inserted on MySQL, which cannot
    be installed where these tests run.
    """
    dialect = dataclasses.replace(mysql.DIALECT, insert_moves=mysql.insert_one_by_one)
    database = ServerDatabase(url, dialect)
    engine = database._writing._engine.sync_engine

    @event.listens_for(engine, "connect")  # by then SQLAlchemy knows what server it is
    def return_nothing(*_: object) -> None:
        engine.dialect.insert_returning = False

    return database


BACKENDS = {
    "sqlite": Backend("sqlite", open_database),
    "postgresql": Backend("postgresql", open_database),
    "mariadb": Backend("mariadb", open_database),
    "as-on-mysql": Backend("mariadb", _as_on_mysql),
}


@pytest.fixture(scope="session")
def places() -> Iterator[Places]:
    places = Places()
    yield places
    places.close()


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    return BACKENDS[request.param]


@pytest.fixture
def empty(backend: Backend, places: Places, tmp_path: Path) -> URL:
    """The URL of a database without tables."""
    return places.empty(backend.kind, tmp_path)


@pytest.fixture
def prepared(backend: Backend, places: Places, tmp_path: Path) -> URL:
    """The URL of a database whose tables are empty."""
    return places.with_tables(backend.kind, tmp_path, schema.prepare)


class Database:
    """A port under test, with the changes that tests ask for again and again."""

    def __init__(self, port: Any) -> None:
        self.port = port

    async def read(self, query: Callable[[Any], Any]) -> Any:
        return await self.port.read(query)

    async def look(self, query: Callable[[Any], Any]) -> Any:
        return await self.port.look(query)

    async def commit(self, *work: Any) -> list[Any]:
        outcomes: list[Any] = await self.port.commit(list(work))
        return outcomes

    async def write(self, change: Callable[[Any], Any]) -> Any:
        """One change alone; raises what it raised."""
        (outcome,) = await self.commit(change)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def account(self, name: str, *, rating: int = 1000, seen: int = START) -> Player:
        player: Player = await self.write(lambda c: players.create(c, name, "hash", rating, seen))
        return player

    async def guest(self, name: str, *, seen: int = START) -> Player:
        player: Player = await self.write(lambda c: players.create(c, name, None, None, seen))
        return player

    async def match(self, one: Player, two: Player, public_id: str = "m", at: int = START) -> Match:
        return await self.open(NewMatch(public_id, STANDARD, (one, two), at, 5))

    async def open(self, new: NewMatch) -> Match:
        """One match alone; raises why it cannot be made."""
        match: Match = await self.write(lambda c: openings.open_match(c, new))
        return match

    async def append(self, match: Match, *events: Event) -> list[Any]:
        return await self.commit(*(Entry(match.fixture, event, 20) for event in events))

    async def find(self, public_id: str = "m") -> Match | None:
        found: Match | None = await self.read(lambda c: matches.find(c, public_id))
        return found


def _counted(connection: Connection) -> dict[int, int]:
    query = select(rating_counts).where(rating_counts.c.accounts != 0)
    return {row.rating: row.accounts for row in connection.execute(query)}


def _to_be_counted(connection: Connection) -> dict[int, int]:
    ratings = players_table.c.rating
    query = select(ratings, func.count().label("accounts")).where(ratings.is_not(None))
    return {row.rating: row.accounts for row in connection.execute(query.group_by(ratings))}


@pytest_asyncio.fixture
async def two(backend: Backend, prepared: URL) -> AsyncIterator[tuple[Database, Database]]:
    """Two nodes on one database with tables."""
    ports = [backend.connect(prepared) for _ in range(2)]
    yield Database(ports[0]), Database(ports[1])
    counted = await ports[0].read(_counted)
    assert counted == await ports[0].read(_to_be_counted), "rating_counts"
    await asyncio.gather(*(port.close() for port in ports))


@pytest.fixture
def database(two: tuple[Database, Database]) -> Database:
    """One node on a database with tables."""
    return two[0]
