"""`uttt user`: looking at people, deleting them, giving them a new password."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from command import failed, succeeded, uttt
from databases import database
from node import START
from support.players import Players
from support.server import running
from uttt.rules.rulesets import STANDARD
from uttt.storage import bots, openings, players, schema, sessions
from uttt.storage.work import NewMatch


def use(directory: Path, url: str) -> None:
    """Have commands in this directory use a database."""
    (directory / "uttt.toml").write_text(f'database_url = "{url}"\n')


@pytest.fixture
def home(tmp_path: Path, database_kind: str) -> Iterator[Path]:
    """A directory whose commands use a database that has its tables."""
    with database(database_kind, tmp_path) as url:
        schema.prepare(url)
        use(tmp_path, url.render_as_string(hide_password=False))
        yield tmp_path


@pytest.fixture
def peopled(home: Path) -> Path:
    """In it are the account ann and the temporary user tim, who have a match with each other."""

    def fill(connection: Connection) -> None:
        ann = players.create(connection, "ann", "$argon2id$not-to-be-shown", 1000, START)
        tim = players.create(connection, "tim", None, None, START)
        for player, token in ((ann, b"a" * 32), (tim, b"t" * 32)):
            sessions.create(connection, player.id, token, START)
        openings.open_match(connection, NewMatch("m", STANDARD, (ann, tim), START, 5))

    schema.run(make_url(tomllib.loads((home / "uttt.toml").read_text())["database_url"]), fill)
    return home


def test_users(peopled: Path) -> None:
    listed = succeeded(uttt(peopled, "user", "list"))
    assert re.search(r"^ann +account +1000 ", listed, flags=re.MULTILINE)
    assert re.search(r"^tim +temporary ", listed, flags=re.MULTILINE)
    shown = succeeded(uttt(peopled, "user", "show", "ANN"))
    for text in ("ann", "account", "1000", "rank"):
        assert text in shown
    assert "argon2" not in shown
    assert "temporary" in succeeded(uttt(peopled, "user", "show", "tim"))
    first = succeeded(uttt(peopled, "user", "list", "--limit", "1"))
    assert "--after ann" in first
    assert "ann" not in succeeded(uttt(peopled, "user", "list", "--after", "ann"))


def test_deleting(peopled: Path) -> None:
    refused = uttt(peopled, "user", "delete", "ann", stdin="n\n")
    assert refused.code != 0
    assert uttt(peopled, "user", "delete", "ann").code != 0, "nobody said yes"
    assert "ann" in succeeded(uttt(peopled, "user", "list"))
    succeeded(uttt(peopled, "user", "delete", "ann", stdin="y\n"))
    listed = succeeded(uttt(peopled, "user", "list"))
    assert "ann" not in listed
    assert "tim" in listed
    assert "ann" in failed(uttt(peopled, "user", "delete", "ann", "--yes"))
    assert re.search(r"open matches +0", succeeded(uttt(peopled, "user", "show", "tim")))


async def test_a_new_password_ends_all_sessions(tmp_path: Path, database_kind: str) -> None:
    with running(tmp_path, database_kind) as server:
        use(tmp_path, server.environment["UTTT_DATABASE_URL"])
        people = Players(server)
        ann = await people.account("ann")
        await ann.close()
        new = uttt(tmp_path, "user", "set-password", ann.name, stdin="new pässword\n")
        assert "new pässword" not in new.said
        succeeded(new)
        await (await people.connect()).refused_reconnect(ann.session)
        await (await people.connect()).refused_login(ann.name, "correct horse")
        again = await people.connect()
        await again.login(ann.name, "new pässword")
        await people.close()


@pytest.mark.parametrize("name", ["", "x" * 500, "a\nb"])
def test_users_that_are_not_there(home: Path, name: str) -> None:
    failed(uttt(home, "user", "show", "--", name))


@pytest.mark.parametrize("command", [("delete", "--yes"), ("set-password",)])
def test_changing_users_that_are_not_there(home: Path, command: tuple[str, ...]) -> None:
    failed(uttt(home, "user", *command, "nobody", stdin="secret\n"))


@pytest.mark.parametrize("password", [b"", b"\n", b"x" * 129 + b"\n", b"\xff\xfe\n"])
def test_passwords_that_are_none(peopled: Path, password: bytes) -> None:
    failed(uttt(peopled, "user", "set-password", "ann", stdin=password))


def test_a_temporary_user_has_no_password(peopled: Path) -> None:
    assert "tim" in failed(uttt(peopled, "user", "set-password", "tim", stdin="secret\n"))


def test_nobody_can_log_in_as_a_bot(home: Path) -> None:
    url = make_url(tomllib.loads((home / "uttt.toml").read_text())["database_url"])
    schema.run(url, lambda c: bots.admit(c, "bot-chick", None, START))
    assert re.search(r"^bot-chick +bot ", succeeded(uttt(home, "user", "list")), flags=re.MULTILINE)
    assert "bot" in succeeded(uttt(home, "user", "show", "bot-chick"))
    assert "is a bot" in failed(uttt(home, "user", "set-password", "bot-chick", stdin="secret\n"))


@pytest.mark.parametrize("limit", ["0", "many", "9" * 20])
def test_limits_that_make_no_sense(home: Path, limit: str) -> None:
    assert uttt(home, "user", "list", "--limit", limit).code != 0


async def test_who_is_deleted_while_connected_leaves_the_server_working(
    tmp_path: Path, database_kind: str
) -> None:
    """He and those who play him get answers, and nothing is logged as a bug (the fixture looks)."""
    with running(tmp_path, database_kind) as server:
        use(tmp_path, server.environment["UTTT_DATABASE_URL"])
        people = Players(server)
        ann, bob = await people.accounts("ann", "bob")
        await ann.send("match_request", player=None)
        await ann.expect_success("match_request_response")
        succeeded(uttt(tmp_path, "user", "delete", ann.name, "--yes"))
        await bob.send("match_request", player=None)
        await bob.expect_success("match_request_response")
        await bob.quiet()
        await ann.send("match_request", player=bob.name)
        await ann.expect_refusal("match_request_response")
        await ann.send("friend_request", user=bob.name)
        await ann.expect_refusal("friend_request_response")
        await bob.quiet()
        await people.close()
