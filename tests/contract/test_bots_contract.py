"""Accounts of bots on every database: made once, rated or not, never expired, and their matches."""

import asyncio
from typing import Any

import pytest

from uttt.domain.events import Outcome, Played, Result
from uttt.rules.rulesets import STANDARD
from uttt.storage import bots, friendships, players, standings
from uttt.storage.openings import TooManyMatches
from uttt.storage.players import BOT, NameTaken
from uttt.storage.work import NewMatch

START = 1_900_000_000_000
NAME = "bot-chick"


async def admit(database: Any, rating: int | None = None, now: int = START) -> Any:
    return await database.write(lambda c: bots.admit(c, NAME, rating, now))


async def account(database: Any) -> Any:
    return await database.read(lambda c: players.find(c, NAME))


async def open_match(database: Any, *pair: Any, may_count: bool, most: int = 1) -> Any:
    """A match with a bot."""
    limits = {pair[1].id: most}
    return await database.open(
        NewMatch(f"m{pair[0].id}", STANDARD, pair, START, 1, limits, bots_count=may_count)
    )


async def test_an_account_is_made_once(database: Any) -> None:
    made = await admit(database)
    assert await admit(database, now=START + 10) == made
    found = await account(database)
    assert found.player == made
    assert (found.is_bot, found.player.registered, found.rating) == (True, True, None)
    assert found.created_at % 1000, "not taken for one from the old server"
    assert found.seen_at == START + 10


async def test_two_nodes_make_it_at_the_same_time(two: Any) -> None:
    async def until_there(node: Any) -> Any:
        try:
            return await admit(node)
        except NameTaken:
            return await admit(node)

    one, other = await asyncio.gather(*(until_there(node) for node in two))
    assert one == other
    assert one is not None


async def test_whose_name_it_is_keeps_it(database: Any) -> None:
    person = await database.account(NAME, rating=1200)
    assert await admit(database) is None
    assert await admit(database, 400) is None
    found = await account(database)
    assert (found.player, found.rating, found.is_bot) == (person, 1200, False)


async def test_a_guest_keeps_it_too(database: Any) -> None:
    guest = await database.guest(NAME)
    assert await admit(database) is None
    assert (await account(database)).player == guest


async def test_it_is_on_the_ladder_only_while_rated(database: Any) -> None:
    """The fixture holds `rating_counts` against the accounts at the end."""
    bot, ann = await admit(database), await database.account("ann", rating=500)
    assert await database.read(lambda c: standings.top(c, 5)) == [("ann", 500)]
    assert await database.read(lambda c: standings.rating_and_rank(c, bot.id)) is None
    await admit(database, 700)
    assert await database.read(lambda c: standings.top(c, 5)) == [(NAME, 700), ("ann", 500)]
    assert await database.read(lambda c: standings.rating_and_rank(c, ann.id)) == (500, 2)
    await admit(database, 400)
    assert (await account(database)).rating == 700, "what it has won stays"
    await admit(database)
    assert await database.read(lambda c: standings.rating_and_rank(c, ann.id)) == (500, 1)


async def test_matches_count_no_longer_when_it_is_not_rated(database: Any) -> None:
    """Even if a node still takes the match for one that counts."""
    bot, ann = await admit(database, 700), await database.account("ann")
    match = await open_match(database, ann, bot, may_count=True)
    assert match.fixture.ranked
    await admit(database)
    read = await database.find(match.fixture.public_id)
    assert read.fixture.ranked is False
    won = Outcome(Result.WON, 0, rated=True)
    (outcome,) = await database.append(match, Played(0, START, 40, won))
    assert outcome is None
    assert await database.read(lambda c: standings.rating_and_rank(c, ann.id)) == (1000, 1)
    assert (await account(database)).rating is None


async def test_a_match_may_be_made_not_to_count(database: Any) -> None:
    bot, ann = await admit(database), await database.account("ann")
    match = await open_match(database, ann, bot, may_count=False)
    assert match.fixture.ranked is False
    assert (await database.find(match.fixture.public_id)).fixture.ranked is False


async def test_its_limit_of_matches_is_its_own(database: Any) -> None:
    bot = await admit(database)
    people = [await database.guest(name) for name in ("ann", "bob", "cat")]
    for person in people[:2]:
        await open_match(database, person, bot, may_count=False, most=2)
    with pytest.raises(TooManyMatches) as full:
        await open_match(database, people[2], bot, may_count=False, most=2)
    assert full.value.player_id == bot.id
    with pytest.raises(TooManyMatches) as full:
        await open_match(database, people[0], people[2], may_count=False, most=2)
    assert full.value.player_id == people[0].id


async def test_it_never_expires(database: Any) -> None:
    await admit(database)
    ann = await database.account("ann")
    found = await database.read(
        lambda c: players.expired(c, registered=True, seen_until=START * 2, limit=9)
    )
    assert found == [ann]


async def test_the_next_plies_of_its_open_matches(database: Any) -> None:
    bot = await admit(database)
    ann, bob, cat = [await database.guest(name) for name in ("ann", "bob", "cat")]
    first, second, third = [
        await open_match(database, person, bot, may_count=False, most=9)
        for person in (ann, bob, cat)
    ]
    await database.append(first, Played(0, START, 40, None), Played(1, START, 36, None))
    await database.append(third, Played(0, START, 40, Outcome(Result.WON, 0, rated=False)))
    found = await database.read(lambda c: bots.plies(c, [bot.id]))
    assert found == {first.fixture.public_id: 2, second.fixture.public_id: None}
    assert await database.read(lambda c: bots.plies(c, [ann.id])) == {first.fixture.public_id: 2}


async def test_friends_of_a_bot_without_rating(database: Any) -> None:
    bot, ann = await admit(database), await database.account("ann")
    assert await database.write(lambda c: friendships.add(c, ann.id, bot.id))
    assert await database.read(lambda c: friendships.of(c, ann.id)) == [(NAME, None)]


def test_no_password_makes_a_bot() -> None:
    assert not BOT.startswith("$")
    assert len(BOT) < 32, "no hash of the old server looks like it either"
