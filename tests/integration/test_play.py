"""move: legal and illegal ones, every end of a game, renewal (sections 5, 6, 8.1, 13)."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support import games, matches
from support.naive import Game, Move, state, sub_board
from support.players import Players
from support.server import running
from support.shape import Data

ENDS = pytest.mark.parametrize(
    ("game", "winner"),
    [(games.WON_BY_A, 1), (games.WON_BY_B, 2), (games.DRAWN, 0), (games.DRAWN_BY_WINNING, 0)],
    ids=["A wins", "B wins", "drawn", "drawn by winning the last board"],
)


@ENDS
def test_the_games_are_what_they_claim_to_be(game: tuple[Move, ...], winner: int) -> None:
    played = Game(game)
    assert played.over
    assert played.winner == winner
    assert not Game(game[:-1]).over
    last = state(sub_board(played.field, *game[-1][:2]))
    assert (last == 3) is (game is games.DRAWN)


@ENDS
async def test_game_to_its_end(players: Players, game: tuple[Move, ...], winner: int) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    update, *elos = await matches.play_out(ann, bob, match_id, game)
    final = update["match_state"]
    assert final["complete_field"] == Game(game).field
    assert update["result"] == ("won" if winner else "drawn")
    assert final["is_draw"] is (winner == 0)
    assert final["player_won"] == (None, ann.name, bob.name)[winner]
    assert [(elo["elo"], elo["rank"]) for elo in elos] == [(None, None)] * 2
    for client in (ann, bob):
        await client.quiet()
        assert await client.states() == []
        await client.move(match_id, (0, 0, 0, 0))
        await client.expect_error("unknown_match", "match_over", request="move")
        await client.until_marker()
    await matches.start(bob, ann)


async def test_elo_updates_follow_the_end_of_an_unranked_match(players: Players) -> None:
    ann, bob = await players.account("ann"), await players.guest("bob")
    match_id = await matches.start(ann, bob)
    _, ann_elo, bob_elo = await matches.play_out(ann, bob, match_id, games.WON_BY_A)
    assert ann_elo["elo"] == 1000
    assert bob_elo["elo"] is None
    assert ann_elo["top_names"] == bob_elo["top_names"]


async def test_coordinates_as_integers_and_as_strings(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    await ann.send("move", id=match_id, sub_x=2, sub_y=0, x=1, y=2)
    update = await matches.both_get_state(ann, bob, match_id)
    assert update["match_state"]["last_move"] == {"sub_x": 2, "sub_y": 0, "x": 1, "y": 2}
    await bob.send("move", id=match_id, sub_x="1", sub_y=2, x="0", y=0)
    update = await matches.both_get_state(ann, bob, match_id)
    assert update["match_state"]["last_move"] == {"sub_x": 1, "sub_y": 2, "x": 0, "y": 0}
    field = update["match_state"]["complete_field"]
    assert (field[2][7], field[6][3]) == (1, 2)


GOOD = {"sub_x": "0", "sub_y": "0", "x": "0", "y": "0"}


@pytest.mark.parametrize("member", list(GOOD))
@pytest.mark.parametrize("value", [3, -1, "3", "-1", 10**30, "9" * 30], ids=str)
async def test_out_of_range(players: Players, member: str, value: object) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    await ann.send("move", **(GOOD | {"id": match_id, member: value}))
    await ann.expect_error("out_of_range", "invalid_data", request="move")
    for update in await ann.until_marker():
        assert (update["data"]["id"], update["data"]["moves"]) == (match_id, 0)
    await bob.quiet()
    await matches.play(ann, bob, match_id, matches.OPENING)


async def test_out_of_range_repeats_the_unchanged_match(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    await ann.send("move", id=match_id, sub_x=0, sub_y=0, x=3, y=0)
    await ann.expect_error("out_of_range", request="move")
    assert (await ann.expect_state(match_id))["moves"] == 0
    await bob.quiet()


NO_COORDINATES: tuple[object, ...] = (
    *(None, True, False, 1.5, "", " ", "1.0", "a", "0x1", "\x00", [], [1], {}, {"x": 1}),
    *("²", "\u0661", "\uff11", "1\n", " 1", "+1", "1e0", "-0"),
)


@pytest.mark.parametrize("value", NO_COORDINATES, ids=repr)
async def test_values_that_are_no_coordinates(players: Players, value: object) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    for member in GOOD:
        await ann.send("move", **(GOOD | {"id": match_id, member: value}))
        await ann.expect_error("invalid_data", "out_of_range", request="move")
        for update in await ann.until_marker():
            assert (update["data"]["id"], update["data"]["moves"]) == (match_id, 0)
    await bob.quiet()


@pytest.mark.parametrize("member", [*GOOD, "id"])
async def test_missing_members(players: Players, member: str) -> None:
    ann, bob = await players.guests("ann", "bob")
    data = {**GOOD, "id": await matches.start(ann, bob)}
    del data[member]
    await ann.send("move", **data)
    await ann.expect_error("invalid_data", request="move")
    assert {message["type"] for message in await ann.until_marker()} <= {"match_update"}
    assert [match["moves"] for match in await ann.states()] == [0]


@pytest.mark.parametrize("kind", ["move", "end_match"])
@pytest.mark.parametrize("match_id", [None, 5, True, [], {}, ["id"], 1.5], ids=repr)
async def test_ids_that_are_no_strings(players: Players, kind: str, match_id: object) -> None:
    ann = await players.guest("ann")
    await ann.send(kind, **(GOOD | {"id": match_id}))
    await ann.expect_error("invalid_data", request=kind)
    await ann.quiet()


@pytest.mark.parametrize("kind", ["move", "end_match"])
@pytest.mark.parametrize("match_id", ["", "x", "0" * 32, "é", "\x00", "x" * 9000, "1", "-1"])
async def test_unknown_ids(players: Players, kind: str, match_id: str) -> None:
    ann = await players.guest("ann")
    await ann.send(kind, **(GOOD | {"id": match_id}))
    await ann.expect_error("unknown_match", request=kind)
    await ann.quiet()


async def refused(players: Players, moves: tuple[Move, ...], wrong: Move, code: str) -> Data:
    """After these moves one more is refused with this code and changes nothing."""
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    before = await matches.play(ann, bob, match_id, moves)
    mover, other = (ann, bob) if len(moves) % 2 == 0 else (bob, ann)
    await mover.move(match_id, wrong)
    await mover.expect_error(code, request="move")
    update = await mover.expect_state(match_id)
    matches.same_content(before, update)
    await mover.quiet()
    await other.quiet()
    return update


async def test_taken_cell(players: Players) -> None:
    await refused(players, ((1, 1, 1, 1),), (1, 1, 1, 1), "cell_taken")


async def test_wrong_board(players: Players) -> None:
    await refused(players, ((1, 1, 0, 2),), (2, 0, 0, 0), "wrong_board")


async def test_closed_board_that_was_prescribed_frees_the_choice_but_stays_closed(
    players: Players,
) -> None:
    game = games.WON_BY_A
    length = next(
        ply
        for ply in range(1, len(game))
        if Game(game[:ply]).boards[game[ply - 1][3]][game[ply - 1][2]] in (1, 2)
        and 0
        in [cell for row in sub_board(Game(game[:ply]).field, *game[ply - 1][2:]) for cell in row]
    )
    closed = game[length - 1][2:]
    grid = sub_board(Game(game[:length]).field, *closed)
    free = next((x, y) for y in range(3) for x in range(3) if not grid[y][x])
    await refused(players, game[:length], (*closed, *free), "board_closed")


async def test_not_your_turn(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    await bob.move(match_id, (0, 0, 0, 0))
    await bob.expect_error("not_your_turn", request="move")
    assert (await bob.expect_state(match_id))["moves"] == 0
    await ann.quiet()
    await matches.play(ann, bob, match_id, matches.OPENING)
    await bob.move(match_id, (1, 1, 2, 2))
    await bob.expect_error("not_your_turn", request="move")
    assert (await bob.expect_state(match_id))["moves"] == 2
    await ann.quiet()


async def test_move_sent_twice_counts_once(players: Players) -> None:
    ann, bob = await players.guests("ann", "bob")
    match_id = await matches.start(ann, bob)
    await ann.move(match_id, (1, 1, 1, 1))
    await ann.move(match_id, (1, 1, 1, 1))
    assert (await matches.both_get_state(ann, bob, match_id))["moves"] == 1
    await ann.expect_error("not_your_turn", request="move")
    assert (await ann.expect_state(match_id))["moves"] == 1
    await bob.quiet()


async def test_several_matches_at_once_do_not_mix(players: Players) -> None:
    ann, bob, cat = await players.guests("ann", "bob", "cat")
    first, second = await matches.start(ann, bob), await matches.start(ann, cat)
    for ply in range(8):
        await matches.play(ann, bob, first, [games.WON_BY_A[ply]], made=ply)
        await matches.play(ann, cat, second, [games.WON_BY_B[ply]], made=ply)
    fields = {match["id"]: match["match_state"]["complete_field"] for match in await ann.states()}
    assert fields == {
        first: Game(games.WON_BY_A[:8]).field,
        second: Game(games.WON_BY_B[:8]).field,
    }


@pytest.mark.parametrize(("zone", "minutes"), [("IST-5:30", 330), ("NST3:30", -210)])
async def test_revoke_time_is_seven_days_ahead_in_the_local_time_of_the_server(
    tmp_path: Path, zone: str, minutes: int
) -> None:
    with running(tmp_path, TZ=zone) as server:
        players = Players(server)
        ann, bob = await players.guests("ann", "bob")
        match_id = await matches.start(ann, bob)
        (created,) = await ann.states()
        await asyncio.sleep(1.1)  # the clock that is asserted to go on shows seconds
        moved = await matches.play(ann, bob, match_id, matches.OPENING)
        for update in (created, moved):
            deadline = datetime.fromisoformat(update["deadline"])
            local = deadline.astimezone(UTC) + timedelta(minutes=minutes)
            shown = datetime.fromisoformat(update["revoke_time"]).replace(tzinfo=UTC)
            assert abs(local - shown) <= timedelta(seconds=1)
            ahead = deadline - datetime.now(UTC)
            assert timedelta(days=7, seconds=-30) < ahead <= timedelta(days=7, seconds=1)
            told = datetime.fromisoformat(update["server_time"])
            assert abs(told - datetime.now(UTC)) < timedelta(seconds=30)
        assert moved["revoke_time"] > created["revoke_time"]
        await bob.move(match_id, (0, 0, 0, 0))
        await bob.expect_error("not_your_turn")
        assert (await bob.expect_state(match_id))["deadline"] == moved["deadline"]
        await players.close()
