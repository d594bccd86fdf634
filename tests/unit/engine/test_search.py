"""What a search promises beside good moves: limits, an end when told, the same answer twice."""

import random
import subprocess
import sys
import threading
import time

import pytest

from uttt.engine.plain import PlainSearch
from uttt.engine.search import COMPILED, Engine
from uttt.engine.verdict import Limits, Proof
from uttt.rules.notation import parse_game
from uttt.rules.position import LINES, Position, Result, legal_moves, play, start
from uttt.rules.rulesets import RULESETS

MIDDLE = parse_game("e5 d4 b2 e6 d9 b8 e4 e2 d5")[0]


@pytest.fixture
def engine() -> Engine:
    return Engine(megabytes=4)


def test_the_core_is_compiled_here() -> None:
    """All the rest would be tested on the fallback, else."""
    assert COMPILED


@pytest.mark.parametrize("name", RULESETS)
def test_it_moves_from_the_first_move_to_the_last(engine: Engine, name: str) -> None:
    position = start(RULESETS[name])
    while position.result is None:
        verdict = engine.search(position, Limits(nodes=500))
        assert verdict.line[0] == verdict.move
        position = play(position, verdict.move)


def test_lines_are_legal(engine: Engine) -> None:
    position = MIDDLE
    verdict = engine.search(position, Limits(depth=8))
    assert len(verdict.line) > 1
    for move in verdict.line:
        assert move in legal_moves(position)
        position = play(position, move)


def test_limits_of_depth_and_nodes_hold(engine: Engine) -> None:
    assert engine.search(MIDDLE, Limits(depth=3)).depth == 3
    assert engine.search(MIDDLE, Limits(nodes=5_000)).nodes <= 5_010
    assert engine.search(MIDDLE, Limits(nodes=1)).move in legal_moves(MIDDLE)


def test_a_limit_of_time_holds(engine: Engine) -> None:
    busy = Engine(processor_time=True)
    before = time.thread_time()
    busy.search(MIDDLE, Limits(seconds=0.1))
    assert 0.08 < time.thread_time() - before < 0.15
    before = time.monotonic()
    engine.search(MIDDLE, Limits(seconds=0.1))
    assert time.monotonic() - before > 0.08


def test_the_same_question_has_the_same_answer() -> None:
    first, second = (Engine().search(MIDDLE, Limits(nodes=50_000)) for _ in range(2))
    assert first == second
    engine = Engine()
    engine.search(start(), Limits(nodes=10_000))
    engine.new_game()
    assert engine.search(MIDDLE, Limits(nodes=50_000)) == first


def test_ranked_moves_are_all_legal_ones_best_first(engine: Engine) -> None:
    ranked = engine.rank(MIDDLE, Limits(nodes=50_000))
    assert sorted(verdict.move for verdict in ranked) == legal_moves(MIDDLE)
    chances = [verdict.chance for verdict in ranked]
    assert chances == sorted(chances, reverse=True)
    assert all(verdict.line[0] == verdict.move for verdict in ranked)


def test_stop_ends_a_search_from_another_thread_and_others_run_meanwhile(engine: Engine) -> None:
    """The search holds the GIL nowhere, else the loop here would stand still."""
    verdicts = []
    thread = threading.Thread(
        target=lambda: verdicts.append(engine.search(MIDDLE, Limits(seconds=60)))
    )
    thread.start()
    time.sleep(0.05)
    turns, until = 0, time.thread_time() + 0.05
    while time.thread_time() < until:  # 50 ms of computing of this thread, beside the search
        turns += 1
    began = time.monotonic()
    engine.stop()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert time.monotonic() - began < 5
    assert turns > 1_000
    assert verdicts[0].move in legal_moves(MIDDLE)


def test_a_stop_that_comes_before_the_search_is_not_lost(engine: Engine) -> None:
    engine.stop()
    before = time.monotonic()
    assert engine.search(MIDDLE, Limits(seconds=60)).move in legal_moves(MIDDLE)
    assert time.monotonic() - before < 10
    assert engine.search(MIDDLE, Limits(depth=4)).depth == 4  # which was not meant
    engine.stop()
    engine.ready()
    assert engine.search(MIDDLE, Limits(depth=4)).depth == 4


