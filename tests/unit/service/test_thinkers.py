"""The pool of worker processes: answers, order, crashes, hangs, ends.

With the real worker, and with small programs in its place that fail in one way each.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from uttt.engine import Limits
from uttt.engine.orders import READY
from uttt.metrics import Metrics
from uttt.rules.notation import parse_game
from uttt.rules.position import legal_moves, play, start
from uttt.rules.rulesets import STANDARD
from uttt.service import engine_process
from uttt.service.engine_process import EngineProcess
from uttt.service.thinkers import Crowded, EngineFailed, Pool, Thinkers

BEGIN = start(STANDARD)
QUICK = Limits(depth=1)


@asynccontextmanager
async def thinking(**pool: Any) -> AsyncIterator[Thinkers]:
    thinkers = Thinkers(Pool(**{"workers": 1, "megabytes": 1, **pool}), Metrics())
    task = asyncio.create_task(thinkers.run())
    try:
        yield thinkers
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert thinkers.pids == []


def program(directory: Path, text: str) -> tuple[str, ...]:
    """A command that runs this text in the place of the worker."""
    path = directory / "worker.py"
    ready = f"print({READY.decode().strip()!r}, flush=True)"
    path.write_text(f"import os, sys, time\n{ready}\n{text}\n", encoding="utf-8")
    return sys.executable, str(path)


ECHO = """
for line in sys.stdin:
    print('{"move": 40}', flush=True)
"""


def told_by_system(pid: int, file: str) -> str:
    path = Path(f"/proc/{pid}/{file}")
    return path.read_text().strip() if path.exists() else "none"


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what processes do is told by nobody
            await asyncio.sleep(0.01)


async def test_a_search_is_answered_by_a_verdict() -> None:
    async with thinking() as thinkers:
        assert thinkers.pids == []  # started when needed
        position, _ = parse_game("e5 d4 b2")
        verdict = await thinkers.search(position, Limits(depth=2))
        assert verdict.move in legal_moves(position)
        assert verdict.line[0] == verdict.move
        assert 0 <= verdict.chance <= 1


async def test_a_level_chooses_a_legal_move() -> None:
    async with thinking() as thinkers:
        position = BEGIN
        for _ in range(6):
            move = await thinkers.choose("bot-chick", position)
            assert move in legal_moves(position)
            position = play(position, move)


async def test_what_cannot_be_asked_is_refused_at_once() -> None:
    async with thinking() as thinkers:
        with pytest.raises(ValueError, match="limit"):
            await thinkers.search(BEGIN, Limits())
        with pytest.raises(EngineFailed, match="no level"):
            await thinkers.choose("bot-nobody", BEGIN)
        assert await thinkers.choose("bot-chick", BEGIN) in range(81)
        assert len(thinkers.pids) == 1, "a refused request costs no process"


async def test_a_killed_worker_fails_its_request_only() -> None:
    async with thinking() as thinkers:
        await thinkers.search(BEGIN, QUICK)
        (pid,) = thinkers.pids
        long = asyncio.create_task(thinkers.search(BEGIN, Limits(seconds=20)))
        after = asyncio.create_task(thinkers.search(BEGIN, QUICK))
        await asyncio.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(EngineFailed, match="ended with -9"):
            await long
        assert (await after).move in range(81)
        assert thinkers.pids != [pid]


async def test_whoever_started_a_worker_decides_when_it_ends() -> None:
    """The end of a service is told to all its processes, and the server has something to finish."""
    async with thinking() as thinkers:
        await thinkers.search(BEGIN, QUICK)
        (pid,) = thinkers.pids
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(pid, number)
            assert (await thinkers.search(BEGIN, QUICK)).move in range(81)
        assert thinkers.pids == [pid]


async def test_a_stopped_worker_is_killed_when_its_time_is_up() -> None:
    async with thinking(grace=0.5) as thinkers:
        await thinkers.search(BEGIN, QUICK)
        (pid,) = thinkers.pids
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(EngineFailed, match="no answer within"):
            await thinkers.search(BEGIN, Limits(seconds=0.1))
        assert (await thinkers.search(BEGIN, QUICK)).move in range(81)


async def test_what_a_dying_worker_says_is_told(tmp_path: Path) -> None:
    text = "sys.stdin.readline(); sys.stderr.write('no more memory'); os._exit(3)"
    async with thinking(command=program(tmp_path, text)) as thinkers:
        with pytest.raises(EngineFailed, match="ended with 3: no more memory"):
            await thinkers.search(BEGIN, QUICK)


async def test_an_answer_that_cannot_be_read_ends_the_worker(tmp_path: Path) -> None:
    text = "sys.stdin.readline(); print('what?', flush=True); time.sleep(60)"
    async with thinking(command=program(tmp_path, text)) as thinkers:
        with pytest.raises(EngineFailed, match="cannot be read"):
            await thinkers.search(BEGIN, QUICK)
        assert thinkers.pids == []


async def test_a_program_that_is_no_worker_is_a_failure() -> None:
    async with thinking(command=("/bin/echo", "hello")) as thinkers:
        with pytest.raises(EngineFailed, match="ready"):
            await thinkers.search(BEGIN, QUICK)
        assert thinkers.pids == []


async def test_a_program_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    async with thinking(command=(str(tmp_path / "nothing"),)) as thinkers:
        for _ in range(2):
            with pytest.raises(EngineFailed, match="cannot start"):
                await thinkers.search(BEGIN, QUICK)


async def test_bots_go_before_analysis(tmp_path: Path) -> None:
    async with thinking(command=program(tmp_path, ECHO)) as thinkers:
        order = []

        async def ask(name: str) -> None:
            if name == "bot":
                await thinkers.choose("bot-chick", BEGIN)
            else:
                with pytest.raises(EngineFailed, match="no verdict"):
                    await thinkers.search(BEGIN, QUICK)
            order.append(name)

        await asyncio.gather(*(ask(name) for name in ("analysis", "analysis", "bot", "bot")))
        assert order == ["bot", "bot", "analysis", "analysis"]


async def test_a_gentle_bot_does_not_wait_behind_strong_ones(tmp_path: Path) -> None:
    async with thinking(command=program(tmp_path, ECHO)) as thinkers:
        order = []

        async def ask(name: str) -> None:
            await thinkers.choose(name, BEGIN)
            order.append(name)

        await asyncio.gather(*(ask(f"bot-{n}") for n in ("dragon", "dragon", "wolf", "chick")))
        assert order == ["bot-chick", "bot-dragon", "bot-dragon", "bot-wolf"]


async def test_strong_bots_share_their_time_when_many_wait(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    text = f"""
for line in sys.stdin:
    open({str(asked)!r}, "a").write(line)
    print('{{"move": 40}}', flush=True)
