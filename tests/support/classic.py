"""The old server as far as its database goes: its tables, and what it wrote into them.

Written from its description alone; nothing here knows how we read it.
"""

import asyncio
import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncmy
from sqlalchemy.engine import URL

from databases import execute
from support import naive
from support.naive import Grid, Move

TABLES = (
    """CREATE TABLE users (name VARCHAR(16) PRIMARY KEY, pw_hash VARCHAR(128), pw_salt VARCHAR(32),
       last_seen DATETIME, elo INT) CHARACTER SET utf8mb4""",
    """CREATE TABLE sessions (id VARCHAR(32) PRIMARY KEY, registered_user VARCHAR(16) NULL,
       temp_user VARCHAR(16) NULL, last_seen DATETIME,
       FOREIGN KEY (registered_user) REFERENCES users (name)) CHARACTER SET utf8mb4""",
    """CREATE TABLE friends (user VARCHAR(16), friend VARCHAR(16),
       FOREIGN KEY (user) REFERENCES users (name), FOREIGN KEY (friend) REFERENCES users (name))
       CHARACTER SET utf8mb4""",
    """CREATE TABLE matches (id VARCHAR(32), user_a VARCHAR(16), user_b VARCHAR(16),
       match_state VARCHAR(4096), active_user VARCHAR(16) NULL, last_active DATETIME,
       ranked BOOLEAN) CHARACTER SET utf8mb4""",
)
PASSWORD = "correct horse"
NAMES = ("users", "sessions", "friends", "matches")


def ago(**how_long: float) -> datetime:
    """A time as these tests have the old server write it: in UTC, in whole seconds."""
    return (datetime.now(UTC) - timedelta(**how_long)).replace(microsecond=0, tzinfo=None)


def identity(text: str) -> str:
    """Any 32 hex digits that stand for a text."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def new_state(field: Grid, last: Move | None, turn: int, a: str, b: str) -> dict[str, Any]:
    """The state of a match on this field, where `turn` (0 or 1) is to move."""
    boards = naive.global_field(field)
    winner = naive.owner(boards)
    full = all(board for row in boards for board in row)
    return {
        "complete_field": field,
        "global_field": boards,
        "last_move": last and dict(zip(("sub_x", "sub_y", "x", "y"), last, strict=True)),
        "game_over": bool(winner) or full,
        "is_draw": full and not winner,
        "player_won": (a, b)[winner - 1] if winner else None,
        "active_player": (a, b)[turn],
        "player_a": a,
        "player_b": b,
    }


def state_after(moves: Iterable[Move], a: str = "ann", b: str = "bob") -> dict[str, Any]:
    """The state of a match after these moves."""
    game = naive.Game(moves)
    last = game.moves[-1] if game.moves else None
    return new_state(game.field, last, game.player - 1, a, b)


class ClassicDatabase:
    """A database with the four tables. Each method writes one row; `url` may be wiped."""

    def __init__(self, url: URL) -> None:
        self.url = url
        execute(url, *TABLES)

    def user(
        self, name: str, password: str = PASSWORD, *, elo: int | None = 1000,
        seen: datetime | None = None, **odd: Any,
    ) -> str:  # fmt: skip
        salt = identity(f"salt of {name}")
        hashed = hashlib.sha512((password + salt).encode()).hexdigest()
        row = {"name": name, "pw_hash": hashed, "pw_salt": salt, "last_seen": seen or ago(hours=2),
               "elo": elo}  # fmt: skip
        self.insert("users", **{**row, **odd})
        return name

    def session(
        self, name: str | None, *, temporary: bool = False, seen: datetime | None = None, **odd: Any
    ) -> str:
        """A session of an account, or of a temporary user; returns its id."""
        row = {
            "id": identity(f"session of {name} {temporary} {seen}"),
            "registered_user": None if temporary else name,
            "temp_user": name if temporary else None,
            "last_seen": seen or ago(minutes=10),
        }
        self.insert("sessions", **{**row, **odd})
        session_id: str = {**row, **odd}["id"]
        return session_id

    def friend(self, user: str, friend: str) -> None:
        self.insert("friends", user=user, friend=friend)

    def match(
        self, state: dict[str, Any] | str, *, ranked: int | None = 1, at: datetime | None = None,
        **odd: Any,
    ) -> str:  # fmt: skip
        """A match with this state; returns its id."""
        known = state if isinstance(state, dict) else {}
        text = json.dumps(state) if isinstance(state, dict) else state
        row = {
            "id": identity(text),
            "user_a": known.get("player_a", "ann"),
            "user_b": known.get("player_b", "bob"),
            "match_state": text,
            "active_user": known.get("active_player"),
            "last_active": at or ago(hours=3),
            "ranked": ranked,
        }
        self.insert("matches", **{**row, **odd})
        match_id: str = {**row, **odd}["id"]
        return match_id

    def insert(self, table: str, **row: Any) -> None:
        self.insert_all(table, [row])

    def insert_all(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Insert rows that have the same columns, whatever refers to what."""
        columns, marks = ", ".join(rows[0]), ", ".join(["%s"] * len(rows[0]))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608
        self._run(statement, [tuple(row.values()) for row in rows])

    def change(self, *statements: str) -> None:
        execute(self.url, *statements)

    def set(self, table: str, where: str, **values: object) -> None:
        """Change columns of some rows."""
        changes = ", ".join(f"{column} = '{value}'" for column, value in values.items())
        self.change(f"UPDATE {table} SET {changes} WHERE {where}")  # noqa: S608

    def counts(self) -> dict[str, int]:
        query = " UNION ALL ".join(f"SELECT '{n}', COUNT(*) FROM {n}" for n in NAMES)  # noqa: S608
        return dict(self._run(query))

    def checksums(self) -> list[Any]:
        return self._run("CHECKSUM TABLE " + ", ".join(NAMES))

    def _run(self, statement: str, rows: list[tuple[Any, ...]] | None = None) -> list[Any]:
        with ThreadPoolExecutor(1) as apart:  # the thread of the test may have a loop that runs
            return apart.submit(asyncio.run, _run(self.url, statement, rows)).result()


async def _run(url: URL, statement: str, rows: list[tuple[Any, ...]] | None) -> list[Any]:
    options: dict[str, Any] = {"host": url.host, "user": url.username, "db": url.database}
    if url.password is not None:
        options["password"] = url.password
    if url.port is not None:
        options["port"] = url.port
    connection = await asyncmy.connect(
        autocommit=False, init_command="SET foreign_key_checks=0", charset="utf8mb4", **options
    )
    try:
        async with connection.cursor() as cursor:
            if rows is None:
                await cursor.execute(statement)
            else:
                await cursor.executemany(statement, rows)
            found = list(await cursor.fetchall()) if rows is None else []
        await connection.commit()
        return found
    finally:
        connection.close()
