"""Matches in which nobody moves, with a short lifetime (sections 11.3, 13.15, 14.7)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import games, matches
from support.client import Client
from support.players import Players
from support.server import Server, running
from support.shape import Data

LIFETIME = 1.5
SETTINGS = {"UTTT_MATCH_LIFETIME": "1500ms", "UTTT_CHECK_INTERVAL": "100ms"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("match_lifetime"), database_kind, **SETTINGS) as server:
        yield server


async def expired(a: Client, b: Client, match_id: str, winner: Client) -> Data:
    update = await matches.both_get_state(a, b, match_id)
    assert update["result"] == "expired"
    state = update["match_state"]
    assert (state["game_over"], state["is_draw"]) == (True, False)
    assert state["player_won"] == winner.name
    return update


@pytest.mark.parametrize("made", [2, 3])
async def test_player_on_turn_loses_a_ranked_match(players: Players, made: int) -> None:
    ann, bob = await players.accounts("ann", "bob")
    match_id = await matches.start(ann, bob)
    await matches.play(ann, bob, match_id, games.WON_BY_A[:made])
    winner, loser = (bob, ann) if made % 2 == 0 else (ann, bob)
    await expired(ann, bob, match_id, winner)
    assert (await winner.expect("elo_update"))["elo"] == 1010
    assert (await loser.expect("elo_update"))["elo"] == 990
    for client in (ann, bob):
        await client.quiet()
        assert await client.states() == []
    await matches.start(ann, bob)


async def test_unranked_match_is_over_without_rating(players: Players) -> None:
    ann, bob = await players.account("ann"), await players.guest("bob")
    match_id = await matches.start(ann, bob)
    await matches.play(ann, bob, match_id, matches.OPENING)
    await expired(ann, bob, match_id, bob)
    for client in (ann, bob):
        await client.quiet()
        assert await client.states() == []
    _, greeting = await players.again(ann, account=True)
    assert greeting.elo["elo"] == 1000


@pytest.mark.parametrize("made", [0, 1])
async def test_match_without_marks_of_both_just_disappears(players: Players, made: int) -> None:
    ann, bob = await players.accounts("ann", "bob")
    match_id = await matches.start(ann, bob)
    await matches.play(ann, bob, match_id, games.WON_BY_A[:made])
    for client in (ann, bob):
        await client.expect_gone(match_id)
        await client.quiet()
        assert await client.states() == []
        _, greeting = await players.again(client, account=True)
        assert greeting.elo["elo"] == 1000


async def test_moves_renew(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    for ply in range(3):
        await asyncio.sleep(LIFETIME * 0.6)
        await matches.play(ann, bob, match_id, [games.WON_BY_A[ply]], made=ply)
    await expired(ann, bob, match_id, ann)


async def test_offline_players_find_only_their_ratings(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    match_id = await matches.start(ann, bob)
    await matches.play(ann, bob, match_id, matches.OPENING)
    await ann.close()
    await bob.close()
    await asyncio.sleep(LIFETIME + 0.6)
    for client, elo in ((ann, 990), (bob, 1010)):
        _, greeting = await players.again(client, account=True)
        assert greeting.elo["elo"] == elo
        assert greeting.matches == []


async def test_finished_match_that_nobody_fetched_disappears(players: Players) -> None:
    ann, bob = await players.accounts("ann", "bob")
    match_id = await matches.start(ann, bob)
    await matches.play(ann, bob, match_id, games.WON_BY_A[:-1])
    await bob.close()
    await ann.move(match_id, games.WON_BY_A[-1])
    await ann.expect_state(match_id)
    assert (await ann.expect("elo_update"))["elo"] == 1010
    await asyncio.sleep(LIFETIME + 0.6)
    await ann.quiet()
    _, greeting = await players.again(bob, account=True)
    assert greeting.matches == []
    assert greeting.elo["elo"] == 990


async def test_matches_that_expire_while_the_server_is_down_are_rated_once(
    tmp_path: Path, database_kind: str
) -> None:
    with running(tmp_path, database_kind, **SETTINGS) as server:
        before = Players(server)
        ann, bob = await before.accounts("ann", "bob")
        match_id = await matches.start(ann, bob)
        await matches.play(ann, bob, match_id, matches.OPENING)
        await before.close()
        server.stop()
        await asyncio.sleep(LIFETIME)
        for _ in range(2):
            server.start()
            await asyncio.sleep(0.5)
            after = Players(server)
            for client, elo in ((ann, 990), (bob, 1010)):
                _, greeting = await after.again(client, account=True)
                assert greeting.elo["elo"] == elo
                assert greeting.matches == []
            await after.close()
            server.stop()
