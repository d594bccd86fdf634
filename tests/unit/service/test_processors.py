"""How many processes think by themselves."""

import os
from pathlib import Path

import pytest

from uttt.service import processors as module
from uttt.service.processors import default_workers, processors


@pytest.fixture
def eight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))


@pytest.mark.usefixtures("eight")
@pytest.mark.parametrize(
    ("quota", "cores"),
    [
        (None, 8),
        ("max 100000\n", 8),
        ("250000 100000\n", 2),
        ("50000 100000\n", 1),
        ("1600000 100000\n", 8),
        ("", 8),
        ("1 0\n", 8),
    ],
)
def test_a_container_may_have_less_than_the_machine(
    tmp_path: Path, quota: str | None, cores: int
) -> None:
    path = tmp_path / "cpu.max"
    if quota is not None:
        path.write_text(quota)
    assert processors(path) == cores


def test_where_there_is_no_affinity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert processors(tmp_path / "none") == 3
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert processors(tmp_path / "none") == 1


@pytest.mark.parametrize(("cores", "workers"), [(1, 1), (2, 1), (4, 3), (5, 4), (32, 4)])
def test_one_core_is_left_to_the_server(
    monkeypatch: pytest.MonkeyPatch, cores: int, workers: int
) -> None:
    monkeypatch.setattr(module, "processors", lambda: cores)
    assert default_workers() == workers
