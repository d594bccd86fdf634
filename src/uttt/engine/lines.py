"""The line protocol, by which programs that play talk to each other: docs/engine.md.

Here are both sides: `serve` answers with an engine of ours, `Program` asks another process. Never
who plays whom (`contest`).
"""

import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from queue import Empty, Queue
from typing import Final, TextIO

from uttt.engine.search import Engine
from uttt.engine.verdict import Limits, Verdict
from uttt.rules.notation import (
    NotationError,
    format_game,
    format_move,
    parse_game,
    parse_move,
    parse_position,
)
from uttt.rules.position import Position, start
from uttt.rules.rulesets import Ruleset

MOST_SECONDS: Final = 10**8
"""Of a search: three years."""
MOST_NODES: Final = 2**63 - 1
MOST_DEPTH: Final = 99
_MOST: Final = {"time": 1000 * MOST_SECONDS, "nodes": MOST_NODES, "depth": MOST_DEPTH}
"""The limits of `go`, each with the greatest number that means something; above, it is that one."""
_FAREWELL: Final = 1.0
"""Seconds that a search has for its answer once it shall end."""
_PATIENCE: Final = 10.0
"""Seconds beyond its time after which a program that does not answer is given up."""


class Faulty(Exception):
    """A program ended, said nothing in time, or something that is no answer."""


def serve(
    engine: Engine,
    name: str,
    commands: Iterable[str],
    answers: TextIO,
    *,
    contempt: float = 0.0,
) -> None:
    """Answer commands, a line each, until `quit`, the end or Ctrl+C; these stop the search.

    `contempt`: of `Engine.search`.
    """
    speaker = _Speaker(engine, name, answers, contempt)
    try:
        for command in commands:
            word, _, rest = command.strip().partition(" ")
            if word == "quit":
                break
            if word == "stop":
                engine.stop()
            elif word:
                speaker.finish()
                speaker.answer(word, rest)
    finally:
        speaker.end()


class _Speaker:
    """What was said to an engine so far. It thinks in a thread, so that it can be stopped."""

    def __init__(self, engine: Engine, name: str, answers: TextIO, contempt: float) -> None:
        self._engine = engine
        self._contempt = contempt
        self._name = name
        self._answers = answers
        self._position = start()
        self._thinking: threading.Thread | None = None

    def finish(self) -> None:
        """Wait until the answer to `go` was given."""
        if self._thinking is not None:
            self._thinking.join()
            self._thinking = None

    def end(self) -> None:
        """Stop thinking; the answer to `go` is given if it comes at once."""
        deadline = time.monotonic() + _FAREWELL
        while self._thinking is not None and self._thinking.is_alive():
            if time.monotonic() > deadline:
                break
            self._engine.stop()  # again: it may have begun a search just now
            self._thinking.join(0.02)

    def answer(self, word: str, rest: str) -> None:
        """Do as a command says."""
        try:
            match word:
                case "hello":
                    self._say(f"name {self._name}")
                case "newgame":
                    self._engine.new_game()
                case "position":
                    self._position = read_position(rest)
                case "go":
                    self._go(_limits(rest))
                case _:
                    self._say(f"error unknown command {word}")
        except ValueError as error:
            self._say(f"error {error}")

    def _go(self, limits: Limits) -> None:
        if self._position.result is not None:
            raise ValueError("the match is over")
        self._engine.ready()  # here, not in the thread: a stop from now on is meant
        self._thinking = threading.Thread(
            target=self._think, args=(self._position, limits), daemon=True
        )
        self._thinking.start()

    def _think(self, position: Position, limits: Limits) -> None:
        try:
            answer = describe(self._engine.search(position, limits, contempt=self._contempt))
        except Exception as error:  # noqa: BLE001 - whoever has asked waits for an answer
            reason = " ".join(str(error).split())
            answer = f"error {reason or type(error).__name__}"
        self._say(answer)

    def _say(self, text: str) -> None:
        self._answers.write(f"{text}\n")
        self._answers.flush()


