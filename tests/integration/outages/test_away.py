"""A database server goes away in every way we could think of, and comes back.

Meanwhile each move is refused in time and nobody is disconnected; within seconds of the return all
works, without a restart, and everybody is shown what the database has.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from support.board import check_database, finish, gather_boards
from support.outage import outage
from support.place import Place

AWAY = 2.7
"""Seconds that an outage lasts: longer than anybody waits for an answer."""

Scenario = Callable[[Place], Awaitable[Callable[[], object]]]
"""Takes the database away; what it returns brings it back, and returns as soon as it is there."""


async def stopped(place: Place) -> Callable[[], object]:
    place.database.stop()
    return place.database.start


async def killed(place: Place) -> Callable[[], object]:
    place.database.kill()
    return place.database.start


async def frozen(place: Place) -> Callable[[], object]:
    place.database.freeze()
    return place.database.thaw


async def unreachable(place: Place) -> Callable[[], object]:
    place.network.refuse()
    return place.network.heal


async def black_hole(place: Place) -> Callable[[], object]:
    place.network.silence()
    return place.network.heal


async def without_answers(place: Place) -> Callable[[], object]:
    place.network.mute()
    return place.network.heal


async def too_slow(place: Place) -> Callable[[], object]:
    place.network.delay(1.0)
    return place.network.heal


async def table_locked(place: Place) -> Callable[[], object]:
    lock = {
        "postgresql": "LOCK TABLE moves IN ACCESS EXCLUSIVE MODE",
        "mariadb": "LOCK TABLES moves WRITE",
    }[place.url.get_backend_name()]
    session = await place.session()
    await session.execute("BEGIN")
    await session.execute(lock)
    return session.close


@pytest.mark.parametrize(
    "scenario",
    [stopped, killed, frozen, unreachable, black_hole, without_answers, too_slow, table_locked],
)
async def test_it_goes_away_and_comes_back(place: Place, scenario: Scenario) -> None:
    boards = await gather_boards(place.players)
    idle = await place.players.guest("idle")
    await outage(place.server, boards, lambda: scenario(place), AWAY)
    await finish(boards)
    await idle.quiet()
    check_database(place.url, boards)


async def test_it_is_killed_again_and_again_under_load(place: Place) -> None:
    """Everything that was acknowledged is there afterwards."""
    boards = await gather_boards(place.players, several=2)
    playing = asyncio.gather(*(board.play_on(0.04) for board in boards))
    choose = random.Random(2026)
    for _ in range(3):
        await asyncio.sleep(choose.uniform(0.2, 0.6))
        place.database.kill()
        await asyncio.sleep(0.3)
        place.database.start()
    await playing
    assert any(board.refusals for board in boards), "no load, nothing was shown"
    await finish(boards)
    check_database(place.url, boards)
