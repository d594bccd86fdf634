"""Fills the tables of a database with people and games that could have been."""

import hashlib
import random
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from argon2 import PasswordHasher
from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.engine import URL

from uttt.rules.position import Position, legal_moves, play, start
from uttt.storage import backends, standings
from uttt.storage.tables import friends, matches, metadata, moves, players, seats, sessions

PASSWORD: Final = "correct horse"  # noqa: S105 - nobody's
_TEMPLATES: Final = 200
_PLIES: Final = 50
"""Moves of each match. Random games are longer now and then; these are cut off there."""
_OPEN: Final = 500
"""Matches that go on, whatever the size: what was played long ago does not change how many."""
_CHUNK: Final = 20_000
_FRIENDS: Final = 2


class Size(NamedTuple):
    """How much is in the tables."""

    accounts: int
    moves: int

    def __str__(self) -> str:
        return f"{self.accounts:,} accounts, {self.moves:,} moves"


def name_of(number: int) -> str:
    """The name of an account."""
    return f"player{number:07}"


def token_of(name: str) -> str:
    """The session id of an account."""
    return hashlib.sha256(name.encode()).hexdigest()


def clear(url: URL) -> None:
    """Take away all tables of a database."""

    def drop(connection: Connection) -> None:
        metadata.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))

    if url.get_backend_name() == "sqlite":
        for suffix in ("", "-wal", "-shm"):
            Path(f"{url.database}{suffix}").unlink(missing_ok=True)
    else:
        backends.run(url, drop)


