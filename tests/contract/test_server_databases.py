"""What can only happen on a database server: broken connections, locks, time-outs."""

import asyncio
import io
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
import structlog
from sqlalchemy import text
from sqlalchemy.engine import URL

from databases import SERVERS
from support.cut import HOST, Network
from support.database_session import Session, kill_all
from uttt import logs
from uttt.domain.events import Outcome, Played, Result
from uttt.domain.match import Match
from uttt.rules.rulesets import STANDARD
from uttt.storage import backends, endings, guests, matches, nodes, players, sessions
from uttt.storage.backends import open_database
from uttt.storage.failures import Behind, Locked, Unavailable
from uttt.storage.openings import open_match
from uttt.storage.prepared import Prepared
from uttt.storage.work import Newcomer, NewMatch

START = 1_900_000_000_000
LIMIT = 2.0
WON = Outcome(Result.WON, 0, rated=False)
pytestmark = pytest.mark.parametrize("backend", ["postgresql", "mariadb"], indirect=True)


@pytest.fixture(params=["the usual way", "prepared"])
def sleep(prepared: URL, request: pytest.FixtureRequest) -> Any:
    """A query that takes some seconds."""
    function = "pg_sleep" if prepared.get_backend_name() == "postgresql" else "SLEEP"
    query = text(f"SELECT {function}(:seconds)")
    if request.param == "prepared":
        statement = Prepared(query)
        return lambda seconds: lambda c: statement.rows(c, {"seconds": seconds})
    return lambda seconds: lambda c: c.execute(query, {"seconds": seconds}).all()


@pytest.fixture(params=["the usual way", "prepared"])
def update(request: pytest.FixtureRequest) -> Any:
    """A change of a row of a player, who is locked by it."""
    statement = text("UPDATE players SET seen_at = 1 WHERE id = :id")
    if request.param == "prepared":
        prepared = Prepared(statement)
        return lambda c, id_: prepared.run(c, {"id": id_})
    return lambda c, id_: c.execute(statement, {"id": id_}).rowcount


@pytest_asyncio.fixture
async def somebody(prepared: URL) -> AsyncIterator[Session]:
    session = await Session.open(prepared)
    yield session
    session.close()


async def in_time(attempt: Awaitable[Any]) -> Unavailable:
    started = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        await attempt
    assert time.monotonic() - started < LIMIT
    return caught.value


async def works(database: Any) -> None:
    """All kinds of connections do, several at a time."""
    query = text("SELECT 1")
    reads = [database.read(lambda c: c.execute(query).scalar()) for _ in range(8)]
    writes = [database.commit(lambda c: c.execute(query).scalar()) for _ in range(4)]
    assert await asyncio.gather(*reads) == [1] * 8
    assert await asyncio.gather(*writes) == [[1]] * 4


async def test_a_read_that_takes_too_long(database: Any, sleep: Any) -> None:
    await in_time(database.read(sleep(4)))
    await works(database)


async def test_a_write_for_which_there_is_no_patience(database: Any, sleep: Any) -> None:
    await in_time(database.port.commit([sleep(4)], 0.3))
    await works(database)


async def test_idle_connections_that_have_died(database: Any, prepared: URL) -> None:
    match = await database.match(await database.account("ann"), await database.account("bob"))
    assert await database.append(match, Played(0, START, 40, None)) == [None]
    await works(database)
    await kill_all(prepared)
    await asyncio.sleep(0.2)
    assert await database.append(match, Played(1, START, 36, None)) == [None]
    await works(database)


async def test_a_connection_that_dies_during_a_read(
    database: Any, prepared: URL, sleep: Any
) -> None:
    """It is read again."""
    reading = asyncio.create_task(database.read(sleep(0.4)))
    await asyncio.sleep(0.2)
    await kill_all(prepared)
    assert len(await reading) == 1


async def test_a_connection_that_dies_during_a_write(
    database: Any, prepared: URL, sleep: Any
) -> None:
    """It was not committed, so it is written again, once."""

    def change(connection: Any) -> None:
        players.create(connection, "ann", None, None, START)
        sleep(0.4)(connection)

    writing = asyncio.create_task(database.commit(change))
    await asyncio.sleep(0.2)
    await kill_all(prepared)
    assert await writing == [None]
    names = await database.read(lambda c: c.execute(text("SELECT name FROM players")).all())
    assert [name for (name,) in names] == ["ann"]


