"""Matches that begin: alone or several in one batch, on every database."""

import asyncio
from collections import Counter
from itertools import combinations
from typing import Any

import pytest
from sqlalchemy import select

from uttt.domain.events import Ended, Outcome, Played, Result
from uttt.domain.match import Match, Player
from uttt.rules.position import play, start
from uttt.rules.rulesets import STANDARD
from uttt.storage import bots, matches, players
from uttt.storage.failures import Locked
from uttt.storage.openings import (
    BotIsAway,
    NoSuchPlayer,
    PairIsPlaying,
    PlayerGone,
    TooManyMatches,
)
from uttt.storage.tables import matches as matches_table
from uttt.storage.work import Entry, Newcomer, NewMatch

START = 1_900_000_000_000
GHOST = Player(10_000, "ghost", registered=False)


def new(one: Player, other: Player | str, public_id: str = "", **more: Any) -> NewMatch:
    """A match that is to be made, with a public id that tells who plays."""
    name = other if isinstance(other, str) else other.name
    return NewMatch(public_id or f"{one.name}-{name}", STANDARD, (one, other), START, 3, **more)


async def people(database: Any, number: int) -> list[Player]:
    return [await database.guest(f"user{n}") for n in range(number)]


async def check(database: Any, *made: Match) -> None:
    """All are stored as they were returned, and shown to both players."""
    for match in made:
        assert await database.find(match.fixture.public_id) == match
        for player in match.fixture.players:
            shown = await database.read(lambda c, id_=player.id: matches.shown_to(c, id_))
            assert match in shown


async def made(database: Any) -> set[str]:
    """The public ids of all matches."""
    found = await database.read(lambda c: c.scalars(select(matches_table.c.public_id)).all())
    return set(found)


@pytest.mark.parametrize("number", [1, 2, 3, 16])
async def test_matches_of_a_batch(database: Any, number: int) -> None:
    everybody = await people(database, 2 * number)
    wanted = [new(everybody[n], everybody[-n - 1]) for n in range(number)]
    outcomes = await database.commit(*wanted)
    assert [match.fixture.public_id for match in outcomes] == [one.public_id for one in wanted]
    assert [match.fixture.players for match in outcomes] == [one.players for one in wanted]
    await check(database, *outcomes)
    assert len(await made(database)) == number


async def test_opponents_are_found_by_their_names(database: Any) -> None:
    ann, bob = await database.account("ann"), await database.account("bob")
    eve = await database.guest("eve")
    outcomes = await database.commit(
        new(ann, "bob"), new(eve, "bob"), new(ann, "nobody"), new(bob, eve, "taken")
    )
    assert [outcome.fixture.players for outcome in outcomes[:2]] == [(ann, bob), (eve, bob)]
    assert [outcome.fixture.ranked for outcome in outcomes[:2]] == [True, False]
    assert [type(outcome) for outcome in outcomes[2:]] == [NoSuchPlayer, PairIsPlaying]
    await check(database, *outcomes[:2])


async def test_what_cannot_be_made_costs_the_others_nothing(database: Any) -> None:
    ann, bob, eve = [await database.guest(name) for name in ("ann", "bob", "eve")]
    await database.match(ann, bob, "before")
    outcomes = await database.commit(
        new(bob, ann), new(GHOST, ann), new(ann, eve), new(eve, GHOST), new(bob, eve)
    )
    refused = [type(outcomes[n]) for n in (0, 1, 3)]
    assert refused == [PairIsPlaying, Locked, Locked], "what is gone may be locked"
    await check(database, outcomes[2], outcomes[4])
    assert await made(database) == {"before", "ann-eve", "bob-eve"}


async def test_who_is_gone(database: Any) -> None:
    ann = await database.guest("ann")
    for pair in ((ann, GHOST), (GHOST, ann)):
        with pytest.raises(PlayerGone) as gone:
            await database.open(new(*pair))
        assert gone.value.player_id == GHOST.id
    assert not await made(database)


async def test_a_batch_of_nothing_that_can_be_made(database: Any) -> None:
    ann = await database.guest("ann")
    outcomes = await database.commit(new(ann, "nobody"), new(ann, GHOST), new(GHOST, ann))
    assert [type(outcome) for outcome in outcomes] == [NoSuchPlayer, Locked, Locked]
    outcomes = await database.commit(new(ann, "nobody"), new(ann, "nobody"))
    assert [type(outcome) for outcome in outcomes] == [NoSuchPlayer] * 2
    assert not await made(database)


async def test_of_those_that_exclude_each_other_the_first_is_made(database: Any) -> None:
    ann, *others = await people(database, 6)
    twice = await database.commit(new(ann, others[0], "m1"), new(others[0], ann, "m2"))
    assert isinstance(twice[1], PairIsPlaying)
    outcomes = await database.commit(*(new(other, ann) for other in others[1:]))
    assert [isinstance(outcome, Match) for outcome in outcomes] == [True, True, False, False]
    assert {type(outcome) for outcome in outcomes[2:]} == {TooManyMatches}
    assert {outcome.player_id for outcome in outcomes[2:]} == {ann.id}
    await check(database, twice[0], *outcomes[:2])