def test_ranking_that_is_stopped_proves_nothing(engine: Engine) -> None:
    engine.stop()
    ranked = engine.rank(start(), Limits(seconds=60))
    assert len(ranked) == 81
    assert all(verdict.proof is None for verdict in ranked)


def test_it_sees_a_win_at_once_and_says_so(engine: Engine) -> None:
    for seed in range(200):
        draw, position = random.Random(seed), start()
        while position.result is None:
            before = position
            position = play(position, draw.choice(legal_moves(position)))
        wins = engine.search(before, Limits(depth=1))
        if position.result.value != "draw":
            assert (wins.proof, wins.plies, wins.chance) == (Proof.WIN, 1, 1.0)
            assert play(before, wins.move).result is position.result


def test_no_search_of_a_match_that_is_over_nor_without_a_limit(engine: Engine) -> None:
    draw, position = random.Random(1), start()
    with pytest.raises(ValueError, match="limit"):
        engine.search(position, Limits())
    with pytest.raises(ValueError, match="ahead"):
        engine.search(position, Limits(depth=0))
    while position.result is None:
        position = play(position, draw.choice(legal_moves(position)))
    for ask in (engine.search, engine.rank):
        with pytest.raises(ValueError, match="over"):
            ask(position, Limits(depth=1))


def test_the_plain_search_keeps_its_limits_and_stops() -> None:
    plain = PlainSearch()
    assert plain.search(MIDDLE, Limits(depth=2)).depth == 2
    assert plain.search(MIDDLE, Limits(nodes=100)).nodes <= 120
    threading.Timer(0.1, plain.stop).start()
    before = time.monotonic()
    plain.search(MIDDLE, Limits(seconds=60))
    assert time.monotonic() - before < 10


def test_where_the_core_is_not_compiled_the_plain_search_plays() -> None:
    program = """
import sys
sys.modules["uttt.engine.compiled"] = None  # as if its import failed
from uttt.engine import COMPILED, LEVELS, Engine, Limits, choose
from uttt.rules.position import legal_moves, start
import random
assert not COMPILED
engine = Engine()
assert engine.search(start(), Limits(depth=2)).move in legal_moves(start())
assert len(engine.rank(start(), Limits(depth=1))) == 81
assert choose(engine, LEVELS[2], start(), random.Random(1)) in legal_moves(start())
engine.new_game()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def without_hope() -> Position:
    """A position in which nobody can get a line any more, some moves before the end."""
    draw = random.Random(5)
    while True:
        position, passed = start(), []
        while position.result is None:
            passed.append(position)
            position = play(position, draw.choice(legal_moves(position)))
        early = passed[-8] if position.result is Result.DRAW else passed[0]
        lost = [early.drawn | early.boards_won[1 - player] for player in (0, 1)]
        if all(line & lost[0] and line & lost[1] for line in LINES):
            return early


def test_a_draw_is_worth_less_to_whoever_searches_with_contempt(engine: Engine) -> None:
    hopeless, shallow = without_hope(), Limits(depth=2)
    assert engine.search(hopeless, shallow).chance == 0.5
    assert engine.search(hopeless, shallow, contempt=0.2).chance == pytest.approx(0.3, abs=0.001)
    assert engine.search(hopeless, shallow).chance == 0.5  # it is not remembered so


def test_contempt_is_for_the_side_that_searches(engine: Engine) -> None:
    """The other side likes a draw as much more, and what likely ends in one."""
    even = engine.search(MIDDLE, Limits(depth=8)).chance
    assert engine.search(MIDDLE, Limits(depth=8), contempt=0.2).chance < even - 0.02


def test_the_fallback_has_contempt_too() -> None:
    draw, shallow, lower = random.Random(6), Limits(depth=3), 0
    for _ in range(60):
        position, passed = start(), []
        while position.result is None:
            passed.append(position)
            position = play(position, draw.choice(legal_moves(position)))
        plain = PlainSearch().search(passed[-4], shallow)
        proud = PlainSearch().search(passed[-4], shallow, 0.2)
        assert proud.chance <= plain.chance
        lower += proud.chance < plain.chance
    assert lower


@pytest.mark.parametrize("contempt", [-0.01, 0.26, float("nan")])
def test_contempt_has_bounds(engine: Engine, contempt: float) -> None:
    with pytest.raises(ValueError, match="contempt"):
        engine.search(MIDDLE, Limits(depth=1), contempt=contempt)
