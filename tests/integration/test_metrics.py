"""What Prometheus reads: the time of commits above all, on a port that nobody else sees."""

import asyncio
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest

from support import games, matches
from support.naive import Game
from support.opponents import GENTLE, answered, invite
from support.players import Players
from support.server import COMMAND, free_port, running


def read(port: int) -> dict[str, float]:
    """The numbers by name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


async def test_commits_are_timed_and_counted(tmp_path: Path, database_kind: str) -> None:
    port = free_port()
    with running(tmp_path, database_kind, UTTT_METRICS_PORT=str(port)) as server:
        players = Players(server)
        ann, bob = await players.accounts("ann", "bob")
        match_id = await matches.start(ann, bob)
        before = read(port)
        await matches.play_out(ann, bob, match_id, games.WON_BY_A)
        after = read(port)
        # the move that ends it is written with the ends, which on servers is another lane
        ends = 0 if database_kind == "sqlite" else 1
        name = 'uttt_commit_size_sum{lane="moves"}'
        written = after[name] - before.get(name, 0)
        assert written >= len(games.WON_BY_A) - ends
        count = after['uttt_commit_seconds_count{lane="moves"}']
        seconds = after['uttt_commit_seconds_sum{lane="moves"}']
        assert 0 < seconds / count < 1
        assert after['uttt_commit_seconds_bucket{lane="moves",le="+Inf"}'] == count
        if database_kind != "sqlite":
            assert after['uttt_commit_seconds_count{lane="changes"}'] >= 3  # two accounts, a match
        assert after["uttt_database_up"] == 1
        assert after["uttt_connections"] == 2
        assert after["process_resident_memory_bytes"] > 1_000_000
        await players.close()


async def test_bots_are_counted_and_timed(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, UTTT_METRICS_PORT=str(port), UTTT_BOT_DELAY="1ms") as server:
        players = Players(server)
        ann = await players.guest("ann")
        match_id = await invite(ann)
        before = read(port)
        await answered(ann, match_id, Game(), (1, 1, 1, 1))
        name = f'uttt_bot_moves_total{{bot="{GENTLE}"}}'
        async with asyncio.timeout(5):
            while (after := read(port)).get(name, 0) != 1:  # noqa: ASYNC110 - counted a moment later
                await asyncio.sleep(0.01)
        assert name not in before
        assert after["uttt_bot_move_seconds_count"] == 1
        assert after['uttt_engine_seconds_count{kind="bot"}'] == 1
        assert after['uttt_engine_waiting{kind="bot"}'] == 0
        assert after.get('uttt_engine_failures_total{kind="bot"}', 0) == 0
        await players.close()


async def test_the_public_port_shows_none(tmp_path: Path) -> None:
    with running(tmp_path, UTTT_METRICS_PORT=str(free_port())) as server:
        assert server.get("/metrics") == 404


def test_metrics_port_that_is_taken_is_a_clear_failure(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, UTTT_METRICS_PORT=str(port)) as server:
        second = subprocess.run(
            [COMMAND, "serve"],
            env={**server.environment, "UTTT_PORT": str(free_port())},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert second.returncode == 1
        assert re.search(rf"uttt: cannot show metrics on 127.0.0.1 port {port}: ", second.stderr)
        assert "Traceback" not in second.stderr


@pytest.mark.parametrize("port", ["-1", "65536", "many"])
def test_ports_that_are_none(tmp_path: Path, port: str) -> None:
    done = subprocess.run(
        [COMMAND, "serve"],
        env={"UTTT_METRICS_PORT": port},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 1
    assert "UTTT_METRICS_PORT" in done.stderr
