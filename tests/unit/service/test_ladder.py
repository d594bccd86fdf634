"""The top list that is kept: it says what the database would, and is read as rarely as can be."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Connection, update

from node import START, Node, running_node
from uttt.domain.match import Player
from uttt.service.ladder import TOP
from uttt.storage import players, standings
from uttt.storage.failures import Unavailable
from uttt.storage.tables import players as players_table


class Reads:
    """Counts what a node reads, and can be told to fail or to do something first."""

    def __init__(self, node: Node) -> None:
        self.count = 0
        self.first: Callable[[], Any] | None = None
        self.fails = False
        self._look = node.database.look
        node.database.look = self.look  # type: ignore[method-assign, assignment]

    async def look(self, query: Callable[[Connection], Any]) -> Any:
        self.count += 1
        if self.fails:
            raise Unavailable("away")
        first, self.first = self.first, None
        found = await self._look(query)
        if first is not None:
            await first()
        return found


@pytest_asyncio.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    async with running_node(tmp_path) as node:
        yield node


async def accounts(node: Node, count: int) -> list[Player]:
    def make(connection: Connection) -> list[Player]:
        return [
            players.create(connection, f"p-{number}", "hash", 1000 + number, START)
            for number in range(count)
        ]

    return await node.journal.write(make)


async def rate(node: Node, ratings: dict[int, int]) -> None:
    def write(connection: Connection) -> None:
        for id_, rating in ratings.items():
            connection.execute(
                update(players_table).where(players_table.c.id == id_).values(rating=rating)
            )
        standings.recount(connection)

    await node.journal.write(write)


async def truth(node: Node) -> list[tuple[str, int]]:
    return await node.database.read(lambda c: standings.top(c, 1000))


@pytest.mark.parametrize("count", [5, TOP - 1, TOP, TOP + 1, TOP + 20])
async def test_it_is_what_the_database_would_say(node: Node, count: int) -> None:
    everybody = await accounts(node, count)
    chance = Random(count)
    await node.ladder.standing(everybody[0])
    for _ in range(60):
        pair = chance.sample(everybody, 2)
        await rate(node, {player.id: chance.randrange(950, 1150) for player in pair})
        told = await node.ladder.after_rating(pair)
        all_ = await truth(node)
        for player, standing in zip(pair, told, strict=True):
            assert standing.rating == dict(all_)[player.name]
            assert standing.rank == 1 + sum(rating > standing.rating for _, rating in all_)
            # among equals the order, and who is the last of the hundred, are anybody's
            assert [rating for _, rating in standing.top] == [r for _, r in all_[:TOP]]
            assert set(standing.top) <= set(all_)
            assert len(dict(standing.top)) == len(standing.top)


async def test_a_change_that_leaves_nobody_out_is_one_read(node: Node) -> None:
    everybody = await accounts(node, TOP + 5)
    await node.ladder.standing(everybody[0])
    reads = Reads(node)
    await rate(node, {everybody[-1].id: 1300, everybody[-2].id: 1250})
    await node.ladder.after_rating(everybody[-2:])
    assert reads.count == 1
    await node.ladder.standing(everybody[-1])
    assert reads.count == 2, "and the list is still kept"


async def test_who_leaves_it_has_a_successor_who_must_be_read(node: Node) -> None:
    everybody = await accounts(node, TOP + 5)
    await node.ladder.standing(everybody[0])
    await rate(node, {everybody[-1].id: 900})
    reads = Reads(node)
    (standing,) = await node.ladder.after_rating(everybody[-1:])
    assert reads.count == 2
    assert ("p-4", 1004) in standing.top


async def test_two_changes_at_once_have_it_read_anew(node: Node) -> None:
    everybody = await accounts(node, 5)
    await node.ladder.standing(everybody[0])
    await rate(node, {everybody[0].id: 1100})
    reads = Reads(node)

    async def another() -> None:
        await rate(node, {everybody[1].id: 1200})
        node.ladder.note_change()

    reads.first = another
    (standing,) = await node.ladder.after_rating(everybody[:1])
    assert standing.top[:2] == [("p-1", 1200), ("p-0", 1100)]


async def test_a_read_that_fails_keeps_nothing(node: Node) -> None:
    everybody = await accounts(node, 5)
    await node.ladder.standing(everybody[0])
    await rate(node, {everybody[0].id: 1100})
    reads = Reads(node)
    reads.fails = True
    with pytest.raises(Unavailable):
        await node.ladder.after_rating(everybody[:1])
    reads.fails = False
    assert (await node.ladder.standing(everybody[1])).top[0] == ("p-0", 1100)


async def test_guests_cost_no_read_of_their_own(node: Node) -> None:
    everybody = await accounts(node, 3)
    await node.ladder.standing(everybody[0])
    reads = Reads(node)
    guests = [Player(98, "ann", registered=False), Player(99, "bob", registered=False)]
    found = await node.ladder.standings(guests)
    assert [(s.rating, s.rank) for s in found] == [(None, None)] * 2
    assert reads.count == 0
