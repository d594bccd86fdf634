"""Places for the databases of tests: files, and databases on the servers that run on this machine.

Where they are: UTTT_TEST_POSTGRESQL and UTTT_TEST_MARIADB, URLs of a user who may create databases.
A server that cannot be reached skips its tests, but under CI fails them.
"""

import asyncio
import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncmy
import asyncpg
import pytest
from sqlalchemy.engine import URL, make_url

SERVERS = {
    "postgresql": make_url(
        os.environ.get("UTTT_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1/postgres")
    ),
    "mariadb": make_url(os.environ.get("UTTT_TEST_MARIADB", "mariadb://root@127.0.0.1/mysql")),
}
KINDS = ("sqlite", *SERVERS)

_numbers = itertools.count(1)


def new_database(kind: str, directory: Path) -> URL:
    """Make an empty database; SQLite's is a file that is made by whoever opens it."""
    if kind == "sqlite":
        return make_url(f"sqlite:///{directory}/uttt.db")
    name = f"uttt_test_{os.getpid()}_{next(_numbers)}"
    execute(SERVERS[kind], f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    return SERVERS[kind].set(database=name)


@contextmanager
def database(kind: str, directory: Path) -> Iterator[URL]:
    """A new, empty database for the block."""
    url = new_database(kind, directory)
    yield url
    drop_database(url)


def drop_database(url: URL) -> None:
    """Take a database away, whoever still uses it."""
    if url.get_backend_name() == "postgresql":
        execute(SERVERS["postgresql"], f"DROP DATABASE {url.database} WITH (FORCE)")
    elif url.get_backend_name() != "sqlite":
        execute(SERVERS["mariadb"], f"DROP DATABASE {url.database}")


def wipe(url: URL) -> None:
    """Take all tables out of a database on a server."""
    if url.get_backend_name() == "postgresql":
        execute(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    else:
        drop_database(url)
        execute(SERVERS["mariadb"], f"CREATE DATABASE {url.database}")


def execute(url: URL, *statements: str) -> None:
    """Run statements, each in a transaction of its own."""
    on_server = _on_postgresql if url.get_backend_name() == "postgresql" else _on_mariadb
    try:
        with ThreadPoolExecutor(1) as apart:  # the thread of the test may have a loop that runs
            apart.submit(asyncio.run, on_server(url, statements)).result()
    except OSError as error:
        _unreachable(url, error)
    except asyncmy.errors.OperationalError as error:
        if error.args[0] != 2003:  # cannot connect
            raise
        _unreachable(url, error)


def _unreachable(url: URL, error: Exception) -> None:
    where = f"{url.get_backend_name()} on {url.host}: {error}"
    if os.environ.get("CI"):
        pytest.fail(f"not reachable, and this is CI: {where}")
    pytest.skip(f"not reachable: {where}")


async def _on_postgresql(url: URL, statements: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _on_mariadb(url: URL, statements: tuple[str, ...]) -> None:
    options: dict[str, Any] = {"host": url.host, "user": url.username, "db": url.database}
    if url.password is not None:
        options["password"] = url.password
    if url.port is not None:
        options["port"] = url.port
    connection = await asyncmy.connect(autocommit=True, **options)
    try:
        async with connection.cursor() as cursor:
            for statement in statements:
                await cursor.execute(statement)
    finally:
        connection.close()


class Places:
    """One database per server for a whole test session, emptied between tests."""

    def __init__(self) -> None:
        self._urls: dict[str, URL] = {}
        self._with_tables: set[str] = set()

    def empty(self, kind: str, directory: Path) -> URL:
        """A database without tables."""
        if kind == "sqlite":
            return new_database(kind, directory)
        self._with_tables.discard(kind)
        if kind in self._urls:
            wipe(self._urls[kind])
        else:
            self._urls[kind] = new_database(kind, directory)
        return self._urls[kind]

    def with_tables(self, kind: str, directory: Path, prepare: Callable[[URL], object]) -> URL:
        """A database with tables, which are empty."""
        if kind not in self._with_tables:
            url = self.empty(kind, directory)
            prepare(url)
            if kind != "sqlite":
                self._with_tables.add(kind)
            return url
        url = self._urls[kind]
        # all other rows belong to players
        execute(url, "DELETE FROM players", "DELETE FROM rating_counts", "DELETE FROM nodes")
        return url

    def close(self) -> None:
        for url in self._urls.values():
            drop_database(url)
