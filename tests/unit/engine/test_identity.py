"""The name of the engine tells engines apart that may say different things."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from uttt.engine import identity as module
from uttt.engine.identity import identity


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    identity.cache_clear()
    yield
    identity.cache_clear()


def test_each_network_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMPILED", True)
    network = tmp_path / "some.net"
    monkeypatch.setattr(module, "SHIPPED", network)
    names = [identity("1.2.3")]
    for content in (b"one", b"two"):
        network.write_bytes(content)
        identity.cache_clear()
        names.append(identity("1.2.3"))
    assert names[0] == "uttt 1.2.3"
    assert names[1] == "uttt 1.2.3, net 7a6c86f1"
    assert len(set(names)) == 3
    assert identity("1.2.4") != identity("1.2.3")


def test_the_slow_one_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMPILED", False)
    assert identity("1.2.3") == "uttt 1.2.3, not compiled"


def test_it_fits_its_column() -> None:
    assert len(identity("123.456.789.dev0+g1234567")) <= 64
