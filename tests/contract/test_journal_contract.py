"""What every database must do with a batch: one winner a ply, one end, one rating change."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.engine import URL

from uttt.domain.events import Ended, Outcome, Played, Result
from uttt.storage import backends, matches, players, standings
from uttt.storage.failures import Behind, Unavailable
from uttt.storage.tables import matches as matches_table
from uttt.storage.tables import moves, rating_changes
from uttt.storage.tables import players as players_table
from uttt.storage.work import Entry

START = 1_900_000_000_000
WON = Outcome(Result.WON, 0, rated=True)
ABANDONED = Outcome(Result.ABANDONED, 1, rated=True)


def play(ply: int, move: int = 40, outcome: Outcome | None = None) -> Played:
    return Played(ply, START + ply, move, outcome)


def end(ply: int, outcome: Outcome = ABANDONED) -> Ended:
    return Ended(ply, START + ply, outcome)


async def ratings(database: Any) -> dict[str, int]:
    query = select(players_table.c.name, players_table.c.rating)
    rows = await database.read(lambda c: c.execute(query).all())
    return {row.name: row.rating for row in rows}


async def count(database: Any, table: Any) -> int:
    number: int = await database.read(lambda c: c.scalar(select(func.count()).select_from(table)))
    return number


async def test_a_move_is_there_for_all_once_committed(two: Any) -> None:
    one, other = two
    match = await one.match(await one.account("ann"), await one.account("bob"))
    assert await one.append(match, play(0)) == [None]
    found = await other.find()
    assert (found.next_ply, found.active_at, found.outcome) == (1, START, None)
    assert found.position.last == 40
    assert found.fixture == match.fixture


async def test_each_ply_is_taken_once(two: Any) -> None:
    one, other = two
    match = await one.match(await one.account("ann"), await one.account("bob"))
    assert await one.append(match, play(0, 40)) == [None]
    (outcome,) = await other.append(match, play(0, 41))
    assert isinstance(outcome, Behind)
    (outcome,) = await one.append(match, play(0, 40))
    assert isinstance(outcome, Behind), "not even the same move twice"
    assert (await one.find()).position.last == 40
    assert await count(one, moves) == 1


async def test_two_in_one_batch_for_one_ply(database: Any) -> None:
    match = await database.match(await database.account("ann"), await database.account("bob"))
    first, second = await database.append(match, play(0, 40), play(0, 41))
    assert first is None
    assert isinstance(second, Behind)
    assert (await database.find()).position.last == 40


async def test_a_lost_race_costs_the_rest_of_the_batch_nothing(two: Any) -> None:
    one, other = two
    ann, bob, eve = [await one.account(name) for name in ("ann", "bob", "eve")]
    contested = await one.match(ann, bob, "contested")
    quiet = await one.match(ann, eve, "quiet")
    await other.append(contested, play(0, 40))
    outcomes = await one.commit(
        Entry(quiet.fixture, play(0, 1), 20),
        Entry(contested.fixture, play(0, 41), 20),
        lambda c: players.create(c, "new", None, None, START),
        Entry(quiet.fixture, play(1, 9), 20),
    )
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "NoneType", "Behind", "Player", "NoneType",
    ]  # fmt: skip
    assert (await other.find("quiet")).next_ply == 2
    assert (await other.find("contested")).position.last == 40
    assert "new" in await ratings(other)


async def test_the_order_within_a_batch_is_kept(database: Any) -> None:
    match = await database.match(await database.account("ann"), await database.account("bob"))
    game = [40, 36, 4, 37, 13, 41]
    outcomes = await database.append(match, *(play(ply, move) for ply, move in enumerate(game)))
    assert outcomes == [None] * len(game)
    found = await database.find()
    assert (found.next_ply, found.position.last) == (6, 41)


async def test_a_match_that_is_gone_is_behind(database: Any) -> None:
    """Who asked reads it again and finds nothing."""
    ann, bob = await database.account("ann"), await database.account("bob")
    match = await database.match(ann, bob)
    await database.write(lambda c: players.remove(c, bob.id))
    outcomes = await database.append(match, play(0), end(0))
    assert [type(outcome) for outcome in outcomes] == [Behind, Behind]
    assert await database.find() is None
    assert await count(database, moves) == 0
    assert await ratings(database) == {"ann": 1000}


@pytest.mark.parametrize(
    ("outcome", "after"),
    [
        (WON, (1010, 990)),
        (Outcome(Result.WON, 1, rated=True), (990, 1010)),
        (Outcome(Result.DRAWN, None, rated=True), (1000, 1000)),
        (Outcome(Result.WON, 0, rated=False), (1000, 1000)),
    ],
)
async def test_a_move_that_ends_it(database: Any, outcome: Outcome, after: tuple[int, int]) -> None:
    match = await database.match(await database.account("ann"), await database.account("bob"))
    assert await database.append(match, play(0), play(1, 36, outcome)) == [None, None]
    found = await database.find()
    assert (found.outcome, found.next_ply, found.active_at) == (outcome, 2, START + 1)
    assert tuple((await ratings(database)).values()) == after
    assert await count(database, rating_changes) == (2 if outcome.rated else 0)


@pytest.mark.parametrize(
    ("outcome", "after"),
    [
        (ABANDONED, (990, 1010)),
        (Outcome(Result.EXPIRED, 0, rated=True), (1010, 990)),
        (Outcome(Result.EXPIRED, 0, rated=False), (1000, 1000)),
        (Outcome(Result.VOID, None, rated=False), (1000, 1000)),
    ],
)
async def test_an_end_without_a_move(
    database: Any, outcome: Outcome, after: tuple[int, int]
) -> None:
    ann, bob = await database.account("ann"), await database.account("bob")
    match = await database.match(ann, bob)
    await database.append(match, play(0), play(1, 36))
    assert await database.append(match, end(2, outcome)) == [None]
    found = await database.find()
    assert (found.outcome, found.next_ply, found.active_at) == (outcome, 3, START + 2)
    assert found.position.plies == 2
    assert tuple((await ratings(database)).values()) == after
    for player in (ann, bob):
        assert await database.read(lambda c, p=player: matches.shown_to(c, p.id)) == []


@pytest.mark.parametrize(
    "events",
    [
        (play(2, 4, WON), end(2)),
        (end(2), play(2, 4, WON)),
        (end(2), end(2, Outcome(Result.ABANDONED, 0, rated=True))),
        (end(2), end(2, Outcome(Result.EXPIRED, 0, rated=True))),
        (play(2, 4, WON), play(2, 4, WON)),
    ],
)
async def test_two_nodes_end_a_match_and_it_counts_once(two: Any, events: Any) -> None:
    one, other = two
    match = await one.match(await one.account("ann"), await one.account("bob"))
    await one.append(match, play(0), play(1, 36))
    (first,), (second,) = await asyncio.gather(
        one.append(match, events[0]), other.append(match, events[1])
    )
    assert sorted([type(first).__name__, type(second).__name__]) == ["Behind", "NoneType"]
    winner = events[0] if first is None else events[1]
    found = await other.find()
    assert found.outcome == winner.outcome
    expected = (1010, 990) if winner.outcome.winner == 0 else (990, 1010)
    assert tuple((await ratings(one)).values()) == expected
    assert await count(one, rating_changes) == 2


async def test_many_races_between_two_nodes(two: Any) -> None:
    """Every match gets exactly one end, and the ratings add up to it."""
    one, other = two
    names = [f"user{number}" for number in range(12)]
    accounts = [await one.account(name) for name in names]
    pairs = list(zip(accounts[::2], accounts[1::2], strict=True))
    made = [await one.match(a, b, f"m{n}") for n, (a, b) in enumerate(pairs)]
    for match in made:
        await one.append(match, play(0), play(1, 36))
    rounds = [
        asyncio.gather(one.append(match, end(2)), other.append(match, play(2, 4, WON)))
        for match in made
    ]
    for (first,), (second,) in await asyncio.gather(*rounds):
        assert sorted([type(first).__name__, type(second).__name__]) == ["Behind", "NoneType"]
    after = await ratings(other)
    assert sum(after.values()) == 12_000
    assert sorted(set(after.values())) == [990, 1010]
    assert await count(one, rating_changes) == 12


async def test_ratings_are_those_at_the_end_and_not_at_the_beginning(database: Any) -> None:
    ann, bob = await database.account("ann"), await database.account("bob")
    eve = await database.account("eve", rating=1400)
    first, second = await database.match(ann, bob, "m1"), await database.match(ann, eve, "m2")
    outcomes = await database.commit(
        Entry(first.fixture, play(0, 40, WON), 20),
        Entry(second.fixture, play(0, 40, WON), 20),
    )
    assert outcomes == [None, None]
    assert await ratings(database) == {"ann": 1028, "bob": 990, "eve": 1382}
    query = select(rating_changes.c.rating_before, rating_changes.c.rating_after).where(
        rating_changes.c.player_id == ann.id
    )
    rows = await database.read(lambda c: [tuple(row) for row in c.execute(query)])
    assert sorted(rows) == [(1000, 1010), (1010, 1028)]


async def test_a_failed_change_is_its_own(database: Any) -> None:
    def bad(connection: Any) -> None:
        players.create(connection, "half", None, None, START)
        raise LookupError("a bug")

    outcomes = await database.commit(
        lambda c: players.create(c, "ann", None, None, START),
        bad,
        lambda c: players.create(c, "ann", None, None, START),
        lambda c: players.create(c, "bob", None, None, START),
    )
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "Player", "LookupError", "NameTaken", "Player",
    ]  # fmt: skip
    assert set(await ratings(database)) == {"ann", "bob"}


async def test_a_database_that_cannot_do_it_takes_nothing(database: Any) -> None:
    outcomes = database.commit(
        lambda c: players.create(c, "ann", None, None, START),
        lambda c: c.execute(text("INSERT INTO no_such_table VALUES (1)")),
    )
    with pytest.raises(Unavailable):
        await outcomes
    assert await ratings(database) == {}
    await database.account("bob")
    assert await ratings(database) == {"bob": 1000}


async def test_a_read_that_cannot_be_done(database: Any) -> None:
    with pytest.raises(Unavailable):
        await database.read(lambda c: c.execute(text("SELECT * FROM no_such_table")).all())
    assert await ratings(database) == {}


async def test_a_look_that_cannot_be_done(database: Any) -> None:
    with pytest.raises(Unavailable):
        await database.look(lambda c: c.execute(text("SELECT * FROM no_such_table")).all())
    assert await database.look(lambda c: c.scalar(text("SELECT 1"))) == 1


async def test_each_look_sees_what_is_committed_by_then(two: Any) -> None:
    """Also if the one before was a statement of which SQLAlchemy believes that it began something,
    and between reads of several statements.
    """
    here, there = two
    for number in range(6):
        await there.account(f"player{number}")
        assert len(await here.look(lambda c: standings.top(c, 100))) == number + 1
        counted = select(func.count()).select_from(players_table)
        assert await here.look(lambda c, q=counted: c.scalar(q)) == number + 1
        if number % 2:
            assert await here.read(lambda c, q=counted: c.scalar(q)) == number + 1


async def test_a_read_sees_one_moment(database: Any, prepared: URL) -> None:
    """What is committed between two statements of one read does not show in the second."""
    await database.account("ann")

    def add_bob() -> None:
        backends.run(prepared, lambda c: players.create(c, "bob", None, None, START))

    def look(connection: Any) -> tuple[int, int]:
        query = select(func.count()).select_from(players_table)
        before = connection.scalar(query)
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(add_bob).result(10)
        return before, connection.scalar(query)

    assert await database.read(look) == (1, 1)
    assert set(await ratings(database)) == {"ann", "bob"}


async def test_the_end_of_a_match_that_is_gone_costs_the_other_ends_nothing(two: Any) -> None:
    """Its players are still there: another node has purged it."""
    one, other = two
    ann, bob, eve = [await one.account(name) for name in ("ann", "bob", "eve")]
    gone, kept = await one.match(ann, bob, "gone"), await one.match(ann, eve, "kept")
    await other.write(
        lambda c: c.execute(delete(matches_table).where(matches_table.c.public_id == "gone"))
    )
    outcomes = await one.commit(
        Entry(gone.fixture, play(0, 40, WON), 20), Entry(kept.fixture, play(0, 40, WON), 20)
    )
    assert isinstance(outcomes[0], Behind)
    assert outcomes[1] is None
    assert await ratings(one) == {"ann": 1010, "bob": 1000, "eve": 990}


@pytest.mark.parametrize("public_id", ["", "x" * 10_000, "\0", "'; DROP TABLE moves; --", "ä𝄞"])
async def test_ids_that_no_match_has(database: Any, public_id: str) -> None:
    assert await database.find(public_id) is None