async def test_moves_that_cannot_be_written(
    database: Any, prepared: URL, somebody: Session
) -> None:
    match = await database.match(await database.account("ann"), await database.account("bob"))
    lock = "LOCK TABLE moves" if prepared.get_backend_name() == "postgresql" else (
        "LOCK TABLES moves WRITE")  # fmt: skip
    await somebody.execute("BEGIN")
    await somebody.execute(lock)
    assert isinstance(await in_time(database.append(match, Played(0, START, 40, None))), Locked)
    await database.read(lambda c: c.execute(text("SELECT * FROM players")).all())
    somebody.close()
    assert await database.append(match, Played(0, START, 40, None)) == [None]


async def test_players_whom_somebody_has_locked(
    database: Any, somebody: Session, update: Any
) -> None:
    ann = await database.account("ann")
    await somebody.execute("BEGIN")
    await somebody.execute("SELECT * FROM players FOR UPDATE")
    assert isinstance(await in_time(database.commit(lambda c: update(c, ann.id))), Locked)
    await somebody.execute("ROLLBACK")
    assert await database.commit(lambda c: update(c, ann.id)) == [1]


async def test_a_name_that_somebody_is_just_making(
    database: Any, prepared: URL, somebody: Session
) -> None:
    """In MariaDB who waits for it would make wait whoever comes with a name just before it."""
    await somebody.execute("BEGIN")
    await somebody.execute(
        "INSERT INTO players (name, registered, created_at, seen_at) VALUES ('wanted', false, 0, 0)"
    )
    wanted, *others = [
        partial(
            guests.create_without_waiting, newcomer=Newcomer(name, name.encode().ljust(32), START)
        )
        for name in ("wanted", "other1", "other2")
    ]
    await works(database)  # so that nobody need connect
    started = time.monotonic()
    refused = asyncio.create_task(in_time(database.commit(wanted)))
    if prepared.get_backend_name() == "mariadb":  # the other one waits, and is in nobody's way
        assert isinstance(await refused, Locked)
        assert time.monotonic() - started < 0.9, "it has waited"
    outcomes = [(await database.commit(other))[0] for other in others]
    assert len(set(outcomes)) == 2
    assert isinstance(await refused, Locked)
    await somebody.execute("COMMIT")
    (taken,) = await database.commit(wanted)
    assert isinstance(taken, players.NameTaken)


async def test_a_new_match_waits_for_no_player_among_others(
    database: Any, somebody: Session
) -> None:
    """It would keep those waiting whom its batch has locked; by itself it waits."""
    ann, bob, eve, zoe = [await database.account(name) for name in ("ann", "bob", "eve", "zoe")]
    free, wanted = [
        NewMatch(f"m{pair[0].id}", STANDARD, pair, START, 5) for pair in ((ann, bob), (eve, zoe))
    ]
    await works(database)  # so that nobody need connect
    await somebody.execute("BEGIN")
    await somebody.execute(f"SELECT * FROM players WHERE id = {zoe.id} FOR UPDATE")  # noqa: S608
    started = time.monotonic()
    made, locked = await database.commit(free, wanted)
    (again,) = await database.commit(wanted)
    assert time.monotonic() - started < 0.9, "it has waited"
    assert isinstance(made, Match)
    assert {type(locked), type(again)} == {Locked}
    waiting = asyncio.create_task(database.commit(partial(open_match, new=wanted)))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await somebody.execute("ROLLBACK")
    (match,) = await waiting
    assert match.fixture.players == (eve, zoe)


async def test_a_taken_name_whose_holder_is_locked(database: Any, somebody: Session) -> None:
    await database.account("ann")
    await somebody.execute("BEGIN")
    await somebody.execute("SELECT * FROM players FOR UPDATE")
    ann = Newcomer("ann", bytes(32), START)
    (taken,) = await database.commit(partial(guests.create_without_waiting, newcomer=ann))
    assert isinstance(taken, players.NameTaken)


async def test_nobody_waits_only_to_note_who_is_here(database: Any, somebody: Session) -> None:
    ann, bob = [await database.account(name, seen=START) for name in ("ann", "bob")]
    await somebody.execute("BEGIN")
    await somebody.execute(f"SELECT * FROM players WHERE id = {ann.id} FOR UPDATE")  # noqa: S608
    touch = players.touch_free
    assert await database.write(lambda c: touch(c, [ann.id, bob.id], START + 5)) == {bob.id}
    assert await database.write(lambda c: touch(c, [ann.id], START + 5)) == set()
    await somebody.execute("ROLLBACK")
    for name, seen_at in (("ann", START), ("bob", START + 5)):
        assert (await database.read(lambda c, n=name: players.find(c, n))).seen_at == seen_at


