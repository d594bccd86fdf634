"""`uttt backup`, `uttt restore`, `uttt database status` and `upgrade`, as a host meets them."""

import random
import re
import resource
import signal
import stat
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, insert
from sqlalchemy.engine import make_url

import samples
from broken_backups import BROKEN, compose, parse, tables
from command import failed, succeeded, uttt
from databases import KINDS, database
from support.server import COMMAND, running
from uttt.storage import backends, schema
from uttt.storage.backups.file import new_file
from uttt.storage.backups.writing import NotWritten
from uttt.storage.tables import metadata

HEAD = schema.head()
ROOM = 48 * 1024
"""Bytes that a file may have: enough for what SQLite writes to read, too few for `bulky`."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory with a database that has rows in all tables, and a backup of it."""
    samples.create(make_url(f"sqlite:///{tmp_path}/uttt.db"), HEAD)
    succeeded(uttt(tmp_path, "backup", "backup.gz"))
    return tmp_path


@pytest.fixture
def bulky(home: Path) -> Path:
    """The same, with more in it than fits into a pipe."""

    def fill(connection: Connection) -> None:
        rows = [
            {"token_hash": random.randbytes(32), "player_id": 1, "created_at": 1, "seen_at": 1}
            for _ in range(6000)
        ]
        connection.execute(insert(metadata.tables["sessions"]), rows)

    backends.run(make_url(f"sqlite:///{home}/uttt.db"), fill)
    return home


def names(directory: Path) -> set[str]:
    """The files but those of the database."""
    return {path.name for path in directory.iterdir() if not path.name.startswith("uttt.db")}


def test_backup_and_restore(home: Path) -> None:
    assert stat.S_IMODE((home / "backup.gz").stat().st_mode) == 0o600
    assert names(home) == {"backup.gz"}
    assert "4 players, 4 matches" in succeeded(uttt(home, "restore", "backup.gz", "--verify"))
    assert names(home) == {"backup.gz"}
    said = succeeded(uttt(home, "restore", "backup.gz", "--database-url", "sqlite:///new.db"))
    assert "4 players, 4 matches" in said
    assert stat.S_IMODE((home / "new.db").stat().st_mode) == 0o600
    assert samples.stored(make_url(f"sqlite:///{home}/new.db")) == {
        **samples.stored(make_url(f"sqlite:///{home}/uttt.db")),
        "nodes": [],
        "analyses": [],
    }


def test_through_pipes(home: Path) -> None:
    done = subprocess.run(
        [COMMAND, "backup", "-"], cwd=home, capture_output=True, check=True, timeout=30
    )
    assert b"Backed up" in done.stderr
    assert tables(parse(done.stdout)) == tables(parse((home / "backup.gz").read_bytes()))
    new = ("--database-url", "sqlite:///new.db")
    assert "4 players" in succeeded(uttt(home, "restore", "-", *new, stdin=done.stdout))
    assert "sound" in succeeded(uttt(home, "restore", "-", "--verify", stdin=done.stdout))


def test_a_file_that_is_there_is_kept(home: Path) -> None:
    (home / "precious").write_text("do not touch")
    assert "--force" in failed(uttt(home, "backup", "precious"))
    assert (home / "precious").read_text() == "do not touch"
    succeeded(uttt(home, "backup", "precious", "--force"))
    succeeded(uttt(home, "restore", "precious", "--verify"))
    assert stat.S_IMODE((home / "precious").stat().st_mode) == 0o600
    (home / "folder").mkdir()
    assert "not a file" in failed(uttt(home, "backup", "folder", "--force"))


def test_what_a_killed_backup_has_left_is_replaced(home: Path) -> None:
    (home / "new.gz.part").write_text("half of a backup")
    (home / "new.gz.part").chmod(0o644)
    succeeded(uttt(home, "backup", "new.gz"))
    assert names(home) == {"backup.gz", "new.gz"}
    assert stat.S_IMODE((home / "new.gz").stat().st_mode) == 0o600
    succeeded(uttt(home, "restore", "new.gz", "--verify"))


def test_a_disk_that_is_full(bulky: Path) -> None:
    def shrink() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))

    command = [COMMAND, "backup", "new.gz"]
    done = subprocess.run(
        command, cwd=bulky, stderr=subprocess.PIPE, text=True, check=False, preexec_fn=shrink
    )
    assert (done.returncode, done.stderr) == (1, "uttt: new.gz was not written: File too large\n")
    assert names(bulky) == {"backup.gz"}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [COMMAND, "backup", "-"],
            cwd=bulky, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "uttt: - was not written: No space left on device\n"


