"""Somebody else on the database keeps rows locked that the node needs."""

import asyncio
import time

import pytest

from support import games
from support.board import Board, check_database, finish, gather_boards
from support.client import Client
from support.outage import all_work
from support.place import Place
from support.players import unique


def lock(board: Board, table: str) -> str:
    """The statement that locks the match itself, or its players."""
    if table == "matches":
        return f"SELECT id FROM matches WHERE public_id = '{board.match_id}' FOR UPDATE"  # noqa: S608
    names = ", ".join(f"'{client.name}'" for client in board.clients)
    return f"SELECT id FROM players WHERE name IN ({names}) ORDER BY id FOR UPDATE"  # noqa: S608


async def test_players_who_are_locked_for_long(place: Place) -> None:
    """What needs the lock is refused, in time; it is no outage, and other matches go on."""
    boards = await gather_boards(place.players)
    blocked = [board for board in boards if board.abandons or board.script is games.WON_BY_B]
    free = [board for board in boards if board not in blocked]
    session = await place.session()
    await session.execute("BEGIN")
    for board in blocked:
        await session.execute(lock(board, "players"))
    for _ in range(2):
        outcomes = asyncio.gather(*(board.attempt() for board in blocked))
        while not outcomes.done():
            await asyncio.sleep(0.05)
            assert place.server.get("/readyz") == 200
            for board in free:
                assert board.made == len(board.script) - 1 or await board.attempt()
        assert await outcomes == [False, False]
    session.close()
    await all_work(blocked, 0.0)
    await finish(boards)
    assert not any(board.refusals for board in free)
    check_database(place.url, boards)


async def test_the_end_of_a_match_survives_a_deadlock(place: Place) -> None:
    """The other transaction holds the match and then wants the players, which the end holds."""
    boards = await gather_boards(place.players)
    for board in [board for board in boards if board.abandons or board.script is games.WON_BY_B]:
        session = await place.session()
        await session.execute("BEGIN")
        # it must not be the one that is given up: who looks first, or who has changed less
        if place.url.get_backend_name() == "postgresql":
            await session.execute("SET LOCAL deadlock_timeout = '10s'")
        else:
            await session.execute(
                "INSERT INTO nodes (id, version, revision, address, started_at, seen_at) "
                "SELECT CONCAT('heavy', seq), '0', '0', '', 0, 0 FROM seq_1_to_500"
            )
        await session.execute(lock(board, "matches"))
        attempt = asyncio.create_task(board.attempt())
        await asyncio.sleep(0.3)
        assert not attempt.done(), "it did not wait for the match"
        await session.execute(lock(board, "players"))
        session.close()
        assert await attempt, "it was not tried again"
    await finish(boards)
    check_database(place.url, boards)


async def come(place: Place, name: str) -> Client:
    """Somebody who asks to be let in by this name."""
    client = await Client.open(place.server.url)
    await client.send("temp_session", name=name)
    return client


@pytest.mark.parametrize("later", [0.0, 0.4, 0.8])
async def test_a_name_that_is_locked_is_nobody_elses_business(place: Place, later: float) -> None:
    """Guests who come with one whose name is just being made elsewhere, or while he waits."""
    session, name = await place.session(), unique("wanted")
    await session.execute("BEGIN")
    await session.execute(
        "INSERT INTO players (name, registered, created_at, seen_at) "  # noqa: S608
        f"VALUES ('{name}', false, 0, 0)"
    )
    outages = place.server.text().count("database_away")
    wanted = [await come(place, name)]
    await asyncio.sleep(later)
    wanted.append(await come(place, name))
    others = [await come(place, unique("other")) for _ in range(7)]
    started = time.monotonic()
    for client in others:
        await client.greeting("login_response")
        assert place.server.get("/readyz") == 200
    assert time.monotonic() - started < 4
    for client in wanted:
        answer = await client.expect_refusal("login_response")
        assert "try again" in answer["msg"]
    assert place.server.text().count("database_away") == outages
    session.close()
    for client in [*others, *wanted]:
        await client.close()
