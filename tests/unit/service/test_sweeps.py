"""Sweeps leave most of the time to those who play."""

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from node import LIFETIMES, running_node
from uttt.domain.commands import Play
from uttt.service import sweeps
from uttt.storage import matches

MATCHES = 2 * sweeps._CHUNK + 5


async def test_a_pause_follows_each_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    sleep: Callable[[float], object] = asyncio.sleep

    async def noted(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)  # type: ignore[misc]

    async with running_node(tmp_path) as node:
        for number in range(MATCHES):
            one, two = [await node.player(f"{name}{number}") for name in ("one", "two")]
            match = await node.match(one, two)
            for player, move in ((one, 40), (two, 36)):
                await node.referee.apply(match.fixture.public_id, Play(player.id, move))
        node.clock.now += LIFETIMES.match + 1
        ticks = count()
        monkeypatch.setattr(sweeps, "perf_counter", lambda: float(next(ticks)))
        monkeypatch.setattr(sweeps.asyncio, "sleep", noted)
        swept = await node.sweeps._repeat(
            node.sweeps._expire_matches, node.clock.now - LIFETIMES.match
        )
        monkeypatch.undo()
        left = await node.database.read(lambda c: matches.idle(c, node.clock.now, MATCHES))
    assert swept == MATCHES
    assert [pause for pause in pauses if pause] == [3.0] * 3  # each chunk took a second
    assert [match for match in left if match.outcome is None] == []
