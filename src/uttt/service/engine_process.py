"""One worker process with an engine in it: how it is started, asked and ended. Nothing of queues.

The processes have the lowest priority that there is, so that they take only the time that nobody
else wants, and are the first to go when memory runs out.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Final

from uttt.engine.orders import Answer, Failure, Order, read_answer, write_order

COMMAND: Final = (sys.executable, "-P", "-m", "uttt.engine.worker")
_LAST_WORDS: Final = 2000
"""Bytes of what a dead process has said that are told."""
_NICENESS: Final = 19


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
                *command, str(megabytes), stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
            )
        except OSError as error:
            raise EngineFailed(f"cannot start: {error}") from None
        _put_last(process.pid)
        return cls(process)

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
        assert self._process.stdout is not None  # noqa: S101
        try:
            async with asyncio.timeout(timeout):
                self._process.stdin.write(write_order(order))
                line = await self._process.stdout.readline()
        except TimeoutError:
            await self.kill()
            raise EngineFailed(f"no answer within {timeout:.3g} s") from None
        except (OSError, ValueError) as error:  # broken pipe; a line beyond all measure
            await self.kill()
            raise EngineFailed(f"cannot be asked: {error}") from None
        if not line.endswith(b"\n"):
            raise EngineFailed(await self._last_words())
        try:
            return read_answer(line)
        except Failure as failure:
            raise EngineFailed(str(failure)) from None
        except (ValueError, KeyError, TypeError) as error:
            await self.kill()
            raise EngineFailed(f"an answer that cannot be read: {error}") from None

    async def kill(self) -> None:
        """End the process, whatever it does."""
        if self.alive:
            with suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()

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


def _put_last(pid: int) -> None:
    """Let everybody else go first. What the system does not know or allow is left as it is."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, _NICENESS)
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
        with suppress(OSError):
            Path(f"/proc/{pid}/oom_score_adj").write_text("1000", encoding="ascii")
