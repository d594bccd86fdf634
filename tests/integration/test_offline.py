"""What players find who were not there (sections 9, 13.13, 13.14)."""

from pathlib import Path

import pytest

from support import games, matches
from support.client import Client
from support.naive import Game, Move
from support.players import Players
from support.server import running
from support.shape import Data

DRAWS_AND_WINS = pytest.mark.parametrize(
    ("game", "result"),
    [
        (games.WON_BY_A, "won"),
        (games.WON_BY_B, "won"),
        (games.DRAWN, "drawn"),
        (games.DRAWN_BY_WINNING, "drawn"),
    ],
    ids=["A wins", "B wins", "drawn", "drawn by winning"],
)


async def finish_alone(
    a: Client, b: Client, game: tuple[Move, ...] = games.WON_BY_A
) -> tuple[Client, Client, Data, Data]:
    """A match whose last move is made while the opponent is away.

    Returns the mover, the absent one, the final update and the elo_update of the mover.
    """
    match_id = await matches.start(a, b)
    await matches.play(a, b, match_id, game[:-1])
    mover, absent = (a, b) if len(game) % 2 else (b, a)
    await absent.close()
    await mover.move(match_id, game[-1])
    update = await mover.expect_state(match_id)
    elo = await mover.expect("elo_update")
    await mover.quiet()
    return mover, absent, update, elo


async def test_moves_of_the_opponent_are_in_the_state(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    await bob.close()
    await ann.move(match_id, (1, 1, 0, 0))
    update = await ann.expect_state(match_id)
    await ann.quiet()
    bob_again, greeting = await players.again(bob, account=False)
    matches.same_content(greeting.matches[0], update)
    await matches.play(ann, bob_again, match_id, [(0, 0, 1, 1)], made=1)


@DRAWS_AND_WINS
async def test_final_state_is_delivered_once(
    players: Players, game: tuple[Move, ...], result: str
) -> None:
    ann, bob = await players.accounts("ann", "bob")
    mover, absent, update, elo = await finish_alone(ann, bob, game)
    assert update["result"] == result
    change = elo["elo"] - 1000
    assert change == (10 if result == "won" else 0)
    first, greeting = await players.again(absent, account=True)
    assert greeting.elo["elo"] == 1000 - change
    assert [match["id"] for match in greeting.matches] == [update["id"]]
    assert greeting.matches[0]["match_state"] == update["match_state"]
    assert greeting.matches[0]["match_state"]["complete_field"] == Game(game).field
    assert greeting.matches[0]["result"] == result
    assert await first.states() == []
    _, greeting = await players.again(absent, account=True)
    assert greeting.matches == []
    await mover.quiet()


async def test_temporary_user_gets_the_final_state_too(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    _, absent, update, elo = await finish_alone(ann, bob)
    assert elo["elo"] is None
    _, greeting = await players.again(absent, account=False)
    assert [match["id"] for match in greeting.matches] == [update["id"]]


@pytest.mark.parametrize("game", [games.WON_BY_A, games.DRAWN], ids=["won", "drawn"])
async def test_mover_is_not_told_again_and_cannot_spoil_the_delivery(
    players: Players, game: tuple[Move, ...]
) -> None:
    ann, bob = await players.guests("ann", "bob")
    mover, absent, update, _ = await finish_alone(ann, bob, game)
    assert await mover.states() == []
    await mover.send("end_match", id=update["id"])
    await mover.expect_error("unknown_match", "match_over", request="end_match")
    await mover.until_marker()
    await mover.move(update["id"], (0, 0, 0, 0))
    await mover.expect_error("unknown_match", "match_over", request="move")
    await mover.until_marker()
    again, greeting = await players.again(mover, account=False)
    assert greeting.matches == []
    assert await again.states() == []
    _, greeting = await players.again(absent, account=False)
    assert [match["id"] for match in greeting.matches] == [update["id"]]


async def test_finished_match_does_not_count_for_one_match_per_pair(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    mover, absent, update, _ = await finish_alone(ann, bob)
    await mover.send("match_request", player=absent.name)
    fresh = await mover.expect("match_update")
    await mover.expect_success("match_request_response")
    _, greeting = await players.again(absent, account=False)
    assert {match["id"] for match in greeting.matches} == {update["id"], fresh["id"]}


async def test_finished_match_does_not_count_for_the_limit(players: Players) -> None:
    ann, bob, *others = await players.guests("ann", "bob", "c", "d", "e", "f", "g")
    mover, absent, _, _ = await finish_alone(ann, bob)
    await matches.fill(mover, others)
    assert len(await mover.states()) == 5
    back, _ = await players.again(absent, account=False)
    await back.send("match_request", player=mover.name)
    await back.expect_refusal("match_request_response")


async def test_absent_player_can_be_invited_to_five_besides_the_finished_one(
    players: Players,
) -> None:
    ann, bob, *others = await players.guests("ann", "bob", "c", "d", "e", "f", "g")
    _, absent, _, _ = await finish_alone(ann, bob)
    for other in others:
        await other.send("match_request", player=absent.name)
        await other.expect("match_update")
        await other.expect_success("match_request_response")
    _, greeting = await players.again(absent, account=False)
    assert len(greeting.matches) == 6


async def test_both_online_means_gone_at_once(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    await matches.play_out(ann, bob, match_id, games.WON_BY_A)
    for client in (ann, bob):
        _, greeting = await players.again(client, account=False)
        assert greeting.matches == []


async def test_delivery_waits_through_a_restart(tmp_path: Path, database_kind: str) -> None:
    with running(tmp_path, database_kind) as server:
        before = Players(server)
        ann, bob = await before.accounts("ann", "bob")
        mover, absent, update, elo = await finish_alone(ann, bob)
        await before.close()
        server.restart()
        after = Players(server)
        _, greeting = await after.again(mover, account=True)
        assert greeting.matches == []
        assert greeting.elo["elo"] == elo["elo"] == 1010
        for expected in ([update["id"]], []):
            _, greeting = await after.again(absent, account=True)
            assert [match["id"] for match in greeting.matches] == expected
            assert greeting.elo["elo"] == 990
        await after.close()
