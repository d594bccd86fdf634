"""`uttt import-classic` run again: nothing twice, and what was used here is left alone."""

import os
import pty
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.engine import make_url

from databases import database
from support import games
from support.classic import PASSWORD, ClassicDatabase, ago, identity, state_after
from support.matches import play
from support.moving import Move
from support.players import Players
from support.server import COMMAND, running
from uttt.storage.tables import (
    friends,
    matches,
    moves,
    players,
    rating_changes,
    rating_counts,
    sessions,
)

OPENING = games.WON_BY_A[:6]

PEOPLE = select(players.c.name, players.c.rating).where(~players.c.name.startswith("bot-"))


@pytest.fixture
def move(tmp_path: Path, database_kind: str) -> Iterator[Move]:
    """An old server with some people, and an empty database of ours."""
    with database("mariadb", tmp_path) as old, database(database_kind, tmp_path) as url:
        move = Move(ClassicDatabase(old), url, tmp_path)
        for name in ("ann", "bob", "carl", "dora"):
            move.old.user(name)
            move.old.session(name)
        move.old.session("tim", temporary=True)
        for friend in ("bob", "carl"):
            move.old.friend("ann", friend)
        move.old.match(state_after(OPENING, "ann", "bob"), id="open")
        move.old.match(state_after(OPENING, "carl", "dora"), id="dropped")
        move.old.match(state_after(games.WON_BY_A, "carl", "ann"), id="ended")
        move.old.match(state_after(games.WON_BY_A, "bob", "dora"), id="told")
        move.old.match(state_after(OPENING, "dora", "tim"), id="guest", ranked=0)
        yield move


def test_a_second_run_changes_nothing(move: Move) -> None:
    first = move.bring()
    assert first.skipped == dict.fromkeys(first.skipped, 0)
    once = move.everything()
    again = move.bring()
    assert move.everything() == once
    assert again.unchanged == again.read == first.imported
    assert again.removed == dict.fromkeys(again.removed, 0)


def test_what_the_old_server_has_changed_since_is_changed_here(move: Move) -> None:
    move.bring()
    old = move.old
    now = ago()
    old.set("users", "name = 'ann'", elo="1111", last_seen=now)
    old.set("sessions", "registered_user = 'carl' OR temp_user = 'tim'", last_seen=now)
    old.change(
        "DELETE FROM sessions WHERE registered_user = 'bob'",
        "DELETE FROM friends WHERE friend = 'carl'",
        "DELETE FROM matches WHERE id IN ('open', 'dropped', 'told', 'guest')",
    )
    old.session("bob", seen=now)
    old.user("emil", elo=900)
    old.friend("ann", "emil")
    old.friend("bob", "ann")
    old.match(state_after(games.WON_BY_A, "ann", "bob"), id="open", at=now)
    old.match(state_after(games.WON_BY_B[:9], "dora", "tim"), id="guest", ranked=0, at=now)
    old.match(state_after((), "carl", "dora"), id="new", at=now)
    report = move.bring()
    assert report.imported == {
        "accounts": 1, "sessions": 1, "temporary users": 0, "friends": 2, "matches": 1,
    }  # fmt: skip
    assert report.updated == {
        "accounts": 1, "sessions": 1, "temporary users": 1, "friends": 0, "matches": 2,
    }  # fmt: skip
    assert report.removed == {
        "accounts": 0, "sessions": 1, "temporary users": 0, "friends": 1, "matches": 2,
    }  # fmt: skip
    assert report.skipped == dict.fromkeys(report.skipped, 0)
    anew = Move(old, make_url(f"sqlite:///{move.directory}/anew.db"), move.directory)
    anew.bring()
    told = {  # all but ids, and open_pair, which is made of ids
        "players": (1, 2, 3, 4, 5, 6),
        "sessions": (1, 3, 4),
        "matches": (0, 5, 6, 8, 9, 10, 11, 12, 13),
        "moves": (0, 1, 2, 3),
    }
    with_it, without = move.everything(), anew.everything()
    for table, columns in told.items():
        assert sorted(repr([row[i] for i in columns]) for row in with_it[table]) == sorted(
            repr([row[i] for i in columns]) for row in without[table]
        )
    assert dict(move.query(select(matches.c.public_id, matches.c.result))) == {
        "open": "won", "ended": "won", "new": None, "guest": None,
    }  # fmt: skip


async def test_what_was_used_here_is_left_alone(move: Move) -> None:
    move.bring()
    old = move.old
    ann_session, bob_session = identity("session of ann False None"), None
    with running(move.directory, **move.settings) as server:
        people = Players(server)
        ann, bob = await people.connect(), await people.connect()
        await ann.reconnect(ann_session, account=True)
        await bob.login("bob", PASSWORD)
        bob_session = bob.session
        await play(ann, bob, "open", games.WON_BY_A[6:7], made=6)
        await ann.send("unfriend_request", user="carl")
        await ann.expect_success("unfriend_request_response")
        await ann.expect("friends_update")
        await people.close()
    used = move.everything()
    old.change(
        "UPDATE users SET elo = 1500 WHERE name IN ('bob', 'carl')",
        "DELETE FROM matches WHERE id = 'open'",
    )
    old.match(state_after(games.WON_BY_A, "ann", "bob"), id="open", at=ago())
    report = move.bring()
    assert report.why == {
        ("accounts", "in use here"): 1,  # bob has logged in
        ("sessions", "in use here"): 2,  # ann's, and bob's, whose account is in use
        ("friends", "in use here"): 2,  # ann's list
        ("matches", "in use here"): 2,  # a move was made in one, ann was told of the end of another
    }
    now = move.everything()
    for table in ("friends", "seats", "moves", "matches"):
        assert now[table] == used[table]
    assert dict(move.query(PEOPLE)) == {
        "ann": 1000, "bob": 1000, "carl": 1500, "dora": 1000, "tim": None,
    }  # fmt: skip
    with running(move.directory, **move.settings) as server:
        people = Players(server)
        await (await people.connect()).reconnect(bob_session, account=True)
        shown = await (await people.connect()).reconnect(ann_session, account=True)
        assert [match["moves"] for match in shown.matches] == [7]
        await people.close()


