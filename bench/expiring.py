"""Fills a database with open matches that nobody has played on for long, for a sweep to find."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import Connection, Update, func, select, update
from sqlalchemy.engine import URL

from bench.filling import Size, clear, fill_with
from uttt.storage import backends, schema
from uttt.storage.tables import matches

_PLIES = 10
"""Moves of each: both have moved, so that each that expires changes two ratings."""
_EACH = 2
"""Matches that an account began; he takes part in twice as many."""
_DAY = 24 * 60 * 60 * 1000
_CHUNK = 5000
_DUE = 1
"""What `idle_since` is for those that a sweep is to look at; before, it is far in the future."""


def fill(url: URL, count: int) -> None:
    """Make so many matches in a new database, of which no sweep knows yet (see `let_begin`)."""
    now = time.time_ns() // 1_000_000
    clear(url)
    schema.prepare(url)
    accounts = max(count // _EACH, 2 * _EACH + 1)
    fill_with(url, Size(accounts, 0), _matches(accounts, count, now), _PLIES)


def let_begin(url: URL, count: int) -> None:
    """Let the next sweep find them, by short transactions, since the server goes on meanwhile."""
    for first in range(1, count + 1, _CHUNK):
        few = matches.c.id.between(first, min(first + _CHUNK - 1, count))
        statement = update(matches).where(few).values(idle_since=_DUE)
        backends.run(url, partial(_execute, statement))


def _execute(statement: Update, connection: Connection) -> None:
    connection.execute(statement)


def left(url: URL) -> int:
    """How many of them the sweep has not ended yet."""
    query = select(func.count()).where(matches.c.idle_since == _DUE)
    return backends.run(url, lambda c: c.scalar(query) or 0, write=False)


def _matches(accounts: int, count: int, now: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        first, distance = number % accounts, number // accounts + 1
        a, b = first + 1, (first + distance) % accounts + 1
        yield {
            "id": number + 1,
            "public_id": f"{number:032x}",
            "ruleset": "standard",
            "player_a": a,
            "player_b": b,
            "ranked": True,
            "created_at": now - 10 * _DAY,
            "open_pair": f"{min(a, b)}-{max(a, b)}",
            "idle_since": now + 1000 * _DAY,
            "result": None,
            "winner": None,
            "rated": False,
            "ended_at": None,
        }