"""
    async with thinking(command=program(tmp_path, text)) as thinkers:
        await asyncio.gather(*(thinkers.choose("bot-dragon", BEGIN) for _ in range(200)))
    orders = [json.loads(line) for line in asked.read_text().splitlines()]
    seconds = [order["limits"]["seconds"] for order in orders if "limits" in order]
    assert orders[0]["level"] == "bot-dragon", "nobody else was waiting"
    assert len(seconds) == 199
    assert (seconds[0], min(seconds)) == (0.5, 0.01)
    assert sum(seconds) < 7, "instead of 199"


async def test_a_strong_bot_in_a_crowd_makes_a_legal_move() -> None:
    async with thinking() as thinkers:
        wolves = (thinkers.choose("bot-wolf", BEGIN) for _ in range(3))
        assert all(move in legal_moves(BEGIN) for move in await asyncio.gather(*wolves))


async def test_analysis_leaves_a_worker_to_bots(tmp_path: Path) -> None:
    slow = """
for line in sys.stdin:
    time.sleep(60 if "limits" in line else 0)
    print('{"move": 40}', flush=True)
"""
    async with thinking(workers=2, command=program(tmp_path, slow)) as thinkers:
        searches = [asyncio.create_task(thinkers.search(BEGIN, QUICK)) for _ in range(3)]
        await until(lambda: len(thinkers.pids) == 1)
        async with asyncio.timeout(10):
            assert await thinkers.choose("bot-chick", BEGIN) == 40
        assert not any(search.done() for search in searches)
    for search in searches:
        with pytest.raises(EngineFailed, match="stops"):
            await search


async def test_no_more_processes_than_are_needed(tmp_path: Path) -> None:
    async with thinking(workers=3, command=program(tmp_path, ECHO)) as thinkers:
        for _ in range(5):
            assert await thinkers.choose("bot-chick", BEGIN) == 40
        assert len(thinkers.pids) == 1
        await asyncio.gather(*(thinkers.choose("bot-chick", BEGIN) for _ in range(3)))
        assert 1 <= len(thinkers.pids) <= 3


async def test_an_idle_process_ends_and_comes_back(tmp_path: Path) -> None:
    async with thinking(idle=0.05, command=program(tmp_path, ECHO)) as thinkers:
        assert await thinkers.choose("bot-chick", BEGIN) == 40
        await until(lambda: thinkers.pids == [])
        assert await thinkers.choose("bot-chick", BEGIN) == 40


async def test_the_queue_is_bounded(tmp_path: Path) -> None:
    text = "sys.stdin.readline(); time.sleep(60)"
    async with thinking(most_waiting=2, command=program(tmp_path, text)) as thinkers:
        running = [asyncio.create_task(thinkers.search(BEGIN, QUICK))]
        await until(lambda: thinkers.pids)
        running += [asyncio.create_task(thinkers.search(BEGIN, QUICK)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Crowded, match="too many"):
            await thinkers.search(BEGIN, QUICK)
    for task in running:
        with pytest.raises(EngineFailed):
            await task


async def test_who_gives_up_waiting_costs_nothing(tmp_path: Path) -> None:
    async with thinking(command=program(tmp_path, ECHO)) as thinkers:
        first = asyncio.create_task(thinkers.choose("bot-chick", BEGIN))
        gone = asyncio.create_task(thinkers.choose("bot-chick", BEGIN))
        await asyncio.sleep(0)
        gone.cancel()
        assert await first == 40
        assert await thinkers.choose("bot-chick", BEGIN) == 40
        assert gone.cancelled()


async def test_nobody_waits_for_a_pool_that_has_ended() -> None:
    async with thinking() as thinkers:
        await thinkers.choose("bot-chick", BEGIN)
    with pytest.raises(EngineFailed, match="stops"):
        await thinkers.search(BEGIN, QUICK)


async def test_a_worker_comes_last() -> None:
    async with thinking() as thinkers:
        await thinkers.search(BEGIN, QUICK)
        (pid,) = thinkers.pids
        assert os.getpriority(os.PRIO_PROCESS, pid) == 19
        assert os.sched_getscheduler(pid) == os.SCHED_BATCH
        assert os.getsid(pid) == pid
        assert told_by_system(pid, "oom_score_adj") == "1000"
        assert told_by_system(pid, "autogroup").endswith(("nice 10", "none"))


async def test_a_worker_has_none_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTTT_DATABASE_URL", "postgresql://user:secret@host/name")
    text = "sys.stdin.readline(); sys.stderr.write(repr(dict(os.environ))); os._exit(1)"
    async with thinking(command=program(tmp_path, text)) as thinkers:
        with pytest.raises(EngineFailed) as failure:
            await thinkers.search(BEGIN, QUICK)
    assert "PATH" in str(failure.value)
    assert "secret" not in str(failure.value)


async def test_a_start_that_is_cancelled_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    pids: list[int] = []

    async def stand_still(pid: int) -> None:
        pids.append(pid)
        await asyncio.Event().wait()

    monkeypatch.setattr(engine_process, "_put_session_last", stand_still)
    start = asyncio.create_task(EngineProcess.start(1))
    await until(lambda: pids)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


class Immortal:
    """A process that the system does not let go."""

    pid = 0
    returncode = None

    def kill(self) -> None:
        pass

    async def wait(self) -> None:
        await asyncio.Event().wait()


async def test_a_process_that_cannot_be_killed_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_process, "_LONGEST_END", 0.05)
    process: Any = Immortal()
    async with asyncio.timeout(5):
        await EngineProcess(process).kill()
