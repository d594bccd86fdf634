"""`uttt import-classic`: what is brought from the old server, seen by those who play."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from databases import database
from support import games
from support.classic import PASSWORD, ClassicDatabase, ago, state_after
from support.matches import both_get_state, play
from support.moving import Move
from support.players import Players
from support.server import running
from uttt.storage.tables import matches, moves, players, rating_changes, rating_counts

HALF = len(games.WON_BY_A) // 2


@pytest.fixture
def move(tmp_path: Path, database_kind: str) -> Iterator[Move]:
    """An old server without anybody, and an empty database of ours."""
    with database("mariadb", tmp_path) as old, database(database_kind, tmp_path) as url:
        yield Move(ClassicDatabase(old), url, tmp_path)


def missed(game: tuple[tuple[int, int, int, int], ...], a: str, b: str) -> dict[str, object]:
    """The state of a match that is over, which the old server did not notice."""
    state = state_after(game, a, b)
    return {**state, "game_over": False, "is_draw": False, "player_won": None}


async def test_logged_in_browsers_stay_logged_in(move: Move) -> None:
    move.old.user("ann", elo=1234)
    move.old.user("bob", elo=990)
    session, guest = move.old.session("ann"), move.old.session("tim", temporary=True)
    expired = move.old.session("bob", seen=ago(days=21))
    move.old.friend("ann", "bob")
    move.bring()
    with running(move.directory, **move.settings) as server:
        people = Players(server)
        ann = await (await people.connect()).reconnect(session, account=True)
        assert ann.response["user"] == "ann"
        assert (ann.elo["elo"], ann.elo["rank"]) == (1234, 1)
        assert ann.elo["top_names"] == ["ann", "bob"]
        assert ann.friends == {"friends": ["bob"], "elos": [990]}
        tim = await (await people.connect()).reconnect(guest, account=False)
        assert tim.response["user"] == "tim"
        await (await people.connect()).refused_reconnect(expired)
        await (await people.connect()).refused_reconnect(session.upper())
        await people.close()


async def test_old_passwords_become_new_hashes(move: Move) -> None:
    move.old.user("ann", "pässword $1")
    session = move.old.session("ann")
    move.bring()
    hashes = select(players.c.password_hash).where(players.c.name == "ann")
    ((brought,),) = move.query(hashes)
    assert brought.startswith("classic$")
    with running(move.directory, **move.settings) as server:
        people = Players(server)
        await (await people.connect()).refused_login("ann", "pässword")
        await (await people.connect()).refused_login("ann", brought)
        assert move.query(hashes) == [(brought,)]
        for _ in range(2):
            await (await people.connect()).login("ANN", "pässword $1")
            ((renewed,),) = move.query(hashes)
            assert renewed.startswith("$argon2id$")
        await (await people.connect()).refused_login("ann", "pässword")
        await (await people.connect()).reconnect(session, account=True)
        await people.close()
    assert move.bring().why == {("accounts", "in use here"): 1, ("sessions", "in use here"): 1}
    assert move.query(hashes) == [(renewed,)]


async def test_an_open_match_is_played_to_its_end(move: Move) -> None:
    move.old.user("ann", elo=1100)
    move.old.user("bob", elo=900)
    sessions = [move.old.session(name) for name in ("ann", "bob")]
    at = ago(days=6)
    match_id = move.old.match(state_after(games.WON_BY_A[:HALF]), at=at)
    move.bring()
    with running(move.directory, **move.settings) as server:
        people = Players(server)
        ann, bob = await people.connect(), await people.connect()
        (shown,) = (await ann.reconnect(sessions[0], account=True)).matches
        assert (await bob.reconnect(sessions[1], account=True)).matches[0]["id"] == match_id
        assert shown["moves"] == HALF
        assert shown["ranked"]
        assert shown["match_state"]["active_player"] == ("ann", "bob")[HALF % 2]
        assert shown["deadline"].startswith(f"{(at - ago(days=7)) + ago():%Y-%m-%dT%H:%M}"[:13])
        waiting = (ann, bob)[1 - HALF % 2]
        await waiting.move(match_id, games.WON_BY_A[HALF])
        await waiting.expect_error("not_your_turn")
        await waiting.expect_state(match_id)
        last = await play(ann, bob, match_id, games.WON_BY_A[HALF:], made=HALF)
        assert last["match_state"]["player_won"] == "ann"
        assert (await ann.expect("elo_update"))["elo"] == 1105
        assert (await bob.expect("elo_update"))["elo"] == 895
        await people.close()
    assert move.bring().why["matches", "in use here"] == 1


async def test_an_end_is_told_once_to_who_was_away(move: Move) -> None:
    """It is not rated again: the old server has done that."""
    for name in ("ann", "bob", "carl"):
        move.old.user(name, elo=1000)
    won = move.old.match(state_after(games.WON_BY_B, "ann", "bob"))
    drawn = move.old.match(state_after(games.DRAWN, "ann", "carl"), ranked=0)  # ann moved last
    move.bring()
    with running(move.directory, **move.settings) as server:
        people = Players(server)
        bob = await (await people.connect()).login("bob", PASSWORD)
        assert bob.matches == [], "he was there when he won"
        ann = await (await people.connect()).login("ann", PASSWORD)
        assert [match["id"] for match in ann.matches] == [won]
        assert ann.matches[0]["result"] == "won"
        assert ann.matches[0]["match_state"]["player_won"] == "bob"
        carl = await (await people.connect()).login("carl", PASSWORD)
        assert [match["id"] for match in carl.matches] == [drawn]
        assert carl.matches[0]["result"] == "drawn"
        for name in ("ann", "carl"):
            again = await (await people.connect()).login(name, PASSWORD)
            assert again.matches == []
            assert again.elo["elo"] == 1000
        await people.close()
    assert move.query(select(rating_changes)) == []
    assert move.bring().why["matches", "in use here"] == 2


async def test_ends_that_the_old_server_has_missed(move: Move) -> None:
    """They are rated now, and both players hear of them."""
    for name, elo in (("ann", 1200), ("bob", 1000), ("carl", 1000)):
        move.old.user(name, elo=elo)
    drawn = move.old.match(missed(games.DRAWN_BY_WINNING, "ann", "bob"), at=ago(hours=1))
    won = move.old.match(missed(games.WON_BY_A, "carl", "bob"), at=ago(hours=2))
    unranked = move.old.match(missed(games.DRAWN, "ann", "carl"), at=ago(hours=3), ranked=0)
    move.bring()
    once = move.everything()
    report = move.bring()
    assert report.unchanged["matches"] == report.read["matches"] == 3
    assert move.everything() == once
    with running(move.directory, **move.settings) as server:
        people = Players(server)
        ann = await (await people.connect()).login("ann", PASSWORD)
        assert {match["id"] for match in ann.matches} == {drawn, unranked}
        assert {match["result"] for match in ann.matches} == {"drawn"}
        assert ann.elo["elo"] == 1195
        bob = await (await people.connect()).login("bob", PASSWORD)
        results = {match["id"]: match["result"] for match in bob.matches}
        assert results == {drawn: "drawn", won: "won"}
        assert bob.elo["elo"] == 995, "first 1005, then beaten"
        await people.close()
    assert move.bring().why["accounts", "in use here"] == 3, "carl's rating rests on theirs"
    assert len(move.query(select(rating_changes))) == 4


async def test_a_match_of_a_guest_goes_on(move: Move) -> None:
    move.old.user("ann")
    sessions = move.old.session("ann"), move.old.session("tim", temporary=True)
    match_id = move.old.match(state_after(()), user_a="ann", user_b="bob")  # not theirs
    match_id = move.old.match(state_after(games.WON_BY_A[:2], "tim", "ann"), ranked=0)
    move.bring()
    with running(move.directory, **move.settings) as server:
        people = Players(server)
        ann, tim = await people.connect(), await people.connect()
        await ann.reconnect(sessions[0], account=True)
        (shown,) = (await tim.reconnect(sessions[1], account=False)).matches
        assert not shown["ranked"]
        await tim.move(match_id, games.WON_BY_A[2])
        await both_get_state(ann, tim, match_id)
        await people.close()


def test_rows_that_are_wrong(move: Move) -> None:
    """Each is left out for its reason, and all others are brought."""
    old = move.old
    for name in ("ann", "bob", "carl", "dora", "emil"):
        old.user(name)
    for name in ("Upper", "x", "new\n", "späce", "with space", ""):
        old.user(name)
    old.user("expired", seen=ago(days=46))
    old.user("no-hash", pw_hash=None)
    old.user("bad-salt", pw_salt="a$b")
    old.user("no-rating", elo=None)
    old.insert("users", name="no-time", pw_hash="0" * 128, pw_salt="0" * 32, elo=1, last_seen=None)

    old.session("ann")
    old.session("nobody")
    old.session("expired")
    old.session("bob", seen=ago(days=21))
    old.session("bob", id="short")
    old.session("bob", id="F" * 32)
    old.session("carl", temp_user="carl")
    old.session(None)
    old.session("tim", temporary=True)
    old.session("tim", temporary=True, seen=ago(minutes=20))
    old.session("ann", temporary=True)
    old.session("gone", temporary=True, seen=ago(hours=2))
    old.session("No Name", temporary=True)
    old.session("odd", temporary=True, id="x" * 32)

    for pair in (("ann", "bob"), ("ann", "bob"), ("ann", "ann"), ("ann", "tim"), ("bob", "expired"),
                 ("x", "ann"), ("nobody", "ann"), ("bob", "ann")):  # fmt: skip
        old.friend(*pair)

    opening = games.WON_BY_A[:HALF]
    kept = old.match(state_after(opening, "ann", "bob"), at=ago(hours=1))
    old.match(state_after(opening[:2], "ann", "bob"), id=kept, at=ago(hours=2))
    old.match(state_after(opening[:4], "bob", "ann"), at=ago(hours=2))  # the same pair
    old.match(state_after(opening, "ann", "nobody"))
    old.match(state_after(opening, "ann", "expired"))
    old.match(state_after(opening, "ann", "ann"))
    old.match(state_after(opening, "ann", "gone"), ranked=0)
    old.match(state_after(opening, "ann", "tim"))
    old.match(state_after(opening, "carl", "dora"), at=ago(days=8))
    old.match("{not json")
    old.match({**state_after(opening, "carl", "dora"), "is_draw": True})
    old.match({**state_after(opening, "carl", "dora"), "game_over": True})
    old.match(state_after(opening, "carl", "dora"), user_b="emil")
    old.match(state_after(opening, "carl", "dora"), id="odd\nid")
    old.match(state_after(opening, "carl", "dora"), ranked=None)
    old.match(state_after(opening, "carl", "dora"), ranked=7)
    old.match(state_after(opening, "carl", "dora"), last_active=None)
    old.change(
        "ALTER TABLE users ADD COLUMN note TEXT, ADD INDEX (elo)", "CREATE TABLE other (a INT)"
    )

    report = move.bring()
    assert report.why == {
        ("accounts", "its name is not allowed"): 6,
        ("accounts", "expired"): 1,
        ("accounts", "its password hash cannot be read"): 2,
        ("accounts", "its rating is not a number"): 1,
        ("accounts", "its time cannot be read"): 1,
        ("sessions", "its account was not imported"): 2,
        ("sessions", "expired"): 1,
        ("sessions", "its id cannot be read"): 2,
        ("sessions", "names an account and a temporary user, or neither"): 1,
        ("temporary users", "names an account and a temporary user, or neither"): 1,
        ("temporary users", "somebody else has its name"): 2,
        ("temporary users", "expired"): 1,
        ("temporary users", "its name is not allowed"): 1,
        ("temporary users", "its id cannot be read"): 1,
        ("friends", "there twice"): 1,
        ("friends", "friend of oneself"): 1,
        ("friends", "a player was not imported"): 4,
        ("matches", "there twice"): 1,
        ("matches", "the pair has a newer open match"): 1,
        ("matches", "a player was not imported"): 3,
        ("matches", "both players are the same"): 1,
        ("matches", "ranked, but a player has no account"): 1,
        ("matches", "expired"): 1,
        ("matches", "its state cannot be read"): 1,
        ("matches", "its state contradicts itself"): 1,
        ("matches", "it was ended without a result"): 1,
        ("matches", "its state names other players"): 1,
        ("matches", "its id cannot be read"): 1,
        ("matches", "ranked is neither 0 nor 1"): 2,
        ("matches", "its time cannot be read"): 1,
    }
    assert report.imported == {
        "accounts": 5, "sessions": 1, "temporary users": 1, "friends": 2, "matches": 1,
    }  # fmt: skip
    assert move.query(select(matches.c.public_id)) == [(kept,)]
    assert move.query(select(moves)) == []
    assert move.query(select(rating_counts)) == [(1000, 5)]
