"""A person who plays against a bot: every message that comes is read in its order."""

import random
from collections.abc import Callable

from support import naive
from support.client import Client
from support.naive import Game, Move
from support.shape import Data

GENTLE = "bot-chick"


async def invite(client: Client, bot: str = GENTLE) -> str:
    """Invite a bot, which does not refuse; returns the id of the match."""
    await client.send("match_request", player=bot)
    update = await client.expect("match_update")
    await client.expect_success("match_request_response")
    state = update["match_state"]
    assert (state["player_a"], state["player_b"]) == (client.name, bot)
    match_id: str = update["id"]
    return match_id


def choose_quickly(game: Game) -> Move:
    """A legal move, a winning one if there is one."""
    for move in game.legal_moves():
        if Game([*game.moves, move]).winner:
            return move
    return random.Random(len(game.moves)).choice(game.legal_moves())


async def answered(client: Client, match_id: str, game: Game, move: Move) -> Data:
    """Make a move and read what comes of it: the own move and, unless it was the last, the bot's,
    which must be legal. Returns the last update.
    """
    await client.move(match_id, move)
    update = await client.expect_state(match_id)
    game.play(move)
    assert update["moves"] == len(game.moves)
    if update["match_state"]["game_over"]:
        return update
    return await bots_move(client, match_id, game)


async def bots_move(client: Client, match_id: str, game: Game) -> Data:
    """Read the move of the bot, which must be the next thing that comes."""
    update = await client.expect_state(match_id)
    last = update["match_state"]["last_move"]
    game.play((last["sub_x"], last["sub_y"], last["x"], last["y"]))
    assert update["moves"] == len(game.moves)
    assert update["match_state"]["complete_field"] == game.field
    return update


async def play_on(
    client: Client, match_id: str, game: Game, choose: Callable[[Game], Move] = choose_quickly
) -> Data:
    """Play to the end; returns the last update."""
    while True:
        update = await answered(client, match_id, game, choose(game))
        if update["match_state"]["game_over"]:
            assert game.over
            assert update["match_state"]["global_field"] == naive.global_field(game.field)
            return update
