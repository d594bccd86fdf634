"""The drill: backups of servers under load, restored into each database, and played on there."""

import asyncio
import base64
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL, make_url

import samples
from broken_backups import parse, tables
from command import succeeded, uttt
from databases import KINDS, database
from support.client import Client
from support.drill import Pair
from support.naive import Game, Move
from support.players import PASSWORD
from support.server import Server, running
from uttt.storage import backends, matches

PAIRS = [("account", PASSWORD), ("guest", "")]
Tables = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Taken:
    """A backup that was made under load, and what is known of who played meanwhile."""

    packed: bytes
    people: list[tuple[str, str, str]]
    """Names, passwords and session ids."""

    @property
    def tables(self) -> Tables:
        return by_name(self.packed)


def by_name(packed: bytes) -> Tables:
    """The rows of a backup by the names of their columns, bytes as bytes."""
    lines = parse(packed)
    found: Tables = {}
    for table in lines[0]["tables"]:
        names = [name for name, _ in table["columns"]]
        found[table["name"]] = [
            dict(zip(names, row, strict=True)) for row in tables(lines)[table["name"]]
        ]
    for session in found["sessions"]:
        session["token_hash"] = base64.b64decode(session["token_hash"], validate=True)
    return found


@pytest.fixture(scope="module", params=KINDS)
def taken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    directory = tmp_path_factory.mktemp("source")
    return asyncio.run(play_and_back_up(str(request.param), directory))


async def play_and_back_up(kind: str, directory: Path) -> Taken:
    with running(directory, kind) as server:
        pairs = [
            Pair(server, (f"{who}-{n}-a", f"{who}-{n}-b"), pw, random.Random(f"{who}{n}"))
            for who, pw in PAIRS
            for n in range(3)
        ]
        for pair in pairs:
            await pair.join()
        playing = [asyncio.create_task(pair.play_on()) for pair in pairs]
        await asyncio.sleep(2)
        for name in ("first.gz", "second.gz"):
            before = [pair.moves for pair in pairs]
            await back_up(server, directory / name)
            moves = [pair.moves - count for pair, count in zip(pairs, before, strict=True)]
            assert min(moves) > 5, f"they went on meanwhile: {moves}"
        for task in playing:
            assert not task.done(), "somebody was disconnected"
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        people = [
            (name, pair.pw, session)
            for pair in pairs
            for name, session in zip(pair.names, pair.sessions, strict=True)
        ]
        for pair in pairs:
            await pair.leave()
        await asyncio.to_thread(server.stop)
        await back_up(server, directory / "quiet.gz")
        rows = await asyncio.to_thread(samples.stored, url_of(server))
        compare((directory / "quiet.gz").read_bytes(), rows)
        return Taken((directory / "second.gz").read_bytes(), people)


async def back_up(server: Server, file: Path) -> None:
    address = server.environment["UTTT_DATABASE_URL"]
    out = await asyncio.to_thread(
        uttt, server.directory, "backup", str(file), "--database-url", address
    )
    succeeded(out)


def url_of(server: Server) -> URL:
    return make_url(server.environment["UTTT_DATABASE_URL"])


@pytest.fixture(params=KINDS)
def restored(
    taken: Taken, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Taken, URL]]:
    with database(request.param, tmp_path) as url:
        (tmp_path / "backup.gz").write_bytes(taken.packed)
        address = url.render_as_string(hide_password=False)
        succeeded(uttt(tmp_path, "restore", "backup.gz", "--database-url", address))
        yield taken, url


def compare(packed: bytes, rows: samples.Rows) -> None:
    """A database has what a backup says, row by row."""
    expected = by_name(packed)
    assert {*rows} == {*expected, "analyses", "nodes", "rating_counts"}
    for name, found in expected.items():
        assert rows[name] == found, name


