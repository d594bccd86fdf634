"""What things cost in a large database: `python -m bench.growth URL...` (see results.md).

For each URL there must be two databases: the named one, which is filled with many rows, and one
whose name ends in `_small` besides, which gets few. What was in them is lost, unless `--filled`
says that they are filled already. Both are measured in turn, several times, so that whatever else
the machine does disturbs both alike. Sizes (accounts, moves): `--large 1000000 10000000`.
"""

import argparse
import asyncio
import logging
import random
import secrets
import statistics
import time
from collections.abc import Awaitable
from typing import Final, TypeVar

import structlog
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import URL, make_url

from bench import filling
from uttt.app import Node
from uttt.domain.commands import Play
from uttt.rules.position import legal_moves
from uttt.service.accounts import Login
from uttt.service.lobby import RequestRefused
from uttt.settings import Settings
from uttt.storage import schema
from uttt.storage.nodes import NodeInfo
from uttt.storage.standings import rating_and_rank

_ROUNDS: Final = 200
_EXPIRING: Final = 100
T = TypeVar("T")
Costs = dict[str, list[float]]
"""Seconds of each round, by what was measured."""

console = Console()


async def measure(url: URL, size: filling.Size, costs: Costs) -> None:
    """Run everything against a database that is filled; nobody else may use it."""
    settings = Settings(database_url=url.render_as_string(hide_password=False), port=0)
    node = Node(settings, NodeInfo(secrets.token_hex(8), "bench", "", "bench", 0))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(node.journal.run())
        try:
            await _measure_people(node, costs)
            await _measure_moves(node, size, costs)
            await _measure_sweeps(node, costs)
        finally:
            node.journal.close()
    await node.close()


async def _timed(costs: Costs, name: str, work: Awaitable[T]) -> T:
    started = time.perf_counter()
    result = await work
    costs.setdefault(name, []).append(time.perf_counter() - started)
    return result


class _NoHashing:
    """Finds every password right at no cost."""

    async def verify(self, _password: str, stored: str | None) -> str | None:
        return stored


async def _measure_people(node: Node, costs: Costs) -> None:
    """Logins less the hashing of the password, which costs the same whatever the tables hold."""
    services = node.services
    services.accounts._passwords = _NoHashing()  # type: ignore[assignment]
    names = await node.database.read(lambda c: filling.names_of_players(c, _ROUNDS))
    for name in names:
        login = await _timed(
            costs, "reconnect", services.accounts.reconnect(filling.token_of(name))
        )
        assert login is not None
        await _timed(costs, "read own matches", services.attendance.enter(login))
        await _timed(costs, "rank", _rank(node, login.player.id))
        services.ladder.note_change()
        await _timed(costs, "rank and top 100", services.ladder.standing(login.player))
        await _timed(costs, "friends", services.friends.of(login.player))
        services.attendance.leave(login)
        await _timed(
            costs,
            "log in with a password, less hashing",
            services.accounts.login(name, filling.PASSWORD),
        )
        await _timed(
            costs, "log in as a guest", services.accounts.guest(f"guest-{secrets.token_hex(4)}")
        )


async def _rank(node: Node, player_id: int) -> tuple[int, int] | None:
    return await node.database.read(lambda c: rating_and_rank(c, player_id))


async def _measure_moves(node: Node, size: filling.Size, costs: Costs) -> None:
    """Moves one after the other, each waiting for its own commit: latency, not throughput."""
    chance = random.Random()
    for _ in range(_ROUNDS // 40):
        numbers = chance.sample(range(size.accounts), 2)
        pair = [await _enter(node, filling.name_of(number)) for number in numbers]
        try:
            await node.services.lobby.request_named(pair[0].player, pair[1].player.name)
        except RequestRefused:
            continue  # in a small database these two may play already, or too much
        await _play(node, pair, chance, costs)
        for login in pair:
            node.services.attendance.leave(login)


async def _play(node: Node, pair: list[Login], chance: random.Random, costs: Costs) -> None:
    services = node.services
    ids = {login.player.id for login in pair}
    match = next(
        match
        for match in services.hall.open_of(pair[0].player.id)
        if {player.id for player in match.fixture.players} == ids
    )
    while match.outcome is None:
        command = Play(
            pair[match.next_ply % 2].player.id, chance.choice(legal_moves(match.position))
        )
        match = await _timed(
            costs, "move", services.referee.apply(match.fixture.public_id, command)
        )


async def _enter(node: Node, name: str) -> Login:
    login = await node.services.accounts.reconnect(filling.token_of(name))
    assert login is not None
    await node.services.attendance.enter(login)
    return login


async def _measure_sweeps(node: Node, costs: Costs) -> None:
    await node.sweeps.sweep()
    for _ in range(20):
        await _timed(costs, "sweep that finds nothing", node.sweeps.sweep())
    await node.database.commit([lambda c: filling.let_expire(c, _EXPIRING)])
    started = time.perf_counter()
    await node.sweeps.sweep()
    seconds = (time.perf_counter() - started) / _EXPIRING
    costs.setdefault("sweep, each match that expires", []).append(seconds)


def small_of(url: URL) -> URL:
    """The database that gets few rows."""
    return url.set(database=f"{url.database}_small")


def fill(url: URL, size: filling.Size) -> None:
    """Fill a new database, and say how long it took."""
    filling.clear(url)
    started = time.perf_counter()
    schema.prepare(url)
    filling.fill(url, size)
    seconds = time.perf_counter() - started
    console.print(f"{url.get_backend_name()}: {size} filled in {seconds:.0f} s")


def show(name: str, costs: tuple[Costs, Costs], sizes: tuple[filling.Size, filling.Size]) -> None:
    """Print a table of medians in microseconds."""
    small, large = costs
    table = Table(f"{name}: median in µs", *(str(size) for size in sizes), "ratio")
    for cost in small:
        one, two = statistics.median(small[cost]) * 1e6, statistics.median(large[cost]) * 1e6
        table.add_row(cost, f"{one:,.0f}", f"{two:,.0f}", f"{two / one:.2f}")
    console.print(table)


def main() -> None:
    """Measure each database whose URL is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--small", nargs=2, type=int, default=(1000, 50_000))
    parser.add_argument("--large", nargs=2, type=int, default=(1_000_000, 10_000_000))
    parser.add_argument("--filled", action="store_true")
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sizes = filling.Size(*arguments.small), filling.Size(*arguments.large)
    for text in arguments.urls:
        url = make_url(text)
        both = tuple(zip((small_of(url), url), sizes, strict=True))
        for place, size in both:
            if not arguments.filled:
                fill(place, size)
        costs: tuple[Costs, Costs] = ({}, {})
        for _ in range(arguments.times):
            for (place, size), cost in zip(both, costs, strict=True):
                asyncio.run(measure(place, size, cost))
        show(url.get_backend_name(), costs, sizes)


if __name__ == "__main__":
    main()
