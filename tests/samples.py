"""Rows for the tables of each revision, as a server of that revision could have left them; and what
a database has.

A new revision gets a sample of its own: see `SAMPLES`.
"""

from typing import Any

from sqlalchemy import Column, Connection, select, text
from sqlalchemy.engine import URL

from node import START
from uttt.storage import backends, schema
from uttt.storage.tables import metadata

Row = dict[str, Any]
Rows = dict[str, list[Row]]


def _player(number: int, name: str, rating: int | None) -> Row:
    hashed = None if rating is None else "plain secret"  # see `node.PlainPasswords`
    return {
        "id": number, "name": name, "registered": rating is not None, "password_hash": hashed,
        "rating": rating, "created_at": START, "seen_at": START + number,
    }  # fmt: skip


def _match(number: int, public_id: str, a: int, b: int, **values: Any) -> Row:
    return {
        "id": number, "public_id": public_id, "ruleset": "standard", "player_a": a, "player_b": b,
        "ranked": True, "created_at": START, "open_pair": f"{a}-{b}", "idle_since": START,
        "result": None, "winner": None, "rated": False, "ended_at": None, **values,
    }  # fmt: skip


_ABANDONED: Row = {"open_pair": None, "idle_since": None, "result": "abandoned"}


def _moves(match_id: int, *moves: int) -> list[Row]:
    return [
        {"match_id": match_id, "ply": ply, "move": move, "at": START + ply}
        for ply, move in enumerate(moves)
    ]


_FIRST: Rows = {
    "players": [
        _player(1, "ann", 990), _player(2, "bob", 1010), _player(5, "carl", 1010),
        _player(7, "tim", None),
    ],
    "friends": [{"player_id": 1, "friend_id": 2}, {"player_id": 2, "friend_id": 1}],
    "matches": [
        _match(1, "open", 1, 2),
        _match(2, "unrated", 1, 7, ranked=False, winner=0, ended_at=START + 1, **_ABANDONED),
        _match(4, "rated", 1, 2, rated=True, winner=1, ended_at=START + 2, **_ABANDONED),
    ],
    "sessions": [
        {"id": number, "token_hash": bytes([number, 0, 255]) + b"x" * 29, "player_id": player,
         "created_at": START, "seen_at": START + 9}
        for number, player in ((3, 1), (6, 7))
    ],
    "moves": [*_moves(1, 40, 36, 4), *_moves(2, 40, -1), *_moves(4, 40, 36, -1)],
    "rating_changes": [
        {"match_id": 4, "player_id": 1, "rating_before": 1000, "rating_after": 990, "at": START},
        {"match_id": 4, "player_id": 2, "rating_before": 1000, "rating_after": 1010, "at": START},
    ],
    "seats": [{"player_id": 1, "match_id": 1}, {"player_id": 2, "match_id": 1}],
}  # fmt: skip

_SECOND_MATCHES: list[Row] = [
    *({**row, "setup": None} for row in _FIRST["matches"]),
    _match(9, "begun", 2, 5, setup="9/9/9/3o5/4x4/9/9/9/9 ......... x 0 d4 standard"),
]

_SECOND: Rows = {
    **_FIRST,
    "matches": _SECOND_MATCHES,
    "rating_counts": [{"rating": 990, "accounts": 1}, {"rating": 1010, "accounts": 2}],
    "nodes": [
        {"id": "silent", "version": "0.1.0", "revision": "0002", "address": "gone:5556",
         "started_at": START, "seen_at": 1}
    ],
}  # fmt: skip

_THIRD: Rows = {
    **_SECOND,
    "analyses": [
        {"match_id": 4, "engine": "uttt 0.2.0", "made_at": START + 3, "content": '{"moves":[]}'}
    ],
}

SAMPLES: dict[str, Rows] = {"0001": _FIRST, "0002": _SECOND, "0003": _THIRD}
"""By revision, for every table that it has."""


def create(url: URL, revision: str) -> None:
    """Make the tables of a revision, with its sample in them."""

    def fill(connection: Connection) -> None:
        schema.create(connection, revision)
        tables = schema.tables_at(revision)
        assert {*SAMPLES[revision]} == {*tables.tables} - {"alembic_version"}, "incomplete"
        for table in tables.sorted_tables:
            for row in SAMPLES[revision].get(table.name, ()):
                assert {*row} == {*table.columns.keys()}, table.name
                values = ", ".join(f":{name}" for name in row)
                statement = f"INSERT INTO {table.name} ({', '.join(row)}) VALUES ({values})"  # noqa: S608
                connection.execute(text(statement), row)

    backends.create(url)
    backends.run(url, fill)
    for name in ("players", "matches", "sessions"):
        backends.run(url, lambda c, name=name: backends.renumber(url, c, name))


def upgraded(revision: str) -> Rows:
    """What the sample of a revision is to be at the newest one."""
    rows = {
        table.name: [
            {column.name: row.get(column.name, _default(column)) for column in table.columns}
            for row in SAMPLES[revision].get(table.name, ())
        ]
        for table in metadata.sorted_tables
    }
    return {**rows, "rating_counts": _SECOND["rating_counts"]}


def _default(column: Column[Any]) -> Any:
    """What a column has that came later."""
    return None if column.server_default is None else column.server_default.arg  # type: ignore[attr-defined]


def stored(url: URL) -> Rows:
    """All rows of all tables of the newest revision, in the order of their keys."""

    def read(connection: Connection) -> Rows:
        return {
            table.name: [
                dict(row._mapping)
                for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }

    return backends.run(url, read, write=False)
