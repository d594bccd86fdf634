"""The server is killed again and again under load; nothing that was acknowledged may be lost."""

import asyncio
import random
import sqlite3
from pathlib import Path

import pytest

from databases import KINDS
from support.client import Client
from support.drill import Pair
from support.players import PASSWORD
from support.server import Server, running

KILLS = {"sqlite": 22, "postgresql": 8, "mariadb": 8}


async def one_life(server: Server, pairs: list[Pair], seconds: float) -> None:
    """Everybody plays until the server is killed; then it is started anew."""
    before = sum(pair.moves for pair in pairs)
    playing = [asyncio.create_task(pair.play_on()) for pair in pairs]
    await asyncio.sleep(seconds)
    async with asyncio.timeout(10):
        while sum(pair.moves for pair in pairs) == before:  # noqa: ASYNC110 - no load, no drill
            await asyncio.sleep(0.01)
    server.kill()
    await asyncio.gather(*playing)
    for pair in pairs:
        await pair.leave()
    server.start()


@pytest.mark.parametrize("kind", KINDS)
async def test_sigkill_at_random_moments_loses_nothing(tmp_path: Path, kind: str) -> None:
    choose = random.Random(2026)
    with running(tmp_path, kind) as server:
        pairs = [
            Pair(server, (f"{kind}-{n}-a", f"{kind}-{n}-b"), pw, random.Random(f"{kind}{n}"))
            for kind, pw in (("account", PASSWORD), ("guest", ""))
            for n in range(3)
        ]
        for pair in pairs:
            await pair.join()
        for _ in range(KILLS[kind]):
            await one_life(server, pairs, choose.uniform(0.05, 0.6))
            for pair in pairs:
                await pair.come_back()
        for pair in pairs:
            assert pair.ends > 0
            await finish_and_check(pair)
        await check_ladder(pairs)
        for pair in pairs:
            await pair.leave()
    if kind == "sqlite":
        with sqlite3.connect(tmp_path / "uttt.db") as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()


async def finish_and_check(pair: Pair) -> None:
    """Every match can be played to its end after all that."""
    ends = pair.ends
    while pair.ends == ends:
        await pair.step()
    for client in pair.clients:
        await client.quiet()
        assert await client.states() == []


async def check_ladder(pairs: list[Pair]) -> None:
    """The list of the best has what the results add up to, and no point came or went."""
    expected = {
        name: rating
        for pair in pairs
        if pair.accounts
        for name, rating in zip(pair.names, pair.ratings, strict=True)
    }
    observer = await Client.open(pairs[0].server.url)
    greeting = await observer.reconnect(pairs[0].sessions[0], account=True)
    await observer.close()
    top = dict(zip(greeting.elo["top_names"], greeting.elo["top_elos"], strict=True))
    assert top == expected
    assert sum(expected.values()) == 1000 * len(expected)