async def test_seats_that_somebody_has_locked(database: Any, somebody: Session) -> None:
    """Whoever notes what many know of the ends of their matches waits for no other seat."""
    ann, eve = await database.account("ann"), await database.account("eve")
    told = []
    for number in range(40):
        bob = await database.guest(f"bob{number}")
        match = await database.match(ann, bob, f"m{number}")
        await database.append(match, Played(0, START, 40, WON))
        told += [(match.fixture.id, ann.id), (match.fixture.id, bob.id)]
    other = await database.match(eve, await database.guest("zoe"), "other")
    await somebody.execute("BEGIN")
    await somebody.execute(f"DELETE FROM seats WHERE match_id = {other.fixture.id}")  # noqa: S608
    await database.write(lambda c: endings.forget_seats(c, told))
    await somebody.execute("ROLLBACK")
    assert [m.fixture.public_id for m in await database.read(lambda c: matches.shown_to(c, eve.id))]
    assert not await database.look(lambda c: matches.has_seats(c, ann.id))


async def test_a_column_that_changes_beside_prepared_statements(
    database: Any, prepared: URL
) -> None:
    """Each connection has them from before; to begin anew costs nobody his answer."""
    await database.account("ann")
    alter = "ALTER COLUMN rating TYPE" if prepared.get_backend_name() == "postgresql" else (
        "MODIFY rating")  # fmt: skip

    async def used() -> None:
        find = lambda c: players.find(c, "ann").rating  # noqa: E731
        for run in (database.look, database.read, database.write):
            assert await asyncio.gather(*(run(find) for _ in range(8))) == [1000] * 8

    await used()
    for type_ in ("BIGINT", "INTEGER"):
        statement = text(f"ALTER TABLE players {alter} {type_}")
        await asyncio.to_thread(backends.run, prepared, lambda c, s=statement: c.execute(s))
        await used()


async def test_who_loses_a_deadlock_is_tried_again(two: Any, sleep: Any, update: Any) -> None:
    ann, bob = await two[0].account("ann"), await two[0].account("bob")

    def lock(*ids: int) -> Any:
        def change(connection: Any) -> str:
            for id_ in ids:
                update(connection, id_)
                sleep(0.2)(connection)
            return "done"

        return change

    outcomes = await asyncio.gather(
        two[0].port.commit([lock(ann.id, bob.id)], 5), two[1].port.commit([lock(bob.id, ann.id)], 5)
    )
    assert outcomes == [["done"], ["done"]]


async def test_who_is_deleted_while_he_logs_in(two: Any, sleep: Any) -> None:
    ann = await two[0].account("ann")

    def log_in(connection: Any) -> int:
        assert players.find(connection, "ann") is not None
        sleep(0.5)(connection)
        return sessions.create(connection, ann.id, b"a" * 32, START)

    logging_in = asyncio.create_task(two[0].port.commit([log_in], 5))
    await asyncio.sleep(0.2)
    await two[1].write(lambda c: players.remove(c, ann.id))
    (outcome,) = await logging_in
    assert isinstance(outcome, sessions.OwnerGone)


async def test_each_kind_of_transaction_is_isolated_as_it_should_be(
    database: Any, prepared: URL
) -> None:
    is_postgresql = prepared.get_backend_name() == "postgresql"
    ask_level = text("SHOW transaction_isolation" if is_postgresql else "SELECT @@tx_isolation")

    def level(connection: Any) -> str:
        return str(connection.execute(ask_level).scalar()).lower().replace("-", " ")

    assert await database.read(level) == "repeatable read"
    assert await database.commit(level) == ["read committed"]


async def test_a_read_sees_one_moment(two: Any, sleep: Any) -> None:
    def count_twice(connection: Any) -> tuple[int, int]:
        count = text("SELECT count(*) FROM players")
        before = connection.execute(count).scalar()
        sleep(0.4)(connection)
        return before, connection.execute(count).scalar()

    counting = asyncio.create_task(two[0].read(count_twice))
    await asyncio.sleep(0.2)
    await two[1].account("ann")
    assert await counting == (0, 0)
    assert await two[0].read(count_twice) == (1, 1), "the connection is not still in that moment"


async def test_nobody_is_told_of_what_was_undone(database: Any) -> None:
    """PostgreSQL undoes a transaction in which a statement failed, and the commit does not fail."""

    def careless(connection: Any) -> str:
        players.create(connection, "ann", None, None, START)
        with suppress(players.NameTaken):
            players.create(connection, "ann", None, None, START)
        return "done"

    try:
        told = await database.commit(careless)
    except Locked:  # it says that nothing was stored, and that all else works
        told = None
    found = await database.read(lambda c: players.find(c, "ann"))
    assert (told is None) == (found is None)
    await works(database)


