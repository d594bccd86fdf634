"""The numbers of move sequences, known from independent programs."""

import json
from pathlib import Path
from typing import Any

import pytest

from uttt.rules.position import perft, play, start
from uttt.rules.rulesets import MOST_BOARDS, OPEN, STANDARD, Ruleset

TO_PLY_5 = [1, 81, 720, 6336, 55080, 473256]
CASES = json.loads((Path(__file__).parents[2] / "perft_positions.json").read_text())


@pytest.mark.parametrize("ruleset", [STANDARD, MOST_BOARDS])
def test_perft_to_ply_7_where_won_boards_close(ruleset: Ruleset) -> None:
    counts = [perft(start(ruleset), depth) for depth in range(8)]
    assert counts == [*TO_PLY_5, 4020960, 33782544]


def test_perft_to_ply_7_where_won_boards_stay_open() -> None:
    counts = [perft(start(OPEN), depth) for depth in range(8)]
    assert counts == [*TO_PLY_5, 4017888, 33702480]


def test_there_are_24_cases() -> None:
    assert len(CASES) == 24


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"ply-{len(case['moves'])}")
def test_perft_of_positions_from_games(case: dict[str, Any]) -> None:
    position = start()
    for move in case["moves"]:
        position = play(position, move)
    assert position.forced == case["forced"]
    assert [perft(position, depth) for depth in (1, 2, 3, 4)] == case["perft"]
