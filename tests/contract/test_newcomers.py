"""Guests who come: alone or several in one batch, on every database."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from uttt.domain.events import Played
from uttt.storage import players, sessions
from uttt.storage.players import NameTaken
from uttt.storage.tables import players as players_table
from uttt.storage.tables import sessions as sessions_table
from uttt.storage.work import Entry, Newcomer

START = 1_900_000_000_000


def coming(*names: str) -> list[Newcomer]:
    """Newcomers, each at a time of his own."""
    return [
        Newcomer(name, name.encode().ljust(32, b"\0"), START + number)
        for number, name in enumerate(names)
    ]


async def check(database: Any, newcomers: list[Newcomer], outcomes: list[Any]) -> None:
    """All were made: the ids are theirs, and what is stored is what was asked for."""
    for newcomer, (player_id, session_id) in zip(newcomers, outcomes, strict=True):
        account = await database.read(lambda c, name=newcomer.name: players.find(c, name))
        assert account.player.id == player_id
        assert not account.player.registered
        assert (account.password_hash, account.rating) == (None, None)
        assert (account.created_at, account.seen_at) == (newcomer.now, newcomer.now)
        query = select(sessions_table).where(sessions_table.c.id == session_id)
        session = await database.read(lambda c, query=query: c.execute(query).one())
        assert (session.token_hash, session.player_id) == (newcomer.token_hash, player_id)
        assert (session.created_at, session.seen_at) == (newcomer.now, newcomer.now)


async def counts(database: Any) -> tuple[int, int]:
    """How many players and sessions there are."""
    tables = (players_table, sessions_table)
    queries = [select(func.count()).select_from(table) for table in tables]
    found: tuple[int, int] = await database.read(lambda c: tuple(map(c.scalar, queries)))
    return found


@pytest.mark.parametrize("number", [1, 2, 3, 16])
async def test_newcomers_of_a_batch(database: Any, number: int) -> None:
    newcomers = coming(*[f"guest{7 * n % 16}" for n in range(number)])
    await check(database, newcomers, await database.commit(*newcomers))
    assert await counts(database) == (number, number)


async def test_a_name_that_is_taken_costs_the_others_nothing(database: Any) -> None:
    await database.account("bob")
    ann, bob, eve = coming("ann", "bob", "eve")
    one, taken, two = await database.commit(ann, bob, eve)
    assert isinstance(taken, NameTaken)
    await check(database, [ann, eve], [one, two])
    assert await counts(database) == (3, 2)


async def test_a_name_that_is_taken_alone(database: Any) -> None:
    await database.account("bob")
    (taken,) = await database.commit(*coming("bob"))
    assert isinstance(taken, NameTaken)
    assert await counts(database) == (1, 0)


async def test_two_of_one_name_in_one_batch(database: Any) -> None:
    first, second, third = coming("ann", "bob", "ann")
    one, two, taken = await database.commit(first, second, third)
    assert isinstance(taken, NameTaken), "the first has it"
    await check(database, [first, second], [one, two])
    assert await counts(database) == (2, 2)


async def test_beside_moves_and_changes(database: Any) -> None:
    match = await database.match(await database.guest("ann"), await database.guest("bob"))
    move = Entry(match.fixture, Played(0, START, 40, None), 20)
    newcomers = coming("eve", "dan")

    def bad(connection: Any) -> None:
        players.create(connection, "half", None, None, START)
        raise LookupError("a bug")

    outcomes = await database.commit(
        lambda c: players.find(c, "ann"), newcomers[0], move, bad, newcomers[1]
    )
    assert outcomes[0].player.name == "ann"
    await check(database, newcomers, [outcomes[1], outcomes[4]])
    assert outcomes[2] is None
    assert isinstance(outcomes[3], LookupError)
    assert (await database.find()).position.last == 40
    assert await counts(database) == (4, 2)


async def test_their_sessions_can_be_renewed(database: Any) -> None:
    newcomers = coming("ann", "bob")
    outcomes = await database.commit(*newcomers)
    for newcomer, (player_id, session_id) in zip(newcomers, outcomes, strict=True):
        token_hash = newcomer.token_hash
        found = await database.write(lambda c, hash_=token_hash: sessions.renew(c, hash_, START))
        assert (found[0], found[1].id, found[1].name) == (session_id, player_id, newcomer.name)


@pytest.mark.parametrize("taken", [False, True], ids=["free", "one is taken"])
async def test_two_nodes_and_the_same_names(two: Any, *, taken: bool) -> None:
    """Each name has one winner, whatever the order in which both wanted them."""
    if taken:
        await two[0].account("guest0")
    for turn in range(5):
        names = ["guest0" if taken else f"first-{turn}", *(f"guest{n}-{turn}" for n in range(12))]
        here = coming(*names)
        there = [Newcomer(n.name, n.token_hash[::-1], n.now) for n in here[::-1]]
        ours, theirs = await asyncio.gather(two[0].commit(*here), two[1].commit(*there))
        lost_here = [isinstance(outcome, NameTaken) for outcome in ours]
        lost_there = [isinstance(outcome, NameTaken) for outcome in theirs[::-1]]
        for name, one, other in zip(names, lost_here, lost_there, strict=True):
            assert {one, other} == ({True} if name == "guest0" else {True, False}), name
        made = (12 if taken else 13) * (turn + 1)
        assert await counts(two[0]) == (made + taken, made)
