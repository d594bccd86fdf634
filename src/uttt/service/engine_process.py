"""One worker process with an engine in it: how it is started, asked and ended. Nothing of queues.

The processes give way to everybody else, so that they take hardly more than the time that nobody
wants, and are the first to go when memory runs out.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from uttt.engine.orders import READY, Answer, Failure, Order, read_answer, write_order
from uttt.service.priority import give_way

log = structlog.get_logger(__name__)
COMMAND: Final = (sys.executable, "-P", "-m", "uttt.engine.worker")
_LONGEST_START: Final = 30.0
"""Seconds until a process is ready; some hundredths, unless nobody lets it run."""
_LONGEST_END: Final = 5.0
"""Seconds that are waited for the end of a process that was killed."""
_LAST_WORDS: Final = 2000
"""Bytes of what a dead process has said that are told."""
_SESSION_NICENESS: Final = 10
"""A tenth of the weight of others. With less, bots would stand still on a machine that is busy."""
_ATTEMPTS: Final = 5


class EngineFailed(Exception):
    """There is no answer: the process died, took too long, or said that it cannot."""


class EngineProcess:
    """A worker process, from its start to its end."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, megabytes: int, command: tuple[str, ...] = COMMAND) -> "EngineProcess":
        """Start a process whose engine has a table of `megabytes`. Raises EngineFailed."""
        # it needs none of our settings, among which there are passwords
        environment = {k: v for k, v in os.environ.items() if not k.startswith("UTTT_")}
        try:
            process = await asyncio.create_subprocess_exec(
                *command, str(megabytes), stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise EngineFailed(f"cannot start: {error}") from None
        started = cls(process)
        try:
            _put_last(process.pid)
            await _put_session_last(process.pid)
            said = await started._read_line(_LONGEST_START)
        except asyncio.CancelledError:
            await started.kill()
            raise
        if said != READY:
            await started.kill()
            raise EngineFailed("the worker does not say that it is ready")
        return started

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process has not ended, as far as is known."""
        return self._process.returncode is None

    async def ask(self, order: Order, timeout: float) -> Answer:  # noqa: ASYNC109 - ends a process
        """Return the answer. Raises EngineFailed; then the process is of no use any more unless it
        is still `alive`.
        """
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        self._process.stdin.write(write_order(order))
        line = await self._read_line(timeout)
        try:
            return read_answer(line)
        except Failure as failure:
            raise EngineFailed(str(failure)) from None
        except (ValueError, KeyError, TypeError) as error:
            await self.kill()
            raise EngineFailed(f"an answer that cannot be read: {error}") from None

    async def _read_line(self, timeout: float) -> bytes:  # noqa: ASYNC109 - it ends a process
        """Return the next line. Raises EngineFailed, and then the process has ended."""
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            async with asyncio.timeout(timeout):
                line = await self._process.stdout.readline()
        except TimeoutError:
            await self.kill()
            raise EngineFailed(f"no answer within {timeout:.3g} s") from None
        except (OSError, ValueError) as error:  # broken pipe; a line beyond all measure
            await self.kill()
            raise EngineFailed(f"cannot be asked: {error}") from None
        if not line.endswith(b"\n"):
            raise EngineFailed(await self._last_words())
        return line

    async def kill(self) -> None:
        """End the process, whatever it does."""
        if self.alive:
            with suppress(ProcessLookupError):
                self._process.kill()
        try:
            async with asyncio.timeout(_LONGEST_END):
                await self._process.wait()
        except TimeoutError:  # the system holds it, for instance at a broken disk
            log.error("engine_does_not_end", pid=self.pid)

    async def _last_words(self) -> str:
        """End the process, and return how it ended and what it said last."""
        assert self._process.stderr is not None  # noqa: S101 - it is a pipe
        if self.alive:
            with suppress(TimeoutError):  # it has closed its output, so it is about to end
                async with asyncio.timeout(1):
                    await self._process.wait()
        await self.kill()
        said = (await self._process.stderr.read())[-_LAST_WORDS:].decode(errors="replace").strip()
        return f"ended with {self._process.returncode}" + (f": {said}" if said else "")


async def _put_session_last(pid: int) -> None:
    """Let other sessions go first.

    Where Linux groups processes by session (autogroup, sched(7)), niceness counts within one only.
    In ours the workers would use up the time that we share with other programs: with two that think
    on our core, moves took four to fifteen times as long.
    """
    for _ in range(_ATTEMPTS):
        try:
            _write(f"/proc/{pid}/autogroup", _SESSION_NICENESS)
        except BlockingIOError:  # at most ten times a second, all processes together
            await asyncio.sleep(0.1)
        except OSError:
            return
        else:
            return


def _put_last(pid: int) -> None:
    """Let everybody else go first. What the system does not know or allow is left as it is."""
    give_way(pid)
    if sys.platform == "linux":
        with suppress(OSError):
            _write(f"/proc/{pid}/oom_score_adj", 1000)


def _write(path: str, number: int) -> None:
    Path(path).write_text(str(number), encoding="ascii")
