"""An installation without the extras for database servers: all works on SQLite, and a URL that
needs an extra says which.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from support.players import Players
from support.server import Server, serving

WITHOUT_EXTRAS = """
import sys
for name in ("greenlet", "asyncpg", "asyncmy"):
    sys.modules[name] = None
from uttt.cli import main
main()
"""


def run(directory: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS, *arguments],
        cwd=directory,
        env={},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class BareServer(Server):
    """The server in such an installation."""

    command = (sys.executable, "-c", WITHOUT_EXTRAS, "serve")


async def test_sqlite_needs_none(tmp_path: Path) -> None:
    made = run(tmp_path, "database", "create", "--database-url", "sqlite:///uttt.db")
    assert (made.returncode, made.stderr) == (0, "")
    with serving(BareServer(tmp_path, {"UTTT_HOST": "127.0.0.1"})) as server:
        players = Players(server)
        await players.account("ann")
        await players.close()
    backed_up = run(tmp_path, "backup", "--database-url", "sqlite:///uttt.db", "all.gz")
    assert backed_up.returncode == 0, backed_up.stderr


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (("database", "create", "--database-url", "postgresql://a@b/c"), "postgresql"),
        (("database", "create", "--database-url", "mariadb://a@b/c"), "mariadb"),
        (("serve", "--database-url", "mysql://a@b/c"), "mariadb"),
        (("import-classic", "mysql://a@b/c"), "mariadb"),
    ],
)
def test_what_needs_an_extra_names_it(tmp_path: Path, command: tuple[str, ...], extra: str) -> None:
    done = run(tmp_path, *command)
    assert done.returncode == 1
    assert done.stderr.startswith("uttt: ")
    assert done.stderr.endswith(f"pip install 'uttt[{extra}]'\n")
    assert done.stderr.count("\n") == 1