def test_a_place_that_does_not_exist(home: Path) -> None:
    assert "No such file" in failed(uttt(home, "backup", "nowhere/backup.gz"))
    assert "No such file" in failed(uttt(home, "restore", "nowhere", "--verify"))
    assert "no tables" in failed(
        uttt(home, "backup", "new.gz", "--database-url", "sqlite:///nothing.db")
    )
    assert names(home) == {"backup.gz"}


def test_interrupted(bulky: Path) -> None:
    """A pipe that nobody reads holds the backup up until it is interrupted."""
    with subprocess.Popen(
        [COMMAND, "backup", "-"], cwd=bulky, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        first = process.stdout.read(1)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(20) != 0
    half = uttt(bulky, "restore", "-", "--verify", stdin=first + rest)
    assert re.search("cut off|damaged|file ends", failed(half))


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError, NotWritten])
@pytest.mark.parametrize("there", [True, False])
def test_a_file_that_is_not_finished_is_none(
    tmp_path: Path, failure: type[BaseException], there: bool
) -> None:
    path = tmp_path / "backup.gz"
    if there:
        path.write_bytes(b"the one before")

    def write_half() -> None:
        with new_file(path, replace=True) as stream:
            stream.write(b"half of a backup")
            stream.flush()
            assert names(tmp_path) == {"backup.gz.part"} | ({"backup.gz"} if there else set())
            raise failure

    with pytest.raises(failure):
        write_half()
    assert names(tmp_path) == ({"backup.gz"} if there else set())
    assert not there or path.read_bytes() == b"the one before"


def test_two_backups_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "backup.gz"
    with new_file(path, replace=False) as stream:
        stream.write(b"the first")
        with pytest.raises(FileExistsError, match="another backup"):
            new_file(path, replace=False).__enter__()
    assert path.read_bytes() == b"the first"
    with pytest.raises(FileExistsError, match="there already"), new_file(path, replace=False):
        pass


@pytest.mark.parametrize("name", ["a move of no match", "a newer format", "another digest"])
def test_files_that_are_refused(home: Path, name: str) -> None:
    broken = compose(BROKEN[name].change(parse((home / "backup.gz").read_bytes())))
    (home / "broken.gz").write_bytes(broken)
    assert "cannot be restored" in failed(uttt(home, "restore", "broken.gz", "--verify"))
    new = ("--database-url", "sqlite:///new.db")
    assert "nothing was restored" in failed(uttt(home, "restore", "broken.gz", *new))
    succeeded(uttt(home, "restore", "backup.gz", *new))
    assert "not empty" in failed(uttt(home, "restore", "backup.gz", *new))


@pytest.mark.parametrize("kind", KINDS)
def test_while_a_server_runs(home: Path, tmp_path: Path, kind: str) -> None:
    """It serves an empty database: nothing is restored under it, and status shows it."""
    place = tmp_path / "server"
    place.mkdir()
    with database(kind, place) as url:
        address = ("--database-url", url.render_as_string(hide_password=False))
        assert "empty" in succeeded(uttt(home, "database", "status", *address))
        with running(place, UTTT_DATABASE_URL=address[1], UTTT_BOTS="off") as server:
            said = failed(uttt(home, "restore", "backup.gz", *address))
            assert ("has the database open" if kind == "sqlite" else str(server.port)) in said
            status = succeeded(uttt(home, "database", "status", *address))
            for text in ("current", HEAD, f":{server.port}", "program"):
                assert text in status
        assert str(server.port) not in succeeded(uttt(home, "database", "status", *address))
        succeeded(uttt(home, "restore", "backup.gz", *address))


@pytest.mark.parametrize("kind", KINDS)
def test_status_of_older_tables(tmp_path: Path, kind: str) -> None:
    with database(kind, tmp_path) as url:
        samples.create(url, "0001")
        address = ("--database-url", url.render_as_string(hide_password=False))
        status = succeeded(uttt(tmp_path, "database", "status", *address))
        for text in ("older", "0001", HEAD):
            assert text in status
        succeeded(uttt(tmp_path, "database", "upgrade", *address))
        assert "current" in succeeded(uttt(tmp_path, "database", "status", *address))


def test_upgrade_by_force(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path}/uttt.db")
    samples.create(url, "0001")
    with create_engine(url).connect() as held:
        held.exec_driver_sql("SELECT * FROM players").fetchall()
        assert "has the database open" in failed(uttt(tmp_path, "database", "upgrade"))
        succeeded(uttt(tmp_path, "database", "upgrade", "--force"))
    assert samples.stored(url) == samples.upgraded("0001")
