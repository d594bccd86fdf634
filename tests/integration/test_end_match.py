"""end_match: when it counts, what both are told, what is left (sections 8.2, 13.2)."""

import pytest

from support import games, matches
from support.naive import Game
from support.players import Players

MADE = pytest.mark.parametrize("made", [0, 1, 2, 5], ids="after {} moves".format)
SENDER = pytest.mark.parametrize("by_a", [True, False], ids=["by A", "by B"])


@SENDER
@MADE
async def test_unranked_is_never_rated(players: Players, made: int, by_a: bool) -> None:
    ann, bob = await players.account("ann"), await players.guest("bob")
    match_id = await matches.start(ann, bob)
    await matches.play(ann, bob, match_id, games.WON_BY_A[:made])
    sender, other = (ann, bob) if by_a else (bob, ann)
    update = await matches.close_unrated(sender, other, match_id)
    assert update["match_state"]["complete_field"] == Game(games.WON_BY_A[:made]).field
    for client in (ann, bob):
        await client.quiet()
        assert await client.states() == []
    _, greeting = await players.again(ann, account=True)
    assert greeting.elo["elo"] == 1000


@SENDER
@pytest.mark.parametrize("made", [0, 1])
async def test_ranked_before_both_have_moved_is_not_rated(
    players: Players, made: int, by_a: bool
) -> None:
    ann, bob = await players.accounts("ann", "bob")
    match_id = await matches.start(ann, bob)
    await matches.play(ann, bob, match_id, games.WON_BY_A[:made])
    sender, other = (ann, bob) if by_a else (bob, ann)
    await matches.close_unrated(sender, other, match_id)
    for client in (ann, bob):
        await client.quiet()
        _, greeting = await players.again(client, account=True)
        assert greeting.elo["elo"] == 1000
        assert greeting.matches == []


@SENDER
@pytest.mark.parametrize("made", [2, 5])
async def test_ranked_after_both_have_moved_is_lost_by_the_sender(
    players: Players, made: int, by_a: bool
) -> None:
    ann, bob = await players.accounts("ann", "bob")
    match_id = await matches.start(ann, bob)
    await matches.play(ann, bob, match_id, games.WON_BY_A[:made])
    sender, other = (ann, bob) if by_a else (bob, ann)
    update, lost, won = await matches.abandon(sender, other, match_id)
    assert (lost["elo"], won["elo"]) == (990, 1010)
    state = update["match_state"]
    assert (state["game_over"], state["is_draw"], state["player_won"]) == (True, False, None)
    assert state["complete_field"] == Game(games.WON_BY_A[:made]).field
    for client in (ann, bob):
        await client.quiet()
        assert await client.states() == []


async def test_match_is_gone_afterwards(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    await matches.close_unrated(bob, ann, match_id)
    for client in (ann, bob):
        await client.send("end_match", id=match_id)
        await client.expect_error("unknown_match", "match_over", request="end_match")
        await client.until_marker()
        await client.move(match_id, (0, 0, 0, 0))
        await client.expect_error("unknown_match", "match_over", request="move")
        await client.until_marker()
    assert await matches.start(bob, ann) != match_id


async def test_both_end_it_at_once(players: Players) -> None:
    """Only one of the two can lose; the ratings change once."""
    ann, bob = await players.accounts("ann", "bob")
    match_id = await matches.start(ann, bob)
    await matches.play(ann, bob, match_id, matches.OPENING)
    await ann.send("end_match", id=match_id)
    await bob.send("end_match", id=match_id)
    elos = []
    for client in (ann, bob):
        messages = await client.until_marker()
        elos += [m["data"]["elo"] for m in messages if m["type"] == "elo_update"]
        assert [m["type"] for m in messages].count("match_update") >= 1
    assert sorted(elos) == [990, 1010]


async def test_move_and_end_at_once(players: Players) -> None:
    """Whichever comes first, both players end up with a match that is over and rated once."""
    ann, bob = await players.accounts("ann", "bob")
    match_id = await matches.start(ann, bob)
    await matches.play(ann, bob, match_id, matches.OPENING)
    await ann.move(match_id, (1, 1, 2, 2))
    await bob.send("end_match", id=match_id)
    seen = {}
    for client in (bob, ann):
        for message in await client.until_marker():
            if message["type"] == "elo_update":
                seen[client.name] = message["data"]["elo"]
        assert await client.states() == []
    assert seen == {ann.name: 1010, bob.name: 990}


async def test_offline_opponent_finds_only_his_new_rating(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    match_id = await matches.start(ann, bob)
    await matches.play(ann, bob, match_id, matches.OPENING)
    await bob.close()
    await ann.send("end_match", id=match_id)
    assert (await ann.expect("elo_update"))["elo"] == 990
    assert (await ann.expect_state(match_id))["result"] == "abandoned"
    await ann.quiet()
    _, greeting = await players.again(bob, account=True)
    assert greeting.elo["elo"] == 1010
    assert greeting.matches == []


async def test_rejected_invitation_is_gone_for_the_offline_inviter(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    await ann.close()
    await bob.send("end_match", id=match_id)
    assert (await bob.expect_state(match_id))["result"] == "abandoned"
    await bob.quiet()
    _, greeting = await players.again(ann, account=False)
    assert greeting.matches == []


async def test_other_matches_go_on(players: Players) -> None:
    ann, bob, cat = await players.guests("ann", "bob", "cat")
    first, second = await matches.start(ann, bob), await matches.start(ann, cat)
    await matches.close_unrated(ann, bob, first)
    await cat.quiet()
    await matches.play(ann, cat, second, matches.OPENING)
    assert [match["id"] for match in await ann.states()] == [second]
