"""Training: gradients, symmetry, a loss that falls, and the same answers from the file."""

import json
import random
from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from train import export, fitting, parts, schedule, selfplay
from train.evaluation import use
from train.patterns import OPEN_PATTERNS
from train.records import RECORD_BYTES, observe, pack

from uttt.engine import weights as engine_file
from uttt.engine.compiled import network
from uttt.engine.compiled.searcher import Searcher
from uttt.rules.position import Position, legal_moves, play, start

_TRUST = 0.75


def _positions(games: int, seed: int) -> list[Position]:
    """Positions of random games."""
    chance = random.Random(seed)
    found = []
    for _ in range(games):
        position = start()
        while position.result is None:
            found.append(position)
            position = play(position, chance.choice(legal_moves(position)))
    return found


def _record(position: Position, *, result: int = 1, score: int = -130) -> bytes:
    return pack(observe(position, result=result, score=score))


@pytest.fixture(scope="module", name="weights")
def _weights() -> "array[float]":
    """Random ones in which every part says something."""
    made = schedule.initial(7)
    chance = random.Random(7)
    for i in range(len(made)):
        made[i] += chance.uniform(-0.05, 0.05)
    return made


def test_the_parts_fill_the_vector_of_weights(weights: "array[float]") -> None:
    places = list(parts.layout().values())
    assert places[0].start == 0
    assert places[-1].stop == len(weights)
    assert all(one.stop == other.start for one, other in pairwise(places))


def test_slopes_are_those_of_finite_differences(weights: "array[float]") -> None:
    chance = random.Random(3)
    touched = set()
    for position in _positions(3, seed=5)[5::9]:
        record = _record(position)
        slopes = array("f", bytes(4 * len(weights)))
        fitting.slopes(weights, record, _TRUST, slopes)
        for name, part in parts.layout().items():
            some = [i for i in range(part.start, part.stop) if abs(slopes[i]) > 0.01]
            for i in chance.sample(some, min(4, len(some))):
                assert _difference(weights, record, i) == pytest.approx(slopes[i], abs=3e-3)
                touched.add(name)
    assert touched == set(parts.layout())


def _difference(weights: "array[float]", record: bytes, i: int, step: float = 2e-3) -> float:
    """The slope of the loss by weight `i`, from two losses."""
    kept = weights[i]
    losses = []
    for side in (1, -1):
        weights[i] = kept + side * step
        losses.append(fitting.measure(weights, record, 0, 1, _TRUST)[0])
    weights[i] = kept
    return (losses[0] - losses[1]) / (2 * step)


def test_a_slope_is_nothing_where_the_record_does_not_look(weights: "array[float]") -> None:
    slopes = array("f", bytes(4 * len(weights)))
    fitting.slopes(weights, _record(start()), _TRUST, slopes)
    rows = parts.layout()["PATTERN"]
    width = parts.shape()["width"]
    touched = {i // width for i in range(rows.stop - rows.start) if slopes[rows.start + i]}
    assert touched == {0}


def test_turned_records_ask_the_turned_network(weights: "array[float]") -> None:
    """What training turns, and what the record of a turned game says, is the same."""
    position = _positions(1, seed=2)[20]
    one = _record(position)
    turned = start()
    # the mirrored game: symmetry 2 swaps left and right
    path = _moves_to(seed=2, plies=20)
    for move in path:
        board, cell = divmod(move, 9)
        turned = play(turned, 9 * (board // 3 * 3 + 2 - board % 3) + cell // 3 * 3 + 2 - cell % 3)
    assert fitting.logit(weights, one, 2) == pytest.approx(
        fitting.logit(weights, _record(turned)), abs=1e-5
    )


def _moves_to(seed: int, plies: int) -> list[int]:
    chance = random.Random(seed)
    position = start()
    moves = []
    while len(moves) < plies:
        moves.append(chance.choice(legal_moves(position)))
        position = play(position, moves[-1])
    return moves


@pytest.fixture(name="in_use")
def _in_use(weights: "array[float]", tmp_path: Path) -> Iterator[Path]:
    """The file of these weights, by which the engine evaluates meanwhile."""
    path = tmp_path / "some.net"
    export.write(path, weights, {"name": "some"})
    use(path)
    yield path
    use(engine_file.SHIPPED if engine_file.SHIPPED.exists() else None)


def test_the_engine_says_what_the_trainer_says(weights: "array[float]", in_use: Path) -> None:
    assert engine_file.read(in_use).provenance == {"name": "some"}
    assert in_use.stat().st_size < 3_000_000
    off = []
    for position in _positions(20, seed=11):
        exact = 400 * fitting.logit(weights, _record(position))
        off.append(abs(network.value(position) - exact))
    assert sum(off) / len(off) < 10  # of 400 to a logit: what rounding to small integers costs
    assert max(off) < 60


@pytest.mark.usefixtures("in_use")
def test_lanes_kept_up_to_date_are_lanes_added_up() -> None:
    for seed in range(20):
        moves = _moves_to(seed, plies=25)
        values = network.values_along(start(), moves)
        position = start()
        for move, value in zip(moves, values, strict=True):
            position = play(position, move)
            assert value == network.value(position)


def test_a_network_with_a_part_missing_is_not_written(
    weights: "array[float]", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "OPEN_PATTERNS", OPEN_PATTERNS[:-1])
    with pytest.raises(ValueError, match="PATTERN has"):
        export.write(tmp_path / "some.net", weights, {})


def test_wrong_arrays_are_refused(weights: "array[float]") -> None:
    with pytest.raises(ValueError, match="weights"):
        fitting.logit(weights[:-1], _record(start()))
    with pytest.raises(ValueError, match="fewer records"):
        fitting.measure(weights, _record(start()), 0, 2, _TRUST)


def test_training_on_games_lowers_the_loss(tmp_path: Path) -> None:
    games = selfplay.Games(1500, nodes=60, seed=3)
    searcher = Searcher(1)
    chance = random.Random(games.seed)
    data = bytearray()
    while len(data) < games.positions * RECORD_BYTES:
        for record in selfplay.play_game(searcher, games, chance):
            data += pack(record)
    trained = schedule.initial(1)
    before = fitting.measure(trained, data, 0, games.positions, _TRUST)[0]
    told: list[schedule.Progress] = []
    schedule.train(trained, data, schedule.Plan(passes=4, threads=1), told.append)
    after = fitting.measure(trained, data, 0, games.positions, _TRUST)[0]
    assert [progress.done for progress in told] == [1, 2, 3, 4]
    assert after < before - 0.02
    assert told[-1].loss < before
    export.write(tmp_path / "trained.net", trained, {"name": "trained"})
    assert json.loads(json.dumps(engine_file.read(tmp_path / "trained.net").provenance))


def test_one_thread_gives_the_same_weights_again() -> None:
    data = bytearray(b"".join(_record(position) for position in _positions(4, seed=1)))
    runs = []
    for _ in range(2):
        trained = schedule.initial(2)
        schedule.train(trained, data, schedule.Plan(passes=2, threads=1), lambda _: None)
        runs.append(trained.tobytes())
    assert runs[0] == runs[1]
