"""Client processes, on a core of their own, and how they are told what to do (see `orders`)."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.load.server import GENERATOR_CORE, Failed
from uttt.service.priority import give_way


class Client:
    """A process that does what it is ordered."""

    def __init__(self, process: "subprocess.Popen[str]", name: str) -> None:
        self._process = process
        self._name = name

    def order(self, word: str) -> dict[str, Any]:
        """Give an order and return the answer. Raises Failed if there is none."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(word + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Failed(f"the {self._name} has ended") from None
        return self.answer()

    def pause(self) -> None:
        """Stop it in the middle of whatever it does."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it run again."""
        self._process.send_signal(signal.SIGCONT)

    def answer(self) -> dict[str, Any]:
        """Wait for an answer. Raises Failed if there is none."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Failed(f"the {self._name} has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def client(module: str, *arguments: object, yielding: bool = False) -> Iterator[Client]:
    """A client for the block, once it says that it is ready."""

    def settle() -> None:
        os.sched_setaffinity(0, {GENERATOR_CORE})
        if yielding:  # it runs when nobody else would: whoever measures is not to wait for it
            give_way(0)

    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", f"bench.load.{module}", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=settle,  # noqa: PLW1509 - no threads here
    ) as process:
        try:
            made = Client(process, module)
            made.answer()
            yield made
            made.go_on()  # it was perhaps paused
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)
        finally:
            process.kill()
