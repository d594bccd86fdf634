"""Connections to the database break while it stays up itself."""

import asyncio
import time

import pytest

from support import games, matches
from support.board import REFUSAL_LIMIT, check_database, finish, gather_boards
from support.database_session import kill_all
from support.outage import RETURN_LIMIT, until_told
from support.place import Place

COMMIT = {"postgresql": b"COMMIT\0", "mariadb": b"COMMIT"}
"""As their drivers say it, and in nothing else that they say."""


@pytest.mark.parametrize("how", ["reset", "killed"])
async def test_idle_connections_that_break_cost_nobody_anything(place: Place, how: str) -> None:
    boards = await gather_boards(place.players)
    if how == "reset":
        place.network.cut()
    else:
        await kill_all(place.url)
    await asyncio.sleep(0.5)
    await finish(boards)
    assert not any(board.refusals for board in boards)
    check_database(place.url, boards)


async def test_connections_that_break_under_load(place: Place) -> None:
    """Each move is made or refused in time, and in the end all is as it was told."""
    boards = await gather_boards(place.players, several=2)
    playing = asyncio.gather(*(board.play_on(0.02) for board in boards))
    for number in range(8):
        await asyncio.sleep(0.17)
        if number % 2:
            place.network.cut()
        else:
            await kill_all(place.url)
    await playing
    await finish(boards)
    check_database(place.url, boards)


@pytest.mark.parametrize("which", [0, 1, 2, 3])
async def test_what_was_refused_and_done_all_the_same_is_shown(place: Place, which: int) -> None:
    """The answer to the commit is lost: the move is refused, and both are shown that it is made."""
    boards = await gather_boards(place.players)
    board = boards[which]
    ends = board.abandons or board.made == len(board.script) - 1
    before = place.network.cuts
    place.network.cut_answers(COMMIT[place.url.get_backend_name()] if ends else b"")
    assert not await board.attempt()
    place.network.heal()
    assert place.network.cuts > before
    made = board.made
    await until_told(board)
    assert board.abandons or board.made == made + 1
    await finish(boards)
    check_database(place.url, boards)


async def test_a_match_that_was_made_after_all_is_shown(place: Place) -> None:
    """An invitation is refused, but the match was made: both see it without logging in again."""
    ann, bob = await place.players.guests("ann", "bob")
    place.network.cut_answers(COMMIT[place.url.get_backend_name()])
    sent = time.monotonic()
    await ann.send("match_request", player=bob.name)
    await ann.expect_refusal("match_request_response")
    assert time.monotonic() < sent + REFUSAL_LIMIT
    place.network.heal()
    update = await ann.expect("match_update")
    assert time.monotonic() < sent + RETURN_LIMIT
    matches.same_content(update, await bob.expect_state(update["id"]))
    assert update["match_state"]["player_a"] == ann.name
    await matches.play_out(ann, bob, update["id"], games.WON_BY_A)