def test_ratings_that_were_won_here_stay(move: Move) -> None:
    """Ann has not been here, but somebody has lost against her."""
    move.bring()
    ann, bob = (
        id_ for (id_,) in move.query(select(players.c.id).where(players.c.name.in_(("ann", "bob"))))
    )
    ((match_id,),) = move.query(select(matches.c.id).where(matches.c.public_id == "open"))
    common = {"match_id": match_id, "at": 1, "rating_before": 1000}
    move.change(
        moves.insert().values(match_id=match_id, ply=6, move=-1, at=1),
        update(matches)
        .where(matches.c.id == match_id)
        .values(result="abandoned", winner=0, rated=True, open_pair=None, idle_since=None),
        rating_changes.insert().values(player_id=ann, rating_after=1010, **common),
        rating_changes.insert().values(player_id=bob, rating_after=990, **common),
        update(players).where(players.c.id == ann).values(rating=1010),
        update(players).where(players.c.id == bob).values(rating=990),
    )
    report = move.bring()
    assert report.why == {("accounts", "in use here"): 2, ("matches", "in use here"): 1}
    assert dict(move.query(PEOPLE)) == {
        "ann": 1010, "bob": 990, "carl": 1000, "dora": 1000, "tim": None,
    }  # fmt: skip


def test_of_two_open_matches_of_a_pair_the_newer_one(move: Move) -> None:
    """Also if it is the newer one only now: the other is replaced."""
    move.old.match(state_after(OPENING[:2], "bob", "ann"), id="older", at=ago(hours=5))
    assert move.bring().why == {("matches", "the pair has a newer open match"): 1}
    move.old.set("matches", "id = 'older'", last_active=ago())
    report = move.bring()
    assert report.why == {("matches", "the pair has a newer open match"): 1}
    assert (report.imported["matches"], report.removed["matches"]) == (1, 1)
    open_ones = select(matches.c.public_id).where(matches.c.open_pair.is_not(None))
    assert sorted(move.query(open_ones)) == [("dropped",), ("guest",), ("older",)]
    assert move.bring().unchanged["matches"] == 5


def test_names_of_others_are_not_taken_over(move: Move) -> None:
    """Somebody has registered a name here that another one has there, or plays under it."""
    move.bring()
    at = 1_900_000_000_123
    move.change(
        players.insert().values(
            [
                {"name": name, "registered": hashed is not None, "password_hash": hashed,
                 "rating": hashed and 1000, "created_at": at, "seen_at": at}
                for name, hashed in (("fay", "$argon2id$"), ("gus", None), ("hal", None))
            ]
        ),
        update(rating_counts).values(accounts=5),
    )  # fmt: skip
    ours = move.everything()
    for name in ("fay", "gus"):
        move.old.user(name)
        move.old.session(name)
        move.old.friend("ann", name)
    move.old.session("hal", temporary=True)
    move.old.match(state_after(OPENING, "ann", "fay"), id="not-fays")
    move.old.match(state_after(OPENING, "ann", "hal"), id="not-hals", ranked=0)
    assert move.bring().why == {
        ("accounts", "in use here"): 2,
        ("sessions", "in use here"): 1,
        ("sessions", "its account was not imported"): 1,
        ("temporary users", "somebody else has its name"): 1,
        ("friends", "a player was not imported"): 2,
        ("matches", "a player was not imported"): 2,
    }
    assert move.everything() == ours


def test_a_name_that_a_guest_had(move: Move) -> None:
    """His time is up, and somebody has registered it there."""
    move.bring()
    move.change(
        update(players).where(players.c.name == "tim").values(seen_at=1000, created_at=1000)
    )
    move.old.change("DELETE FROM sessions WHERE temp_user = 'tim'", "DELETE FROM matches")
    move.old.user("tim")
    assert move.bring().imported["accounts"] == 1
    assert move.query(select(players.c.registered).where(players.c.name == "tim")) == [(True,)]
    assert ("guest",) not in move.query(select(matches.c.public_id))


def test_killed_in_the_middle(move: Move) -> None:
    """Nothing is there then; the next run brings everything."""
    many = [f"user-{number}" for number in range(4000)]
    row = {"pw_hash": "0" * 128, "pw_salt": "0" * 32, "last_seen": ago(hours=1), "elo": 1000}
    move.old.insert_all("users", [{"name": name, **row} for name in many])
    move.old.insert_all("friends", [{"user": name, "friend": "ann"} for name in many])
    screen, terminal = pty.openpty()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("UTTT_")}
    url = move.old.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [COMMAND, "import-classic", url],
        cwd=move.directory,
        env={**kept, **move.settings, "TZ": "UTC", "TERM": "xterm", "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    shown, limit = b"", time.monotonic() + 20
    while b"4004/4004" not in shown and b"3004/4004" not in shown:
        assert time.monotonic() < limit, shown
        shown += os.read(screen, 1000)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    os.close(screen)
    assert b"users" in shown
    report = move.bring()
    assert report.imported == report.read
    assert move.query(select(func.count()).select_from(players)) == [(4005,)]
    assert move.query(select(func.count()).select_from(friends)) == [(4002,)]
    assert move.query(select(func.count()).select_from(sessions)) == [(5,)]