def read_position(text: str) -> Position:
    """A position in its notation, or that which a game has come to. Raises `NotationError`."""
    return parse_position(text.strip()) if "/" in text else parse_game(text)[0]


def describe(verdict: Verdict) -> str:
    """The answer to `go`."""
    proof = f" proof {verdict.proof.value}" if verdict.proof else ""
    plies = f" plies {verdict.plies}" if verdict.plies else ""
    line = " ".join(format_move(move) for move in verdict.line)
    return (
        f"move {format_move(verdict.move)} chance {verdict.chance:.4f}{proof}{plies}"
        f" depth {verdict.depth} nodes {verdict.nodes} line {line}"
    )


def _limits(text: str) -> Limits:
    words = text.split()
    given = dict(zip(words[::2], words[1::2], strict=False))
    if len(words) % 2 or not given or any(name not in _MOST for name in given):
        raise ValueError("go needs limits: time MS, nodes N, depth N")
    if not all(value.isdecimal() and value.strip("0") for value in given.values()):
        raise ValueError("limits are whole numbers above 0")
    within = {name: _bounded(value, _MOST[name]) for name, value in given.items()}
    return Limits(
        seconds=within["time"] / 1000 if "time" in within else None,
        nodes=within.get("nodes"),
        depth=within.get("depth"),
    )


def _bounded(digits: str, most: int) -> int:
    """The number, or `most` if it is greater; Python reads no number of thousands of digits."""
    digits = digits.lstrip("0")
    return most if len(digits) > len(str(most)) else min(int(digits), most)


class Program:
    """Another process that plays. Raises `Faulty` where it does not do as the protocol says."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it. Raises OSError if that cannot be done."""
        self._process = subprocess.Popen(  # noqa: S603 - the command is the user's
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            errors="replace",
            bufsize=1,
        )
        self._answers: Queue[str | None] = Queue()  # None: there will be no more
        threading.Thread(target=self._listen, daemon=True).start()
        self.name = ""
        try:
            self._greet()
        except Faulty:
            self.close()
            raise

    def _greet(self) -> None:
        self._say("hello")
        word, _, self.name = self._hear(6 * _PATIENCE).partition(" ")
        if word != "name":
            raise Faulty("it did not answer hello by its name")

    def new_game(self) -> None:
        """Tell it to forget."""
        self._say("newgame")

    def move(self, ruleset: Ruleset, moves: Sequence[int], limits: Limits) -> int:
        """What it plays after these moves."""
        self._say(f"position {format_game(moves, ruleset)}")
        parts = []
        if limits.seconds is not None:
            parts.append(f"time {round(limits.seconds * 1000)}")
        if limits.nodes is not None:
            parts.append(f"nodes {limits.nodes}")
        if limits.depth is not None:
            parts.append(f"depth {limits.depth}")
        self._say(f"go {' '.join(parts)}")
        # on a busy machine much time may pass while a program computes for little
        answer = self._hear(_PATIENCE + 20 * (limits.seconds or _PATIENCE))
        words = answer.split()
        try:
            return parse_move(words[words.index("move") + 1])
        except (ValueError, IndexError, NotationError):
            raise Faulty(f"it answered go by: {answer}") from None

    def close(self) -> None:
        """End it."""
        if self._process.stdin:
            with suppress(OSError):  # what was not written yet is of no use to anybody
                self._process.stdin.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def _listen(self) -> None:
        if self._process.stdout:
            for line in self._process.stdout:
                if answer := line.strip():
                    self._answers.put(answer)
        self._answers.put(None)

    def _say(self, text: str) -> None:
        if self._process.stdin is None:
            raise Faulty("it cannot be spoken to")
        try:
            self._process.stdin.write(f"{text}\n")
            self._process.stdin.flush()
        except OSError as error:
            raise Faulty("it has ended") from error

    def _hear(self, seconds: float) -> str:
        try:
            answer = self._answers.get(timeout=seconds)
        except Empty:
            raise Faulty("it does not answer") from None
        if answer is None:
            raise Faulty("it has ended")
        return answer
