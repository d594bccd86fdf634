"""What a worker process is asked and what it answers: lines of JSON, in both directions.

An order holds a position, in the notation of positions, and either the limits of a search or the
name of a level that is to choose a move. Only texts and values; who runs the process is elsewhere.
"""

import json
from dataclasses import asdict
from typing import Any, Final, NamedTuple

from uttt.engine.verdict import Limits, Proof, Verdict
from uttt.rules.notation import format_position, parse_setup
from uttt.rules.position import Position


class Search(NamedTuple):
    """Search this position. Answered by a Verdict."""

    position: Position
    limits: Limits


class Choose(NamedTuple):
    """Choose the move that the opponent `level` makes. Answered by a move 0..80."""

    position: Position
    level: str


READY: Final = b'{"ready":true}\n'
"""What a worker says first, before it is asked anything."""
Order = Search | Choose
Answer = Verdict | int


class Failure(Exception):
    """The worker answered that it could not do it; the message says why."""


def write_order(order: Order) -> bytes:
    """Return the line, with its end."""
    line: dict[str, Any] = {"position": format_position(order.position)}
    if isinstance(order, Search):
        line["limits"] = asdict(order.limits)
    else:
        line["level"] = order.level
    return _line(line)


def read_order(line: bytes) -> Order:
    """Return what a line asks for. Raises ValueError, KeyError or TypeError if it is none."""
    order = json.loads(line)
    position = parse_setup(order["position"])
    if "level" in order:
        return Choose(position, order["level"])
    return Search(position, Limits(**order["limits"]))


def write_answer(answer: Answer) -> bytes:
    """Return the line, with its end."""
    if isinstance(answer, int):
        return _line({"move": answer})
    proof = None if answer.proof is None else answer.proof.value
    return _line({"verdict": {**asdict(answer), "proof": proof}})


def write_failure(message: str) -> bytes:
    """Return the line that says that the order could not be carried out."""
    return _line({"failure": message})


def read_answer(line: bytes) -> Answer:
    """Return what a line answers. Raises Failure, or ValueError, KeyError or TypeError if it is no
    answer.
    """
    answer = json.loads(line)
    if "failure" in answer:
        raise Failure(answer["failure"])
    if "move" in answer:
        return int(answer["move"])
    verdict = answer["verdict"]
    proof = None if verdict["proof"] is None else Proof(verdict["proof"])
    return Verdict(**{**verdict, "proof": proof, "line": tuple(verdict["line"])})


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