async def test_bots_of_a_batch(database: Any) -> None:
    bot = await database.write(lambda c: bots.admit(c, "bot-chick", 700, START))
    ann, bob, eve = [await database.account(name) for name in ("ann", "bob", "eve")]
    limits = {bot.id: 2}
    outcomes = await database.commit(
        new(ann, "bot-chick"),
        new(ann, "bot-chick", "counts", bots=limits),
        new(bob, bot, "counts-not", bots=limits, bots_count=False),
        new(eve, "bot-chick", bots=limits),
        new(ann, "bob", bots=limits, bots_count=False),
    )
    assert isinstance(outcomes[0], BotIsAway)
    assert [outcomes[n].fixture.ranked for n in (1, 2, 4)] == [True, False, True]
    assert isinstance(outcomes[3], TooManyMatches)
    assert outcomes[3].player_id == bot.id
    await check(database, outcomes[1], outcomes[2], outcomes[4])


async def test_matches_that_begin_in_a_position(database: Any) -> None:
    one, two, three = await people(database, 3)
    setup = play(start(STANDARD), 40)
    outcomes = await database.commit(new(one, two, setup=setup), new(one, three))
    assert [match.position.plies for match in outcomes] == [1, 0]
    for match, position in zip(outcomes, (setup, start(STANDARD)), strict=True):
        stored = await database.find(match.fixture.public_id)
        assert (stored.position.first, stored.position.second) == (position.first, position.second)


async def test_beside_moves_newcomers_and_changes(database: Any) -> None:
    one, two, three, four = await people(database, 4)
    match = await database.match(one, two, "before")
    move = Entry(match.fixture, Played(0, START, 40, None), 20)
    eve = Newcomer("eve", bytes(32), START)

    def bad(connection: Any) -> None:
        players.create(connection, "half", None, None, START)
        raise LookupError("a bug")

    outcomes = await database.commit(
        new(one, three), bad, eve, move, new(two, one), new(three, four), lambda _: "changed"
    )
    await check(database, outcomes[0], outcomes[5])
    assert isinstance(outcomes[1], LookupError)
    assert isinstance(outcomes[4], PairIsPlaying)
    assert (outcomes[3], outcomes[6]) == (None, "changed")
    assert (await database.find("before")).position.last == 40
    assert await database.read(lambda c: players.find(c, "half")) is None
    account = await database.read(lambda c: players.find(c, "eve"))
    assert account.player.id == outcomes[2][0]


async def test_a_failure_of_one_statement_is_that_of_one_match(database: Any) -> None:
    """Two with one public id cannot be, and the database says so of the whole statement."""
    one, two, three, four = await people(database, 4)
    outcomes = await database.commit(new(one, two, "m"), new(three, four), new(two, three, "m"))
    assert isinstance(outcomes[2], Exception)
    await check(database, outcomes[0], outcomes[1])
    assert await made(database) == {"m", "user2-user3"}


async def test_a_pair_that_has_ended_its_match(database: Any) -> None:
    one, two, three = await people(database, 3)
    first, other = await database.commit(new(one, two, "m1"), new(one, three, "m2"))
    abandoned = Ended(0, START, Outcome(Result.ABANDONED, None, rated=False))
    await database.append(first, abandoned)
    again, refused = await database.commit(new(two, one, "m3"), new(three, one, "m4"))
    assert isinstance(refused, PairIsPlaying)
    await check(database, other, again)


async def test_two_nodes_and_the_same_pairs(two: Any) -> None:
    """Each pair gets one match, and nobody more than he may have, whatever both nodes do."""
    everybody = await people(two[0], 5)
    pairs = list(combinations(everybody, 2))
    for turn in range(5):
        here = [new(one, other, f"here{turn}{n}") for n, (one, other) in enumerate(pairs)]
        there = [new(other, one, f"there{turn}{n}") for n, (one, other) in enumerate(pairs)]
        ours, theirs = await asyncio.gather(two[0].commit(*here), two[1].commit(*there[::-1]))
        won = [outcome for outcome in (*ours, *theirs) if isinstance(outcome, Match)]
        refused = [outcome for outcome in (*ours, *theirs) if not isinstance(outcome, Match)]
        locked = [outcome for outcome in refused if isinstance(outcome, Locked)]
        assert {type(outcome) for outcome in refused} <= {PairIsPlaying, TooManyMatches, Locked}
        playing = [match.fixture.players for match in won]
        assert len({frozenset(pair) for pair in playing}) == len(playing)
        number = Counter(player for pair in playing for player in pair)
        assert max(number.values()) <= 3
        assert max(number.values()) == 3 or locked
        await check(two[0], *won)
        for match in won:
            ending = Ended(0, START, Outcome(Result.ABANDONED, None, rated=False))
            assert await two[1].append(match, ending) == [None]
