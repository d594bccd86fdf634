"""The command of the README: `uttt serve` with nothing set but the port, and how it ends."""

import os
import signal
import sqlite3
import subprocess
from pathlib import Path

from support import games, matches
from support.players import Players
from support.server import COMMAND, Server, running, serving


async def test_defaults_in_an_empty_directory(tmp_path: Path) -> None:
    """Two clients play a whole game; what they did is in uttt.db of the working directory."""
    with serving(Server(tmp_path, {"PATH": os.environ["PATH"]})) as server:
        players = Players(server)
        ann, bob = await players.accounts("ann", "bob")
        match_id = await matches.start(ann, bob)
        _, won, lost = await matches.play_out(ann, bob, match_id, games.WON_BY_A)
        assert (won["elo"], lost["elo"]) == (1010, 990)
        server.terminate()
        for client in (ann, bob):
            await client.expect_close(1001)
        await players.close()
    assert (tmp_path / "uttt.db").is_file()
    with sqlite3.connect(tmp_path / "uttt.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


async def test_interrupt_ends_it_like_terminate(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        players = Players(server)
        ann = await players.guest("ann")
        server.terminate(signal.SIGINT)
        await ann.expect_close(1001)
        await players.close()


def test_port_that_is_taken_is_a_clear_failure(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        second = subprocess.run(
            [COMMAND, "serve"],
            env=server.environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert second.returncode != 0
        assert str(server.port) in second.stdout + second.stderr
        assert "Traceback" not in second.stdout + second.stderr


def test_setting_that_makes_no_sense_is_a_clear_failure(tmp_path: Path) -> None:
    for name, value in (
        ("UTTT_PORT", "many"),
        ("UTTT_SESSION_LIFETIME", "soon"),
        ("UTTT_DATABASE_URL", "nonsense"),
        ("UTTT_RATE_LIMITS", "perhaps"),
    ):
        failed = subprocess.run(
            [COMMAND, "serve"],
            env={"PATH": "/usr/bin:/bin", name: value},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert failed.returncode != 0, name
        assert "Traceback" not in failed.stdout + failed.stderr


def test_help_names_the_command() -> None:
    shown = subprocess.run([COMMAND, "--help"], capture_output=True, text=True, check=True)
    assert "serve" in shown.stdout