async def test_a_beat_that_was_given_up_is_stored_late(database: Any, somebody: Session) -> None:
    node = nodes.NodeInfo("a", "1", "2", "here", START)
    await somebody.execute("BEGIN")
    await somebody.execute("INSERT INTO nodes VALUES ('a', '1', '2', 'here', 0, 0)")
    beat = asyncio.create_task(database.commit(lambda c: nodes.note(c, node, START)))
    await asyncio.sleep(0.3)
    await somebody.execute("COMMIT")
    assert await beat == [None]
    assert len(await database.read(lambda c: nodes.serving(c, START))) <= 1


async def test_more_readers_than_connections(database: Any, sleep: Any) -> None:
    started = time.monotonic()
    reads = [database.read(sleep(1)) for _ in range(9)]
    outcomes = await asyncio.gather(*reads, return_exceptions=True)
    assert time.monotonic() - started < LIMIT
    assert sum(not isinstance(outcome, Exception) for outcome in outcomes) >= 4
    assert any(isinstance(outcome, Unavailable) for outcome in outcomes)
    await works(database)


@pytest.mark.parametrize("when", [0.0, 0.01, 0.2])
async def test_who_goes_away_in_the_middle_spoils_no_connection(
    database: Any, sleep: Any, when: float
) -> None:
    def half(connection: Any) -> None:
        players.create(connection, "half", None, None, START)
        sleep(1)(connection)

    tasks = [asyncio.create_task(database.read(sleep(1))) for _ in range(4)]
    tasks += [asyncio.create_task(database.commit(half))]
    await asyncio.sleep(when)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await works(database)
    assert await database.read(lambda c: c.execute(text("SELECT * FROM players")).all()) == []


@pytest.fixture
def network(prepared: URL) -> Iterator[Network]:
    port = {"postgresql": 5432, "mariadb": 3306}[prepared.get_backend_name()]
    network = Network(SERVERS[prepared.get_backend_name()].port or port)
    yield network
    network.close()


@pytest.fixture
def distant(prepared: URL, network: Network) -> Any:
    """The port on a database behind the network."""
    return open_database(prepared.set(host=HOST, port=network.port))


def ask(connection: Any) -> Any:
    return connection.execute(text("SELECT 1")).scalar()


async def test_silence_while_a_connection_is_given_back(distant: Any, network: Network) -> None:
    """Nobody waits for the answer to a ROLLBACK longer than for any other."""
    await asyncio.gather(distant.read(ask), distant.read(ask), distant.commit([ask]))
    network.silence_after(b"ROLLBACK")
    asked = [distant.read(ask), distant.read(ask), distant.commit([ask])]
    async with asyncio.timeout(LIMIT):
        await asyncio.gather(*asked, return_exceptions=True)
    network.heal()
    assert await asyncio.gather(*(distant.read(ask) for _ in range(8))) == [1] * 8
    assert await distant.commit([ask]) == [1]
    await distant.close()


async def test_nobody_waits_for_silence_to_say_goodbye(distant: Any, network: Network) -> None:
    await asyncio.gather(*(distant.read(ask) for _ in range(4)), distant.commit([ask]))
    await distant.commit([])  # opens the connection for moves
    network.silence()
    async with asyncio.timeout(2 * LIMIT):
        await distant.close()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root, ours = logging.getLogger(), logging.getLogger("uttt")
    kept = root.handlers[:], root.level, ours.level
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    yield stream
    logging.captureWarnings(capture=False)
    root.handlers[:] = kept[0]
    root.setLevel(kept[1])
    ours.setLevel(kept[2])
    structlog.reset_defaults()


async def test_connections_that_have_died_are_closed_without_a_word(
    distant: Any, network: Network, log: io.StringIO
) -> None:
    await asyncio.gather(*(distant.read(ask) for _ in range(4)), distant.commit([ask]))
    await distant.commit([])
    network.cut()
    await asyncio.sleep(0.2)
    await distant.close()
    assert log.getvalue() == ""


async def test_a_lost_race_is_not_worth_a_line_in_the_log(database: Any, log: io.StringIO) -> None:
    match = await database.match(await database.account("ann"), await database.account("bob"))
    await database.append(match, Played(0, START, 40, None))
    (outcome,) = await database.append(match, Played(0, START, 41, None))
    assert isinstance(outcome, Behind)
    assert log.getvalue() == ""
