"""The server is started while its database is away: it says so in one line and ends."""

import time
from pathlib import Path

import pytest

from command import uttt
from support.cut import Network
from support.database_server import KINDS
from support.server import free_port


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["down", "silent"])
def test_it_ends_with_one_line(tmp_path: Path, kind: str, how: str) -> None:
    network = Network(free_port())
    if how == "silent":
        network.silence()
    else:
        network.refuse()
    url = f"{kind}://somebody@127.0.0.1:{network.port}/uttt"
    started = time.monotonic()
    outcome = uttt(tmp_path, "serve", UTTT_DATABASE_URL=url, UTTT_PORT="0")
    network.close()
    assert outcome.code == 1
    assert time.monotonic() < started + 15
    (line,) = outcome.said.splitlines()
    assert "the database cannot be used" in line
