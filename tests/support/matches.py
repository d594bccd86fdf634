"""Steps that many tests need of a match: to start it, to play moves, to end it.

Each step reads exactly the messages that the protocol promises to both players, in their order.
"""

from collections.abc import Iterable

from support.client import Client
from support.naive import Move
from support.shape import Data

OPENING: tuple[Move, Move] = ((1, 1, 0, 0), (0, 0, 1, 1))
"""One mark of each player, the least that makes a ranked match count."""


def same_content(one: Data, other: Data) -> None:
    """Both players get the same content; only the moment of sending may differ."""
    assert {**one, "server_time": ""} == {**other, "server_time": ""}


async def both_get_state(a: Client, b: Client, match_id: str) -> Data:
    update = await a.expect_state(match_id)
    same_content(update, await b.expect_state(match_id))
    return update


async def start(a: Client, b: Client) -> str:
    """a invites b, so a is player_a and begins. Returns the id of the match."""
    await a.send("match_request", player=b.name)
    update = await a.expect("match_update")
    await a.expect_success("match_request_response")
    same_content(update, await b.expect("match_update"))
    state = update["match_state"]
    assert (state["player_a"], state["player_b"]) == (a.name, b.name)
    assert (update["moves"], update["result"]) == (0, None)
    match_id: str = update["id"]
    return match_id


async def play(a: Client, b: Client, match_id: str, moves: Iterable[Move], made: int = 0) -> Data:
    """a and b alternate, after `made` moves before; returns the last update."""
    update: Data = {}
    for ply, move in enumerate(moves, made):
        mover = (a, b)[ply % 2]
        await mover.move(match_id, move)
        update = await both_get_state(a, b, match_id)
        assert update["moves"] == ply + 1
    return update


async def play_out(
    a: Client, b: Client, match_id: str, game: Iterable[Move]
) -> tuple[Data, Data, Data]:
    """A whole game; returns the final update and the elo_update of a and of b."""
    update = await play(a, b, match_id, game)
    assert update["match_state"]["game_over"]
    return update, await a.expect("elo_update"), await b.expect("elo_update")


async def close_unrated(sender: Client, opponent: Client, match_id: str) -> Data:
    """end_match that counts for nothing."""
    await sender.send("end_match", id=match_id)
    update = await both_get_state(sender, opponent, match_id)
    assert update["result"] == "abandoned"
    return update


async def abandon(loser: Client, winner: Client, match_id: str) -> tuple[Data, Data, Data]:
    """end_match that is rated; returns the update and the elo_update of loser and of winner."""
    await loser.send("end_match", id=match_id)
    elos = await loser.expect("elo_update"), await winner.expect("elo_update")
    update = await both_get_state(loser, winner, match_id)
    assert update["result"] == "abandoned"
    return update, *elos


async def rated_win(winner: Client, loser: Client) -> tuple[Data, Data]:
    """The shortest way to a rated result; returns the elo_update of winner and of loser."""
    match_id = await start(winner, loser)
    await play(winner, loser, match_id, OPENING)
    _, lost, won = await abandon(loser, winner, match_id)
    return won, lost


async def fill(player: Client, others: Iterable[Client]) -> list[str]:
    """player invites each of the others; returns the ids of the matches."""
    return [await start(player, other) for other in others]
