"""What clients are shown of an analysis: each value in its place, numbers that say no more than
is known.
"""

from typing import Any

import msgspec

from node import START
from uttt.domain.analysis import Analysis
from uttt.domain.match import Fixture, Player
from uttt.domain.refusals import EXPLANATIONS, Code
from uttt.engine.judgement import Certain, JudgedMove, Word
from uttt.rules.notation import parse_setup
from uttt.rules.position import Position
from uttt.rules.rulesets import MOST_BOARDS
from uttt.wire.analysis import analysis_data, analysis_failure

MOVE = JudgedMove(
    40, 0.123456789, None, 36, 2 / 3, (36, 4, 40), Word.BLUNDER, lost_by_force=False
)  # fmt: skip
LAST = JudgedMove(36, 1.0, Certain.FIRST, 36, 1.0, (36,), None, lost_by_force=True)
SETUP = "9/9/9/3o5/4x4/9/9/9/9 ......... x 0 d4 standard"


def shown(analysis: Analysis, setup: Position | None = None) -> Any:
    players = Player(1, "ann", registered=False), Player(2, "bob", registered=True)
    fixture = Fixture(
        7, "the-id", MOST_BOARDS, players, ranked=False, created_at=START, setup=setup
    )
    return msgspec.to_builtins(analysis_data(fixture, analysis))


def test_all_of_it() -> None:
    assert shown(Analysis("an engine", 0.5, Certain.DRAW, (MOVE, LAST), 1)) == {
        "match_id": "the-id",
        "ruleset": "most-boards",
        "setup": None,
        "engine": "an engine",
        "start": {"chance": 0.5, "proof": "draw"},
        "moves": [
            {
                "move": 40, "chance": 0.1235, "proof": None, "best": 36, "best_chance": 0.6667,
                "line": [36, 4, 40], "judgement": "blunder", "lost_by_force": False,
            },
            {
                "move": 36, "chance": 1.0, "proof": "first", "best": 36, "best_chance": 1.0,
                "line": [36], "judgement": None, "lost_by_force": True,
            },
        ],
        "turning_point": 1,
    }  # fmt: skip


def test_where_it_began() -> None:
    found = shown(Analysis("an engine", 0.5, None, (), None), parse_setup(SETUP))
    assert (found["setup"], found["start"]["proof"], found["turning_point"]) == (SETUP, None, None)


def test_a_failure_has_its_explanation() -> None:
    for code in (Code.ANALYSIS_FAILED, Code.BUSY, Code.UNAVAILABLE, Code.INTERNAL):
        failure = analysis_failure("the-id", code)
        assert (failure.match_id, failure.code) == ("the-id", code.value)
        assert failure.msg == EXPLANATIONS[code]
