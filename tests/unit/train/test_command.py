"""The command: what it notes of itself, and that it does not mix games up."""

import sys
from pathlib import Path

import pytest
from train import __main__ as command
from train.records import RECORD_BYTES

from uttt.engine import weights
from uttt.engine.contest import Tally


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "_commit", lambda: "abcdef0")


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["train", *words])
    return command.main()


def play(monkeypatch: pytest.MonkeyPatch, out: str, *words: str) -> int:
    few = ("--positions", "60", "--nodes", "20", "--jobs", "1")
    return run(monkeypatch, "play", "--out", out, *few, *words)


def test_a_network_tells_the_commands_and_the_records_that_it_was_made_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert play(monkeypatch, "old") == 0
    assert play(monkeypatch, "new one", "--seed", "2") == 0
    fit = ("fit", "--out", "new one", "--also", "old", "--passes", "1", "--jobs", "1")
    assert run(monkeypatch, *fit) == 0
    old, new = (
        (tmp_path / name / "0.records").stat().st_size // RECORD_BYTES
        for name in ("old", "new one")
    )
    net = tmp_path / "new one" / "weights.net"
    learned = weights.read(net).provenance
    assert learned["command"] == (
        "python -m train fit --out 'new one' --also old --passes 1 --jobs 1"
    )
    assert learned["also"] == [{"name": "old", "positions": old}]
    assert learned["positions"] == old + new
    assert learned["nodes"] == 20
    assert learned["match"] is None

    won = Tally()
    for _ in range(100):
        won = won.with_pair(1.0, 0.5)
    monkeypatch.setattr("train.gate.contest", lambda *_, **__: won)
    assert run(monkeypatch, "gate", "--out", "new one") == 0
    passed = weights.read(net).provenance
    assert passed["match_command"] == "python -m train gate --out 'new one'"
    assert passed["match"].startswith("+100 =100 -0")
    assert {**passed, "match": None, "match_command": None} == {**learned, "match_command": None}


def test_records_of_the_same_games_are_used_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert play(monkeypatch, "here") == 0
    records = tmp_path / "here" / "0.records"
    before = records.stat().st_mtime_ns
    assert play(monkeypatch, "here") == 0
    assert records.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (("--seed", "2"), "seed is 1, not 2"),
        (("--nodes", "30"), "nodes is 20, not 30"),
        (("--positions", "70"), "positions is 60, not 70"),
        (("--parent", str(weights.SHIPPED)), "parent is None, not "),
    ],
)
def test_records_of_other_games_are_refused(
    other: tuple[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert play(monkeypatch, "here") == 0
    assert play(monkeypatch, "here", *other) == 2
    assert f"here has records of other games: {said}" in capsys.readouterr().err


def test_records_of_unknown_games_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("here").mkdir()
    Path("here/0.records").write_bytes(bytes(RECORD_BYTES))
    assert play(monkeypatch, "here") == 2
    assert "no games.json" in capsys.readouterr().err
