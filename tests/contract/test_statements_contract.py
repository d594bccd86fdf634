"""What every database must keep: seats, pairs, names, cascades, ids, and who has expired."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from uttt.domain.analysis import Analysis
from uttt.domain.events import Ended, Outcome, Played, Result
from uttt.rules.rulesets import RULESETS, STANDARD
from uttt.storage import analyses, endings, friendships, matches, players, sessions, standings
from uttt.storage.openings import PairIsPlaying, TooManyMatches
from uttt.storage.players import NameTaken
from uttt.storage.tables import matches as matches_table
from uttt.storage.tables import metadata
from uttt.storage.work import NewMatch

START = 1_900_000_000_000
WON = Outcome(Result.WON, 0, rated=True)
ABANDONED = Outcome(Result.ABANDONED, None, rated=False)


async def shown(database: Any, player: Any) -> set[str]:
    found = await database.read(lambda c: matches.shown_to(c, player.id))
    return {match.fixture.public_id for match in found}


async def idle(database: Any, until: int, limit: int = 50) -> list[str]:
    found = await database.read(lambda c: matches.idle(c, until, limit))
    return sorted(match.fixture.public_id for match in found)


async def rows(database: Any, table: str) -> int:
    query = select(func.count()).select_from(metadata.tables[table])
    number: int = await database.read(lambda c: c.scalar(query))
    return number


async def test_open_matches_are_shown_to_their_players_alone(database: Any) -> None:
    ann, bob, eve = [await database.guest(name) for name in ("ann", "bob", "eve")]
    await database.match(ann, bob, "m1")
    await database.match(eve, ann, "m2")
    assert await shown(database, ann) == {"m1", "m2"}
    assert await shown(database, bob) == {"m1"}
    assert await database.read(lambda c: matches.open_count(c, ann.id)) == 2


async def test_a_finished_match_is_shown_until_each_has_been_told(database: Any) -> None:
    ann, bob = await database.account("ann"), await database.account("bob")
    match = await database.match(ann, bob)
    await database.append(match, Played(0, START + 5, 40, WON))
    assert await database.read(lambda c: matches.open_count(c, ann.id)) == 0
    assert await database.read(lambda c: matches.open_of(c, ann.id)) == []
    assert await idle(database, START + 5) == ["m"]
    await database.write(lambda c: endings.forget_seats(c, [(match.fixture.id, ann.id)]))
    assert (await shown(database, ann), await shown(database, bob)) == (set(), {"m"})
    assert await idle(database, START + 5) == ["m"]
    await database.write(lambda c: endings.forget_seats(c, [(match.fixture.id, bob.id)]))
    assert await shown(database, bob) == set()
    assert await idle(database, START * 2) == []
    assert (await database.find()).outcome == WON


async def test_those_who_were_told_together(database: Any) -> None:
    """Of one match both, of another one player, of a third nobody, and of one that is gone."""
    ann, bob, eve = [await database.account(name) for name in ("ann", "bob", "eve")]
    of_ann = await database.match(ann, bob, "m1")
    of_eve = await database.match(eve, bob, "m2")
    unheard = await database.match(ann, eve, "m3")
    for match in (of_ann, of_eve, unheard):
        await database.append(match, Played(0, START + 5, 40, WON))
    both = [(of_ann.fixture.id, player.id) for player in (bob, ann)]
    told = [*both, (of_eve.fixture.id, bob.id), *both, (unheard.fixture.id + 1, ann.id)]
    await database.write(lambda c: endings.forget_seats(c, told))
    assert await shown(database, ann) == {"m3"}
    assert await shown(database, bob) == set()
    assert await shown(database, eve) == {"m2", "m3"}
    assert await idle(database, START + 5) == ["m2", "m3"]


async def test_nobody_is_told_any_longer(database: Any) -> None:
    ann, bob = await database.account("ann"), await database.account("bob")
    match = await database.match(ann, bob)
    await database.append(match, Played(0, START, 40, WON))
    await database.write(lambda c: endings.forget_all_seats(c, match.fixture.id))
    assert await shown(database, ann) == await shown(database, bob) == set()
    assert await idle(database, START * 2) == []


@pytest.mark.parametrize("turned", [False, True])
async def test_a_pair_has_one_open_match(two: Any, turned: bool) -> None:
    one, other = two
    ann, bob = await one.guest("ann"), await one.guest("bob")
    pair = (bob, ann) if turned else (ann, bob)
    first = await one.match(ann, bob, "m1")
    with pytest.raises(PairIsPlaying):
        await other.match(*pair, "m2")
    await one.append(first, Ended(0, START, ABANDONED))
    await other.match(*pair, "m2")
    with pytest.raises(PairIsPlaying):
        await one.match(ann, bob, "m3")


async def test_two_nodes_cannot_give_a_pair_two_matches(two: Any) -> None:
    one, other = two
    ann, bob = await one.guest("ann"), await one.guest("bob")
    outcomes = await asyncio.gather(
        *(two[n % 2].match(ann, bob, f"m{n}") for n in range(8)), return_exceptions=True
    )
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1
    assert {type(o) for o in outcomes if isinstance(o, BaseException)} == {PairIsPlaying}
    assert await rows(other, "matches") == 1


async def test_a_match_has_different_opponents_at_a_time(database: Any) -> None:
    """Ids 1 and 12 are another pair than 11 and 2."""
    everybody = [await database.guest(f"user{number}") for number in range(13)]
    await database.match(everybody[0], everybody[11], "m1")
    await database.match(everybody[10], everybody[1], "m2")
    assert await rows(database, "matches") == 2


async def test_the_limit_of_open_matches(database: Any) -> None:
    ann = await database.guest("ann")
    others = [await database.guest(f"user{number}") for number in range(3)]

    def make(one: Any, two: Any, public_id: str) -> Any:
        return database.open(NewMatch(public_id, STANDARD, (one, two), START, 2))

    first = await make(ann, others[0], "m0")
    await make(others[1], ann, "m1")
    for one, two in ((ann, others[2]), (others[2], ann)):
        with pytest.raises(TooManyMatches) as full:
            await make(one, two, "m2")
        assert full.value.player_id == ann.id
    await database.append(first, Ended(0, START, ABANDONED))
    await make(others[2], ann, "m2")


@pytest.mark.parametrize("ruleset", sorted(RULESETS))
async def test_a_match_is_read_back_as_it_was_made(database: Any, ruleset: str) -> None:
    ann, bob = await database.account("ann"), await database.guest("bob")
    made = await database.open(NewMatch("m", RULESETS[ruleset], (bob, ann), START, 5))
    assert await database.find() == made
    assert made.fixture.ranked is False
    assert made.fixture.players == (bob, ann)
    assert made.fixture.ruleset.name == ruleset


async def test_ranked_when_both_have_accounts(database: Any) -> None:
    made = await database.match(await database.account("ann"), await database.account("bob"))
    assert made.fixture.ranked is True
    assert (await database.find()).fixture.ranked is True


async def test_names_are_held_once(two: Any) -> None:
    one, other = two
    ann = await one.guest("ann")
    for attempt in (other.guest("ann"), other.account("ann")):
        with pytest.raises(NameTaken):
            await attempt
    await one.write(lambda c: players.remove(c, ann.id))
    assert (await other.account("ann")).registered


async def test_a_name_at_the_same_moment(two: Any) -> None:
    outcomes = await asyncio.gather(
        *(two[n % 2].guest("ann") for n in range(8)), return_exceptions=True
    )
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1
    assert {type(o) for o in outcomes if isinstance(o, BaseException)} == {NameTaken}


async def test_ids_are_never_used_again(database: Any) -> None:
    ann, bob = await database.guest("ann"), await database.guest("bob")
    match = await database.match(ann, bob)
    session = await database.write(lambda c: sessions.create(c, bob.id, b"b" * 32, START))
    for player in (ann, bob):
        await database.write(lambda c, p=player: players.remove(c, p.id))
    cat, dan = await database.guest("cat"), await database.guest("dan")
    assert min(cat.id, dan.id) > max(ann.id, bob.id)
    assert (await database.match(cat, dan)).fixture.id > match.fixture.id
    later = await database.write(lambda c: sessions.create(c, cat.id, b"b" * 32, START))
    assert later > session


async def test_who_goes_takes_all_that_is_his(database: Any) -> None:
    ann, bob, eve = [await database.account(name) for name in ("ann", "bob", "eve")]
    lost = await database.match(ann, bob, "lost")
    kept = await database.match(bob, eve, "kept")
    for match in (lost, kept):
        await database.append(match, Played(0, START, 40, WON))
    again = await database.match(bob, ann, "open")
    await database.append(again, Played(0, START, 40, None))
    seen = Analysis("an engine", 0.5, None, (), None)
    for match in (lost, kept):
        await database.write(lambda c, m=match: analyses.keep(c, m.fixture.id, seen, START))
    for player in (ann, bob, eve):
        token = player.name.encode().ljust(32)
        await database.write(lambda c, p=player, t=token: sessions.create(c, p.id, t, START))
        for friend in (ann, bob, eve):
            if friend != player:
                await database.write(lambda c, p=player, f=friend: friendships.add(c, p.id, f.id))
    await database.write(lambda c: players.remove(c, ann.id))
    counts = {name: await rows(database, name) for name in metadata.tables}
    assert counts == {
        "players": 2, "sessions": 2, "friends": 2, "matches": 1, "moves": 1, "seats": 2,
        "rating_changes": 2, "rating_counts": 3, "nodes": 0, "analyses": 1,
    }  # fmt: skip
    assert await shown(database, bob) == {"kept"}
    assert await database.find("lost") is None
    (account,) = [await database.read(lambda c: players.find(c, "bob"))]
    assert account.rating == 1000  # 990 by the lost match, which stays lost, and 1010 by the other


async def test_friends(database: Any) -> None:
    ann, bob = await database.account("ann"), await database.account("bob", rating=990)
    eve = await database.account("eve")
    assert await database.write(lambda c: friendships.add(c, ann.id, eve.id)) is True
    assert await database.write(lambda c: friendships.add(c, ann.id, bob.id)) is True
    assert await database.write(lambda c: friendships.add(c, ann.id, bob.id)) is False
    listed = await database.read(lambda c: friendships.of(c, ann.id))
    assert listed == [("bob", 990), ("eve", 1000)]
    assert await database.read(lambda c: friendships.of(c, bob.id)) == []
    assert await database.write(lambda c: friendships.remove(c, bob.id, "ann")) is False
    assert await database.write(lambda c: friendships.remove(c, ann.id, "nobody")) is False
    assert await database.write(lambda c: friendships.remove(c, ann.id, "bob")) is True
    assert await database.read(lambda c: friendships.of(c, ann.id)) == [("eve", 1000)]


async def test_sessions(database: Any) -> None:
    ann, bob = await database.account("ann"), await database.guest("bob")
    first = await database.write(lambda c: sessions.create(c, ann.id, b"1" * 32, START))
    second = await database.write(lambda c: sessions.create(c, ann.id, b"2" * 32, START))
    third = await database.write(lambda c: sessions.create(c, bob.id, b"3" * 32, START))
    assert await database.write(lambda c: sessions.renew(c, b"1" * 32, START + 9)) == (first, ann)
    assert await database.write(lambda c: sessions.renew(c, b"3" * 32, START + 9)) == (third, bob)
    assert await database.write(lambda c: sessions.renew(c, b"1" * 31, START)) is None
    assert await database.write(lambda c: sessions.touch(c, [first, 99, third], START)) == {
        first, third,
    }  # fmt: skip
    account = await database.read(lambda c: players.find(c, "ann"))
    assert account.seen_at == START + 9
    assert await database.read(lambda c: sorted(sessions.ids_of(c, ann.id))) == [first, second]
    await database.write(lambda c: sessions.remove(c, first))
    assert await database.write(lambda c: sessions.renew(c, b"1" * 32, START)) is None
    await database.write(lambda c: sessions.remove_all_of(c, ann.id))
    assert await rows(database, "sessions") == 1


async def test_touching_never_goes_back_in_time(database: Any) -> None:
    ann = await database.account("ann", seen=START)
    await database.write(lambda c: players.touch(c, ann.id, START - 5))
    assert (await database.read(lambda c: players.find(c, "ann"))).seen_at == START
    await database.write(lambda c: players.touch(c, ann.id, START + 5))
    assert (await database.read(lambda c: players.find(c, "ann"))).seen_at == START + 5


async def test_several_are_touched_at_once(database: Any) -> None:
    ann, bob = [await database.account(name, seen=START) for name in ("ann", "bob")]
    touch = players.touch_free
    noted = await database.write(lambda c: touch(c, [bob.id, 99, ann.id], START + 5))
    assert noted == {ann.id, bob.id}
    for name in ("ann", "bob"):
        found = await database.read(lambda c, name=name: players.find(c, name))
        assert found.seen_at == START + 5
    assert await database.write(lambda c: touch(c, [99], START + 9)) == set()


async def test_who_has_expired(database: Any) -> None:
    for number in range(3):
        await database.account(f"account{number}", seen=START + number)
        await database.guest(f"guest{number}", seen=START + number)

    def expired(registered: bool, until: int, limit: int = 50) -> Any:
        return database.read(
            lambda c: [
                p.name
                for p in players.expired(c, registered=registered, seen_until=until, limit=limit)
            ]
        )

    assert await expired(True, START - 1) == []
    assert await expired(True, START + 1) == ["account0", "account1"]
    assert await expired(False, START) == ["guest0"]
    assert await expired(False, START + 9, limit=2) == ["guest0", "guest1"]


async def test_who_was_seen_in_time_is_not_removed(database: Any) -> None:
    ann = await database.guest("ann", seen=START)
    remove = players.remove_if_expired
    assert await database.write(lambda c: remove(c, ann.id, START - 1)) is False
    assert await database.write(lambda c: remove(c, ann.id, START)) is True
    assert await database.write(lambda c: remove(c, ann.id, START)) is False


async def test_sessions_of_accounts_expire_and_those_of_guests_go_with_them(database: Any) -> None:
    ann, bob = await database.account("ann"), await database.guest("bob")
    for player, byte, at in ((ann, b"1", 0), (ann, b"2", 5), (ann, b"3", 9), (bob, b"4", 0)):
        await database.write(
            lambda c, p=player, b=byte, at=at: sessions.create(c, p.id, b * 32, START + at)
        )
    removed = sessions.remove_expired
    assert await database.write(lambda c: removed(c, START + 5, 1)) == 1
    assert await database.write(lambda c: removed(c, START + 5, 50)) == 1
    assert await database.write(lambda c: removed(c, START + 5, 50)) == 0
    assert await rows(database, "sessions") == 2


async def test_idle_matches(database: Any) -> None:
    ann, bob, eve = [await database.guest(name) for name in ("ann", "bob", "eve")]
    first = await database.match(ann, bob, "m1", at=START)
    await database.match(ann, eve, "m2", at=START + 10)
    assert await idle(database, START - 1) == []
    assert await idle(database, START) == ["m1"]
    assert await idle(database, START + 10) == ["m1", "m2"]
    assert await idle(database, START + 10, limit=1) == ["m1"]
    await database.write(lambda c: matches.note_activity(c, first.fixture.id, START + 20))
    await database.write(lambda c: matches.note_activity(c, first.fixture.id, START + 15))
    assert await idle(database, START + 19) == ["m2"]
    await database.append(first, Ended(0, START + 20, ABANDONED))
    assert await idle(database, START + 99) == ["m2"]
    await database.write(lambda c: matches.note_activity(c, first.fixture.id, START + 99))
    query = select(matches_table.c.idle_since).where(matches_table.c.public_id == "m1")
    assert await database.read(lambda c: c.scalar(query)) is None


async def test_ratings_and_ranks(database: Any) -> None:
    made = {}
    for name, rating in (("ann", 1200), ("bob", 1100), ("cat", 1200), ("dan", 900)):
        made[name] = await database.account(name, rating=rating)
    made["guest"] = await database.guest("guest")
    found = {
        name: await database.read(lambda c, p=player: standings.rating_and_rank(c, p.id))
        for name, player in made.items()
    }
    assert found == {
        "ann": (1200, 1), "cat": (1200, 1), "bob": (1100, 3), "dan": (900, 4), "guest": None,
    }  # fmt: skip
    top = await database.read(lambda c: standings.top(c, 3))
    assert (set(top[:2]), top[2]) == ({("ann", 1200), ("cat", 1200)}, ("bob", 1100))


async def test_the_list_of_names_goes_on_after_a_name(database: Any) -> None:
    for name in ("dan", "ann", "cat", "bob", "_x_", "-x-", "007"):
        await database.guest(name)
    names, after = [], ""
    while found := await database.read(lambda c, name=after: players.listing(c, name, 2)):
        names += [account.player.name for account in found]
        after = names[-1]
    assert sorted(names) == sorted({"dan", "ann", "cat", "bob", "_x_", "-x-", "007"})
