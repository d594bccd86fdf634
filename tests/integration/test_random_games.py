"""Whole random games through the server, every state held against the naive rules."""

import random

import pytest

from support import matches
from support.client import Client
from support.naive import EVERY_MOVE, Game
from support.players import Players
from support.shape import Data


def assert_same(update: Data, game: Game, a: Client, b: Client) -> None:
    """The update must show exactly this game between a and b."""
    state = update["match_state"]
    assert state["complete_field"] == game.field
    assert state["global_field"] == game.boards
    assert update["moves"] == len(game.moves)
    names = (a.name, b.name)
    assert (state["player_a"], state["player_b"]) == names
    if game.moves:
        last = dict(zip(("sub_x", "sub_y", "x", "y"), game.moves[-1], strict=True))
        assert state["last_move"] == last
    assert state["game_over"] is game.over
    assert state["is_draw"] is game.drawn
    assert state["player_won"] == (names[game.winner - 1] if game.winner else None)
    if not game.over:
        assert state["active_player"] == names[game.player - 1]


@pytest.mark.parametrize("seed", range(12))
async def test_every_state_of_a_random_game(players: Players, seed: int) -> None:
    choose = random.Random(seed)
    a, b = await players.guests("ann", "bob")
    match_id = await matches.start(a, b)
    game = Game()
    while not game.over:
        move = choose.choice(game.legal_moves())
        game.play(move)
        update = await matches.play(a, b, match_id, [move], made=len(game.moves) - 1)
        assert_same(update, game, a, b)
    for client in (a, b):
        await client.expect("elo_update")
        await client.quiet()
        assert await client.states() == []


@pytest.mark.parametrize("seed", range(100, 104))
async def test_every_cell_that_is_not_legal_is_refused(players: Players, seed: int) -> None:
    """At five moments of a random game each of the 81 cells is tried."""
    choose = random.Random(seed)
    a, b = await players.guests("ann", "bob")
    match_id = await matches.start(a, b)
    game = Game()
    moments = sorted(choose.sample(range(40), 5))
    while not game.over and moments:
        mover, other = (a, b) if game.player == 1 else (b, a)
        if len(game.moves) == moments[0]:
            moments.pop(0)
            for move in EVERY_MOVE:
                if faults := game.faults(move):
                    await mover.move(match_id, move)
                    await mover.expect_error(*faults, request="move")
                    assert_same(await mover.expect_state(match_id), game, a, b)
            await other.quiet()
        move = choose.choice(game.legal_moves())
        await matches.play(a, b, match_id, [move], made=len(game.moves))
        game.play(move)


@pytest.mark.parametrize("seed", range(200, 203))
async def test_every_legal_cell_is_accepted(players: Players, seed: int) -> None:
    """A random opening is played in several matches, each goes on with another legal move."""
    choose = random.Random(seed)
    opening = Game()
    for _ in range(12 + 8 * (seed - 200)):
        opening.play(choose.choice(opening.legal_moves()))
    a, b = await players.guests("ann", "bob")
    for move in opening.legal_moves()[:9]:
        match_id = await matches.start(a, b)
        await matches.play(a, b, match_id, opening.moves)
        game = Game([*opening.moves, move])
        update = await matches.play(a, b, match_id, [move], made=len(opening.moves))
        assert_same(update, game, a, b)
        if game.over:
            await a.expect("elo_update")
            await b.expect("elo_update")
        else:
            await matches.close_unrated(a, b, match_id)
