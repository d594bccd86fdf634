"""Prepared statements do on each database, and fail on each, as SQLAlchemy's own would."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, insert, select, text, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError

from uttt.storage import backends, players
from uttt.storage.prepared import Prepared, PreparedForList
from uttt.storage.tables import players as table
from uttt.storage.tables import rating_counts

OF_IDS = PreparedForList(
    lambda ids: select(table.c.name).where(table.c.id.in_(ids)).order_by(table.c.name)
)
SEEN = PreparedForList(
    lambda ids: update(table).where(table.c.id.in_(ids)).values(seen_at=bindparam("now"))
)
COUNT = Prepared(insert(rating_counts).values(rating=bindparam("rating"), accounts=7))
ROW = {"registered": False, "password_hash": None, "rating": None, "now": 1}
NONSENSE = Prepared(text("SELECT nothing FROM nowhere"))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9])
async def test_lists_of_every_length(database: Any, size: int) -> None:
    """Also those that are filled up to the next power of two: nothing is found or counted twice."""
    names = [f"name{number}" for number in range(size + 1)]
    made = [await database.guest(name) for name in names]
    ids = [player.id for player in made[:size]]
    found = await database.read(lambda c: OF_IDS.rows(c, ids))
    assert [name for (name,) in found] == names[:size]
    assert await database.write(lambda c: SEEN.run(c, ids, now=5)) == size
    seen = [await database.read(lambda c, n=name: players.find(c, n).seen_at) for name in names]
    assert seen.count(5) == size


async def test_several_rows_and_values_that_are_written_in_the_statement(database: Any) -> None:
    def change(connection: Connection) -> list[Any]:
        connection.execute(rating_counts.delete())
        COUNT.run_each(connection, [])
        COUNT.run_each(connection, [{"rating": 1}])
        COUNT.run_each(connection, [{"rating": rating} for rating in (2, 3)])
        found = connection.execute(select(rating_counts).order_by(rating_counts.c.rating)).all()
        connection.execute(rating_counts.delete())
        return [tuple(row) for row in found]

    assert await database.write(change) == [(1, 7), (2, 7), (3, 7)]


async def test_percent_signs(database: Any) -> None:
    """Which are half of a parameter's sign for some libraries."""
    alone = Prepared(text("SELECT 7 % 4, 'a%b'"))
    beside = Prepared(text("SELECT 7 % 4, 'a%b', name FROM players WHERE name LIKE :like"))
    ann = await database.guest("ann")
    assert [tuple(row) for row in await database.look(lambda c: alone.rows(c, {}))] == [(3, "a%b")]
    found = await database.look(lambda c: beside.rows(c, {"like": "a%"}))
    assert [tuple(row) for row in found] == [(3, "a%b", ann.name)]


async def test_a_violation_is_that_of_sqlalchemy_and_undone_alone(database: Any) -> None:
    """The name is taken, and what else is in the transaction goes on."""

    def taken(connection: Connection) -> None:
        players.create(connection, "bob", None, None, 1)
        with pytest.raises(IntegrityError):
            players._INSERT.insert(connection, {**ROW, "name": "bob"})
        raise ValueError

    outcomes = await database.commit(taken, lambda c: players.create(c, "eve", None, None, 1))
    assert isinstance(outcomes[0], ValueError)
    assert await database.read(lambda c: players.find(c, "bob")) is None
    assert await database.read(lambda c: players.find(c, "eve")) is not None


async def test_a_statement_that_cannot_be_run(database: Any) -> None:
    def refused(connection: Connection) -> bool:
        with pytest.raises(DBAPIError) as caught:
            NONSENSE.run(connection, {})
        return caught.value.connection_invalidated

    assert not await database.read(refused)
    assert await database.read(lambda c: c.scalar(select(1))) == 1


async def test_a_table_that_changes_beside_prepared_statements(
    database: Any, prepared: URL
) -> None:
    """As an upgrade does that is safe beside a server: nothing keeps it, and nothing minds."""
    ann = await database.guest("ann")

    async def used() -> None:
        for run in (database.look, database.read, database.write):
            assert (await run(lambda c: players.find(c, "ann"))).player == ann
        assert await database.write(lambda c: SEEN.run(c, [ann.id], now=7)) == 1
        assert await database.look(lambda c: c.scalar(select(table.c.seen_at))) == 7

    def alter(how: str) -> None:
        backends.run(prepared, lambda c: c.execute(text(f"ALTER TABLE players {how}")))

    await used()
    await asyncio.to_thread(alter, "ADD COLUMN more INTEGER")
    try:
        await used()
    finally:
        await asyncio.to_thread(alter, "DROP COLUMN more")
    await used()