def fill(url: URL, size: Size) -> None:
    """Fill empty tables. All of it is committed in a few large transactions."""
    now = time.time_ns() // 1_000_000
    fill_with(url, size, _matches(size, size.moves // _PLIES, now, random.Random(1)), _PLIES)


def fill_with(url: URL, size: Size, match_rows: Iterator[dict[str, Any]], plies: int) -> None:
    """Fill empty tables with these matches; each has so many moves, at the time of its creation."""
    chance = random.Random(0)
    now = time.time_ns() // 1_000_000
    backends.run(url, lambda c: _insert(c, players, _accounts(size, now, chance)))
    backends.run(url, lambda c: _insert(c, sessions, _sessions(size, now)))
    backends.run(url, lambda c: _insert(c, friends, _friends(size, chance)))
    backends.run(url, lambda c: _insert(c, matches, match_rows))
    backends.run(url, lambda c: _insert(c, seats, _seats(c)))
    backends.run(url, lambda c: _moves(c, plies))
    backends.run(url, standings.recount)
    backends.run(url, lambda c: _renumber(url, c))
    backends.run(url, _analyze)
    _settle(url)


def _renumber(url: URL, connection: Connection) -> None:
    for table in ("players", "sessions", "matches"):
        backends.renumber(url, connection, table)


_WITHOUT_CHECKS: Final = {
    "postgresql": "SET LOCAL session_replication_role = replica",
    "mysql": "SET SESSION foreign_key_checks = 0, SESSION unique_checks = 0",
    "sqlite": "PRAGMA cache_size = -500000",
}
"""So that it takes minutes and not an hour; the rows fit all the same."""


def _insert(connection: Connection, table: SqlTable, rows: Iterator[dict[str, Any]]) -> None:
    connection.execute(text(_WITHOUT_CHECKS[connection.dialect.name]))
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            connection.execute(insert(table), chunk)
            chunk = []
    if chunk:
        connection.execute(insert(table), chunk)


def _accounts(size: Size, now: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    hashed = PasswordHasher().hash(PASSWORD)
    for number in range(size.accounts):
        yield {
            "id": number + 1,
            "name": name_of(number),
            "registered": True,
            "password_hash": hashed,
            "rating": round(chance.gauss(1000, 150)),
            "created_at": now,
            "seen_at": now,
        }


def _sessions(size: Size, now: int) -> Iterator[dict[str, Any]]:
    for number in range(size.accounts):
        token = token_of(name_of(number))
        yield {
            "id": number + 1,
            "token_hash": hashlib.sha256(token.encode()).digest(),
            "player_id": number + 1,
            "created_at": now,
            "seen_at": now,
        }


def _friends(size: Size, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(size.accounts):
        for friend in chance.sample(range(size.accounts), _FRIENDS):
            if friend != number:
                yield {"player_id": number + 1, "friend_id": friend + 1}


def _matches(size: Size, count: int, now: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(count):
        a, b = chance.sample(range(1, size.accounts + 1), 2)
        is_open = number < _OPEN
        yield {
            "id": number + 1,
            "public_id": f"{number:032x}",
            "ruleset": "standard",
            "player_a": a,
            "player_b": b,
            "ranked": True,
            "created_at": now,
            "open_pair": f"{number}" if is_open else None,  # unique, which is all it must be
            "idle_since": now if is_open else None,
            "result": None if is_open else "drawn",
            "winner": None,
            "rated": not is_open,
            "ended_at": None if is_open else now,
        }


def _seats(connection: Connection) -> Iterator[dict[str, Any]]:
    found = connection.execute(
        select(matches.c.id, matches.c.player_a, matches.c.player_b).where(
            matches.c.result.is_(None)
        )
    ).all()
    for row in found:
        for player_id in (row.player_a, row.player_b):
            yield {"player_id": player_id, "match_id": row.id}


def _moves(connection: Connection, plies: int) -> None:
    """Give each match the moves of one of a few games, by one statement within the database."""
    connection.execute(text(_WITHOUT_CHECKS[connection.dialect.name]))
    connection.execute(
        text("CREATE TEMPORARY TABLE game (number INTEGER, ply INTEGER, move INTEGER)")
    )
    rows = [
        {"number": number, "ply": ply, "move": move}
        for number in range(_TEMPLATES)
        for ply, move in enumerate(_game(random.Random(number))[:plies])
    ]
    connection.execute(text("INSERT INTO game VALUES (:number, :ply, :move)"), rows)
    connection.execute(text("CREATE INDEX game_number ON game (number, ply)"))
    connection.execute(
        text(
            "INSERT INTO moves (match_id, ply, move, at) "  # noqa: S608 - a constant
            "SELECT m.id, g.ply, g.move, m.created_at FROM matches m "
            f"JOIN game g ON g.number = m.id % {_TEMPLATES} ORDER BY m.id, g.ply"
        )
    )


def _game(chance: random.Random) -> list[int]:
    """Moves of a random game that is not over after them."""
    while True:
        position: Position = start()
        played: list[int] = []
        while len(played) < _PLIES and (possible := legal_moves(position)):
            played.append(chance.choice(possible))
            position = play(position, played[-1])
        if len(played) == _PLIES and position.result is None:
            return played


def _settle(url: URL) -> None:
    """Let SQLite put the log of all this into its file now, not while somebody measures."""
    if url.get_backend_name() == "sqlite":
        driver = sqlite3.connect(str(url.database))
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        driver.close()


def _analyze(connection: Connection) -> None:
    """Let the database learn how its rows are distributed, as it does by itself in time."""
    if connection.dialect.name == "mysql":
        names = ", ".join(metadata.tables)
        connection.execute(text(f"ANALYZE TABLE {names}"))
    else:
        connection.execute(text("ANALYZE"))


def names_of_players(connection: Connection, limit: int) -> list[str]:
    """Names of accounts that have an open match."""
    found = select(players.c.name).where(players.c.id.in_(select(seats.c.player_id)))
    return list(connection.scalars(found.order_by(players.c.id).limit(limit)))


def let_expire(connection: Connection, count: int) -> None:
    """Make some open matches as old as a sweep wants them."""
    open_ = select(matches.c.id).where(matches.c.result.is_(None)).order_by(matches.c.id)
    ids = list(connection.scalars(open_.limit(count)))
    connection.execute(update(moves).where(moves.c.match_id.in_(ids)).values(at=1))
    connection.execute(
        update(matches).where(matches.c.id.in_(ids)).values(idle_since=1, created_at=1)
    )
