"""Somebody else on the database: a connection of its own, for locks that stay and for KILL."""

from typing import Any

import asyncmy
import asyncpg
from sqlalchemy.engine import URL

FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncmy.errors.MySQLError, OSError)


class Session:
    """Statements one after the other; a transaction begins and ends where they say."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: URL) -> "Session":
        if url.get_backend_name() == "postgresql":
            return cls(await asyncpg.connect(url.render_as_string(hide_password=False)))
        return cls(
            await asyncmy.connect(
                host=url.host, port=url.port or 3306, user=url.username,
                password=url.password or "", db=url.database, autocommit=True,
            )
        )  # fmt: skip

    async def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        if isinstance(self._connection, asyncpg.Connection):
            return [tuple(row) for row in await self._connection.fetch(statement)]
        async with self._connection.cursor() as cursor:
            await cursor.execute(statement)
            return list(await cursor.fetchall()) if cursor.description else []

    def close(self) -> None:
        """Let go of everything at once."""
        if not isinstance(self._connection, asyncpg.Connection):
            self._connection.close()
        elif not self._connection.is_closed():
            self._connection.terminate()


async def kill_all(url: URL) -> None:
    """End all other connections to this database."""
    session = await Session.open(url)
    if url.get_backend_name() == "postgresql":
        await session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    else:
        for (number,) in await session.execute(
            "SELECT id FROM information_schema.processlist "
            "WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        ):
            try:
                await session.execute(f"KILL {number}")
            except asyncmy.errors.OperationalError as error:
                if error.args[0] != 1094:  # it has ended by itself
                    raise
    session.close()