async def test_restored_and_played_on(restored: tuple[Taken, URL], tmp_path: Path) -> None:
    taken, url = restored
    rows = await asyncio.to_thread(samples.stored, url)
    compare(taken.packed, rows)
    assert rows["nodes"] == []
    check_ratings(rows)
    await asyncio.to_thread(check_matches, url, rows)
    address = url.render_as_string(hide_password=False)
    with running(tmp_path, UTTT_DATABASE_URL=address) as server:
        # All are seen before the first moves: it may end a match, and with it change a rating.
        for name, pw, session in taken.people:
            await come_back(server, name, pw, session, rows)
        played = 0
        for _, pw, session in taken.people:
            played += await move_on(server, session, pw, rows)
        assert played > 0, "no match was open, nothing was shown"
        newcomer = await Client.open(server.url)
        await newcomer.login("newcomer", PASSWORD)
        await newcomer.close()
    after = await asyncio.to_thread(samples.stored, url)
    assert len(after["moves"]) == len(rows["moves"]) + played
    assert max(p["id"] for p in rows["players"]) < next(
        p["id"] for p in after["players"] if p["name"] == "newcomer"
    )


def check_ratings(rows: samples.Rows) -> None:
    """Points, changes and counts fit each other: no half of a batch is there."""
    rated_players = [p for p in rows["players"] if p["rating"] is not None]
    assert len(rated_players) == sum(
        p["registered"] and p["password_hash"] != "bot" for p in rows["players"]
    )
    points = Counter({p["id"]: 1000 for p in rated_players})
    for change in rows["rating_changes"]:
        points[change["player_id"]] += change["rating_after"] - change["rating_before"]
    ratings = {p["id"]: p["rating"] for p in rated_players}
    assert ratings == dict(points)
    counted = {row["rating"]: row["accounts"] for row in rows["rating_counts"]}
    assert counted == Counter(ratings.values())
    rated = Counter(change["match_id"] for change in rows["rating_changes"])
    assert rated == Counter({m["id"]: 2 for m in rows["matches"] if m["rated"]})
    assert rated, "nothing was rated, nothing was shown"


def check_matches(url: URL, rows: samples.Rows) -> None:
    """Each match can be replayed, and its row says of it what its moves say."""
    plies = Counter(move["match_id"] for move in rows["moves"])
    seats = Counter(seat["match_id"] for seat in rows["seats"])
    ids = [row["public_id"] for row in rows["matches"]]
    found = backends.run(url, lambda c: {id_: matches.find(c, id_) for id_ in ids}, write=False)
    for row in rows["matches"]:
        match = found[row["public_id"]]
        assert match is not None
        assert match.next_ply == plies[row["id"]]
        assert (match.outcome is None) is (row["result"] is None)
        assert (match.outcome is None) is (row["open_pair"] is not None)
        if match.outcome is None:
            assert not Game(course(rows, row)).over
            assert seats[row["id"]] == 2
    assert len(rows["matches"]) > len(PAIRS)


async def come_back(server: Server, name: str, pw: str, session: str, rows: samples.Rows) -> None:
    """By the old session id, and with an account by name and password, too."""
    client = await Client.open(server.url)
    player = next(p for p in rows["players"] if p["name"] == name)
    greeting = await client.reconnect(session, account=pw != "")
    seated = {s["match_id"] for s in rows["seats"] if s["player_id"] == player["id"]}
    shown = {m["public_id"] for m in rows["matches"] if m["id"] in seated}
    assert {match["id"] for match in greeting.matches} == shown
    assert greeting.elo["elo"] == player["rating"]
    if pw:
        again = await Client.open(server.url)
        await again.login(name, pw)
        await again.close()
    await client.close()


async def move_on(server: Server, session: str, pw: str, rows: samples.Rows) -> int:
    """Play a move in each match where it is this player's turn; return how many."""
    client = await Client.open(server.url)
    await client.reconnect(session, account=pw != "")
    player = next(p for p in rows["players"] if p["name"] == client.name)
    played = 0
    for match in rows["matches"]:
        turn = match["player_b"] if len(course(rows, match)) % 2 else match["player_a"]
        if match["result"] is None and turn == player["id"]:
            game = Game(course(rows, match))
            await client.move(match["public_id"], game.legal_moves()[0])
            update = await client.expect_state(match["public_id"])
            assert update["moves"] == len(game.moves) + 1
            played += 1
    await client.close()
    return played


def course(rows: samples.Rows, match: samples.Row) -> list[Move]:
    """What was played in a match that is open."""
    numbers = [row["move"] for row in rows["moves"] if row["match_id"] == match["id"]]
    return [(n // 9 % 3, n // 27, n % 3, n % 9 // 3) for n in numbers]
