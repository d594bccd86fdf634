"""The command line as a host uses it: every failure is one line and an exit code."""

import os
import re
import socket
import sqlite3
import time
from pathlib import Path

import pytest

from command import failed, succeeded, uttt
from node import new_database
from support.server import Server, running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory with a database that has its tables."""
    new_database(tmp_path)
    return tmp_path


# Help


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--help",), ["serve", "database", "config", "user", "--version", "UTTT_"]),
        (("serve", "--help"), ["--port", "--config", "--certificate", "--key", "SIGHUP"]),
        (("config", "--help"), ["--config"]),
        (("database", "--help"), ["create", "upgrade"]),
        (("user", "--help"), ["list", "show", "delete", "set-password"]),
        (("user", "delete", "--help"), ["--yes", "name"]),
    ],
)
def test_help(tmp_path: Path, arguments: tuple[str, ...], words: list[str]) -> None:
    shown = succeeded(uttt(tmp_path, *arguments))
    assert [word for word in words if word not in shown] == []
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert list(tmp_path.iterdir()) == []


def test_version(tmp_path: Path) -> None:
    assert re.fullmatch(r"uttt \d+\.\d+\.\d+\n", succeeded(uttt(tmp_path, "--version")))


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("user", "nonsense"), ("serve", "--nonsense")]
)
def test_what_there_is_not(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    outcome = uttt(tmp_path, *arguments)
    assert outcome.code != 0
    assert "nonsense" in outcome.err


# Settings


def test_config_shows_each_value_and_its_source(tmp_path: Path) -> None:
    (tmp_path / "uttt.toml").write_text("elo_k = 32\nport = 7000\n")
    shown = succeeded(uttt(tmp_path, "config", UTTT_PORT="7001"))
    lines = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line.split()}
    assert lines["port"] == ["7001", "UTTT_PORT"]
    assert lines["elo_k"] == ["32", "uttt.toml"]
    assert lines["elo_start"] == ["1000", "default"]
    assert lines["certificate"] == ["default"]


def test_config_shows_long_values_whole(tmp_path: Path) -> None:
    url = f"sqlite:///{'very/' * 30}long.db"
    shown = succeeded(uttt(tmp_path, "config", UTTT_DATABASE_URL=url))
    assert url in shown


def test_config_shows_values_as_they_are(tmp_path: Path) -> None:
    """Brackets are no markup, and those of an end tag are no reason to fail."""
    directory = tmp_path / "[bold]" / "[" / "red]"
    directory.mkdir(parents=True)
    for file in ("certificate.pem", "key.pem"):
        (directory / file).write_text("")
    shown = succeeded(
        uttt(
            tmp_path, "config",
            UTTT_CERTIFICATE="[bold]/[/red]/certificate.pem", UTTT_KEY="[bold]/[/red]/key.pem",
        )
    )  # fmt: skip
    assert "[bold]/[/red]/certificate.pem" in shown


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        ("serve", "UTTT_PORT", "70000"),
        ("serve", "UTTT_DATABASE_URL", "nonsense"),
        ("serve", "UTTT_NONSENSE", "1"),
        ("serve", "UTTT_CERTIFICATE", "missing.pem"),
        ("serve", "UTTT_CONFIG", "missing.toml"),
        ("config", "UTTT_PORT", "many"),
        ("database create", "UTTT_PORT", "many"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(
    tmp_path: Path, command: str, name: str, value: str
) -> None:
    assert name in failed(uttt(tmp_path, *command.split(), **{name: value}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("flag", "value"), [("--port", "many"), ("--log-level", "loud"), ("--database-url", "x")]
)
def test_a_wrong_flag_is_named_in_one_line(tmp_path: Path, flag: str, value: str) -> None:
    assert flag in failed(uttt(tmp_path, "serve", flag, value))


def test_a_wrong_file_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "uttt.toml").write_text("port = \n")
    assert "uttt.toml" in failed(uttt(tmp_path, "serve"))
    (tmp_path / "uttt.toml").write_text("prot = 7000\n")
    line = failed(uttt(tmp_path, "serve"))
    assert "prot" in line
    assert "port" in line


# The database


def test_the_database_is_created_and_upgraded(tmp_path: Path) -> None:
    first = succeeded(uttt(tmp_path, "database", "create"))
    assert (tmp_path / "uttt.db").exists()
    second = succeeded(uttt(tmp_path, "database", "create"))
    assert first != second
    succeeded(uttt(tmp_path, "database", "upgrade"))


def test_upgrade_creates_too(tmp_path: Path) -> None:
    succeeded(uttt(tmp_path, "database", "upgrade", "--database-url", "sqlite:///other.db"))
    assert (tmp_path / "other.db").exists()
    assert not (tmp_path / "uttt.db").exists()


def serve_fails(directory: Path, **settings: str) -> str:
    """The last line of a serve that must end by itself with an error, which is all it says."""
    return failed(uttt(directory, "serve", UTTT_PORT="0", UTTT_LOG_LEVEL="error", **settings))


COMMANDS = [("database", "create"), ("database", "upgrade"), ("user", "list")]


def test_a_newer_schema_is_left_alone(home: Path) -> None:
    with sqlite3.connect(home / "uttt.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    assert "newer" in serve_fails(home)
    for command in COMMANDS:
        assert "newer" in failed(uttt(home, *command))


def test_tables_of_another_program_are_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "uttt.db") as database:
        database.execute("CREATE TABLE wp_posts (id INTEGER)")
    database.close()
    serve_fails(tmp_path)
    for command in COMMANDS:
        failed(uttt(tmp_path, *command))


def test_serve_creates_the_tables_of_an_empty_database(tmp_path: Path) -> None:
    """There may already be an empty file."""
    (tmp_path / "uttt.db").touch()
    with running(tmp_path) as server:
        assert server.get("/readyz") == 200
    assert "ann" not in succeeded(uttt(tmp_path, "user", "list"))


@pytest.mark.parametrize("command", [("database", "create"), ("user", "list")])
def test_a_database_that_cannot_be_used(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "garbage.db").write_bytes(b"this is no database at all, just noise " * 200)
    (tmp_path / "directory.db").mkdir()
    for url in ("garbage.db", "directory.db", "garbage.db/nested.db"):
        failed(uttt(tmp_path, *command, UTTT_DATABASE_URL=f"sqlite:///{url}"))


def test_serve_with_a_database_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "garbage.db").write_bytes(b"this is no database at all, just noise " * 200)
    for url in ("garbage.db", "garbage.db/nested.db"):
        serve_fails(tmp_path, UTTT_DATABASE_URL=f"sqlite:///{url}")


def test_looking_into_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    for command in (("user", "list"), ("user", "show", "ann"), ("user", "delete", "ann", "--yes")):
        assert "uttt database create" in failed(uttt(tmp_path, *command))
    assert list(tmp_path.iterdir()) == []


# Serving


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        start = time.monotonic()
        line = failed(
            uttt(tmp_path, "serve", "--host", "127.0.0.1", "--port", port, UTTT_LOG_LEVEL="error")
        )
        assert port in line
        assert time.monotonic() - start < 10


def test_a_host_that_is_not_ours_is_said_in_one_line(tmp_path: Path) -> None:
    host = "203.0.113.1"
    assert host in serve_fails(tmp_path, UTTT_HOST=host)


def test_a_certificate_that_is_none_is_said_in_one_line(tmp_path: Path) -> None:
    for file in ("certificate.pem", "key.pem"):
        (tmp_path / file).write_text("nothing of the kind")
    settings = {"UTTT_CERTIFICATE": "certificate.pem", "UTTT_KEY": "key.pem"}
    assert "certificate.pem" in serve_fails(tmp_path, **settings)


def test_a_server_that_ends_says_so_by_its_exit_code(tmp_path: Path) -> None:
    server = Server(tmp_path, {"PATH": os.environ["PATH"], "UTTT_HOST": "127.0.0.1"})
    server.start()
    server.stop()
