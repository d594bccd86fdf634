"""Orders and answers of workers come out of their lines as they went in."""

import pytest

from uttt.engine import Limits, Proof, Verdict
from uttt.engine.orders import (
    Choose,
    Failure,
    Search,
    read_answer,
    read_order,
    write_answer,
    write_failure,
    write_order,
)
from uttt.rules.notation import parse_game

POSITION = parse_game("e5 d4 b2")[0]


@pytest.mark.parametrize(
    "order",
    [
        Search(POSITION, Limits(depth=3)),
        Search(POSITION, Limits(seconds=0.5, nodes=10, depth=1)),
        Choose(POSITION, "bot-chick"),
    ],
)
def test_orders(order: Search | Choose) -> None:
    line = write_order(order)
    assert line.count(b"\n") == 1
    assert read_order(line) == order


@pytest.mark.parametrize(
    "answer",
    [
        80,
        0,
        Verdict(4, 0.75, None, None, 3, 1000, (4, 5, 6)),
        Verdict(4, 1.0, Proof.WIN, 3, 3, 1000, (4,)),
    ],
)
def test_answers(answer: Verdict | int) -> None:
    line = write_answer(answer)
    assert line.count(b"\n") == 1
    assert read_answer(line) == answer


def test_a_failure_is_raised() -> None:
    with pytest.raises(Failure, match="no memory"):
        read_answer(write_failure("no memory"))


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b'{"verdict": {}}', b'{"position": "9"}'])
def test_what_is_neither_is_refused(line: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_answer(line)
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_order(line)
