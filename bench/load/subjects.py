"""What is measured: the two bare servers, and ours on each database that can be reached."""

import asyncio
import json
import platform
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from bench.filling import clear
from bench.load.report import console
from bench.load.server import GENERATOR_CORE, SERVER_CORE, Failed, Running, Subject, running

URLS = (
    "sqlite:///load.db",
    "postgresql://postgres@127.0.0.1/uttt_bench",
    "mariadb://root@127.0.0.1/uttt_bench",
)
_MOST_SHOWN = 8
_DRIVERS = {"postgresql": "postgresql+asyncpg", "mariadb": "mariadb+asyncmy"}
_ALWAYS_THERE = {"postgresql": "postgres", "mariadb": None}


def bare() -> list[Subject]:
    """The limit, and the one that reads and writes messages for real."""
    command = (sys.executable, "-m", "bench.load.limit", "{port}")
    environment = {"PYTHONPATH": str(Path.cwd())}
    return [
        Subject("limit", command, environment),
        Subject("bare", (*command, "--real"), environment),
    ]


def ours(url: str, **settings: str) -> Subject:
    """`uttt serve` on a database, with no limits on what clients do."""
    environment = {
        "UTTT_DATABASE_URL": url,
        "UTTT_RATE_LIMITS": "off",
        "UTTT_HOST": "127.0.0.1",
        "UTTT_LOG_LEVEL": "warning",
        **settings,
    }
    name = make_url(url).get_backend_name()
    return Subject(name, (str(Path(sys.executable).parent / "uttt"), "serve"), environment)


def url_of(subject: Subject) -> URL | None:
    """The database of a subject; none if it is a bare server."""
    url = subject.environment.get("UTTT_DATABASE_URL")
    return None if url is None else make_url(url)


def has_server(subject: Subject) -> bool:
    """Whether its database is a server, whose CPU counts by itself."""
    url = url_of(subject)
    return url is not None and url.get_backend_name() != "sqlite"


@contextmanager
def fresh(subject: Subject, *, empty: bool = True) -> Iterator[Running]:
    """The server for the block, on an empty database unless told; its complaints are shown.

    It runs in a new directory, so a relative SQLite URL is a new file.
    """
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        url = url_of(subject)
        if empty and url is not None and has_server(subject):
            clear(url)
        try:
            with running(subject, place) as server:
                yield server
        finally:
            _show_log(subject, place / "server.log")


def _show_log(subject: Subject, path: Path) -> None:
    """Its complaints, those that are often there once."""
    counts = Counter(map(_complaint, path.read_text().splitlines()))
    for event, count in counts.most_common(_MOST_SHOWN):
        console.print(f"{subject.name} logged {count} times: {event}", style="red", markup=False)


def _complaint(line: str) -> str:
    """What a line of the log says, less what is different each time."""
    try:
        entry = json.loads(line)
        event, reason = entry["event"], entry.get("reason", "")
        for raised in entry.get("exception", ()):
            reason = f"{raised['exc_type']}: {raised['exc_value']}"
    except (ValueError, KeyError, TypeError):
        return line
    return f"{event} {reason}".strip()


def version_of(url: URL) -> str:
    """What the database says it is, after its database was made if need be. Raises Failed."""
    backend = url.get_backend_name()
    if backend == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    try:
        return asyncio.run(_version(url.set(drivername=_DRIVERS[backend])))
    except (OSError, DBAPIError) as error:
        raise Failed(f"{backend} cannot be reached: {str(error).splitlines()[0]}") from error


async def _version(url: URL) -> str:
    backend = url.get_backend_name()
    engine = create_async_engine(
        replace_database(url, _ALWAYS_THERE[backend]), isolation_level="AUTOCOMMIT"
    )
    try:
        async with engine.connect() as connection:
            schemas = "pg_database" if backend == "postgresql" else "information_schema.schemata"
            column = "datname" if backend == "postgresql" else "schema_name"
            found = await connection.scalars(text(f"SELECT {column} FROM {schemas}"))  # noqa: S608
            if url.database not in found.all():
                await connection.execute(text(f"CREATE DATABASE {url.database}"))
            version = str(await connection.scalar(text("SELECT version()")))
    finally:
        await engine.dispose()
    return version.partition(" (")[0] if backend == "postgresql" else f"MariaDB {version}"


def replace_database(url: URL, database: str | None) -> URL:
    """The same server, another database."""
    return URL.create(url.drivername, url.username, url.password, url.host, url.port, database)


def machine() -> str:
    """What this is measured on, in a line."""
    cpu = platform.processor() or platform.machine()
    with Path("/proc/cpuinfo").open() as lines:
        models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    with Path("/proc/meminfo").open() as lines:
        memory = int(lines.readline().split()[1]) / 1024 / 1024
    return (
        f"{len(models)} cores ({models[0] if models else cpu}), {memory:.0f} GiB, "
        f"Linux {platform.release()}, Python {platform.python_version()}; "
        f"server on core {SERVER_CORE}, clients on core {GENERATOR_CORE}"
    )


def commit() -> str:
    """The commit that is measured, marked if there are changes."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or "unknown"
