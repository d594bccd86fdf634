"""The heartbeat: when all is refused, when no longer, and in which order players are told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import pytest

from node import START
from uttt.metrics import Metrics
from uttt.service import heartbeat as module
from uttt.service.heartbeat import Heartbeat
from uttt.storage.failures import Unavailable
from uttt.storage.nodes import NodeInfo

PATIENCE = 5.0


class Beats:
    """Stands for the database and for the players: notes what happens, fails when told to."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.failures: dict[str, Exception] = {}
        self.outcome: object = None
        self.heartbeat: Any = None

    async def commit(self, _batch: Sequence[Any], _patience: float = 1.5) -> list[Any]:
        self._happens("beat")
        return [self.outcome]

    async def refresh(self) -> str:
        self._happens("refresh")
        return "news"

    async def tell(self, news: str) -> None:
        assert news == "news"
        self._happens("tell")

    def _happens(self, event: str) -> None:
        healthy = "" if self.heartbeat.healthy else " while away"
        self.events.append(f"{event}{healthy}")
        if event in self.failures:
            raise self.failures[event]

    async def until(self, event: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while event not in self.events:  # noqa: ASYNC110 - the code under test says nothing
                await asyncio.sleep(0.001)


@asynccontextmanager
async def beating(beats: Beats) -> AsyncIterator[Heartbeat]:
    database: Any = beats
    info = NodeInfo("node", "0", "0", "here", START)
    heartbeat = Heartbeat(database, info, lambda: START, Metrics())
    beats.heartbeat = heartbeat
    task = asyncio.create_task(heartbeat.run(beats.refresh, beats.tell))
    try:
        yield heartbeat
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0.02)
    monkeypatch.setattr(module, "_PAUSE_WHILE_AWAY", 0.01)


async def test_while_all_is_well_it_only_beats() -> None:
    beats = Beats()
    async with beating(beats) as heartbeat:
        await asyncio.sleep(0.1)
        assert heartbeat.healthy
    assert len(beats.events) > 1
    assert set(beats.events) == {"beat"}


async def test_after_a_doubt_all_is_read_before_anything_is_written_and_then_told() -> None:
    beats = Beats()
    async with beating(beats) as heartbeat:
        await beats.until("beat")
        beats.events.clear()
        heartbeat.doubt("disk full", perf_counter())
        assert not heartbeat.healthy
        await beats.until("tell")
        assert heartbeat.healthy
    assert beats.events[:3] == ["beat while away", "refresh while away", "tell"]


async def test_all_is_read_once_more_for_what_was_still_under_way() -> None:
    beats = Beats()
    async with beating(beats) as heartbeat:
        await beats.until("beat")
        heartbeat.doubt("disk full", perf_counter())
        await beats.until("refresh")
        await asyncio.sleep(0.1)
    assert beats.events.count("tell") == 2
    assert beats.events.count("refresh while away") == beats.events.count("refresh") == 1


@pytest.mark.parametrize("what", ["beat", "refresh"])
async def test_it_stays_away_until_both_succeed(what: str) -> None:
    beats = Beats()
    async with beating(beats) as heartbeat:
        await beats.until("beat")
        beats.failures[what] = Unavailable("disk full")
        heartbeat.doubt("disk full", perf_counter())
        await asyncio.sleep(0.06)
        assert not heartbeat.healthy
        assert beats.events.count(f"{what} while away") > 1
        assert "tell" not in beats.events
        beats.failures.clear()
        await beats.until("tell")
        assert heartbeat.healthy


async def test_a_failed_beat_is_a_doubt() -> None:
    beats = Beats()
    beats.failures["beat"] = Unavailable("disk full")
    async with beating(beats) as heartbeat:
        await beats.until("beat while away")
        assert not heartbeat.healthy


async def test_what_was_asked_before_the_return_is_no_new_outage() -> None:
    """But it may have been done, so all is read anew."""
    beats = Beats()
    async with beating(beats) as heartbeat:
        await beats.until("beat")
        before = perf_counter()
        heartbeat.doubt("disk full", before)
        await beats.until("tell")
        await asyncio.sleep(0.1)
        beats.events.clear()
        heartbeat.doubt("asked long ago", before)
        assert heartbeat.healthy
        await beats.until("tell")
        assert "refresh" in beats.events


async def test_a_suspicion_is_looked_into_at_once_and_refuses_nobody() -> None:
    beats = Beats()
    async with beating(beats) as heartbeat:
        await beats.until("beat")
        beats.events.clear()
        heartbeat.suspect()
        assert heartbeat.healthy
        await beats.until("tell")
    assert beats.events[:3] == ["beat", "refresh", "tell"]


async def test_a_beat_that_was_not_written_is_not_taken_for_one() -> None:
    beats = Beats()
    beats.outcome = LookupError("a bug")
    database: Any = beats
    info = NodeInfo("node", "0", "0", "here", START)
    beats.heartbeat = Heartbeat(database, info, lambda: START, Metrics())
    with pytest.raises(LookupError):
        await beats.heartbeat.run(beats.refresh, beats.tell)
