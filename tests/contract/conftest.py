"""The backends that the contract of the database port is held against.

A backend is a line in `BACKENDS`: how to make a place for an empty database, and how to open it.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.engine import URL, make_url

from uttt.domain.events import Event
from uttt.domain.match import Match, Player
from uttt.rules.rulesets import STANDARD
from uttt.storage import matches, players, schema
from uttt.storage.matches import Entry, NewMatch
from uttt.storage.sqlite import SqliteDatabase

START = 1_900_000_000_000


@dataclass(frozen=True)
class Backend:
    """`place` gives the URL of a database without tables; `connect` opens the port on it."""

    place: Callable[[Path], URL]
    connect: Callable[[URL], Any]


BACKENDS = {
    "sqlite": Backend(lambda directory: make_url(f"sqlite:///{directory}/uttt.db"), SqliteDatabase),
}


@pytest.fixture(params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Backend:
    return BACKENDS[request.param]


@pytest.fixture
def empty(backend: Backend, tmp_path: Path) -> URL:
    """The URL of a database without tables."""
    return backend.place(tmp_path)


class Database:
    """A port under test, with the changes that tests ask for again and again."""

    def __init__(self, port: Any) -> None:
        self.port = port

    async def read(self, query: Callable[[Any], Any]) -> Any:
        return await self.port.read(query)

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
        new = NewMatch(public_id, STANDARD, (one, two), at)
        match: Match = await self.write(lambda c: matches.open_match(c, new, 5))
        return match

    async def append(self, match: Match, *events: Event) -> list[Any]:
        return await self.commit(*(Entry(match.fixture, event, 20) for event in events))

    async def find(self, public_id: str = "m") -> Match | None:
        found: Match | None = await self.read(lambda c: matches.find(c, public_id))
        return found


@pytest_asyncio.fixture
async def two(backend: Backend, empty: URL) -> AsyncIterator[tuple[Database, Database]]:
    """Two nodes on one database with tables."""
    schema.prepare(empty)
    ports = [backend.connect(empty) for _ in range(2)]
    yield Database(ports[0]), Database(ports[1])
    for port in ports:
        await port.close()


@pytest.fixture
def database(two: tuple[Database, Database]) -> Database:
    """One node on a database with tables."""
    return two[0]
