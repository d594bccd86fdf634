"""What the one thread that writes to a SQLite file writes.

A statement gives up the interpreter's lock and has to take it again while the event loop wants it,
too, so everything here is about few statements: moves that end nothing are one, which is a
transaction by itself.
"""

import sqlite3
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection

from uttt.storage import changes, endings
from uttt.storage.failures import Behind
from uttt.storage.sqlite_threads import driver_of, transaction
from uttt.storage.work import Entry, Work

BEGIN: Final = "BEGIN IMMEDIATE"
"""How a transaction that writes begins: it waits for others now, not at its first write."""


def write(connection: Connection, batch: Sequence[Work]) -> list[Any]:
    """Write a batch in one transaction; see `Database.commit`. If it raises, the connection is of
    no use any more.
    """
    entries = [piece for piece in batch if isinstance(piece, Entry)]
    ends_nothing = all(entry.event.outcome is None for entry in entries)
    if len(entries) == len(batch) and ends_nothing and _insert_all(connection, entries):
        return [None] * len(entries)
    with transaction(connection, BEGIN):
        appended = iter(_append(connection, entries) if entries else ())
        others = [piece for piece in batch if not isinstance(piece, Entry)]
        changed = iter(changes.apply(connection, others))
        return [next(appended if isinstance(piece, Entry) else changed) for piece in batch]


def _append(connection: Connection, entries: Sequence[Entry]) -> list[Behind | None]:
    """Insert the rows of events and what their endings bring; Behind for those whose ply was
    taken.
    """
    if _insert_all(connection, entries):
        outcomes: list[Behind | None] = [None] * len(entries)
    else:
        driver = driver_of(connection)
        outcomes = [None if _insert_one(driver, entry) else Behind() for entry in entries]
    ended = [
        entry
        for entry, outcome in zip(entries, outcomes, strict=True)
        if outcome is None and entry.event.outcome is not None
    ]
    if ended:
        endings.finish(connection, ended, endings.lock_rated(connection, ended))
    return outcomes


def _insert_all(connection: Connection, entries: Sequence[Entry]) -> bool:
    """Insert the rows of events with one statement, unless something is in the way of one of them:
    then none.
    """
    values = [value for entry in entries for value in entry.row]
    try:
        driver_of(connection).execute(_insertion(len(entries)), values)
    except sqlite3.IntegrityError:
        return False
    return True


def _insert_one(driver: sqlite3.Connection, entry: Entry) -> bool:
    try:
        driver.execute(_insertion(1), entry.row)
    except sqlite3.IntegrityError:
        return False  # its ply is taken, or the match itself is gone
    return True


@cache
def _insertion(rows: int) -> str:
    values = ", ".join(["(?, ?, ?, ?)"] * rows)
    return f"INSERT INTO moves (match_id, ply, move, at) VALUES {values}"  # noqa: S608
