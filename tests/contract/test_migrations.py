"""Upgrades on every database: from each earlier revision with rows in all tables, and interrupted
at each step.

Earlier revisions are found by themselves; each needs its rows in `samples.SAMPLES`.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import isfunction
from pathlib import Path
from typing import Any

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

import samples
from databases import KINDS, Places
from node import START, Node, TestClock
from uttt.domain.commands import Play
from uttt.domain.events import Result
from uttt.storage import backends, matches, players, schema, standings
from uttt.storage.schema import State
from uttt.storage.tables import metadata

REVISIONS = [script.revision for script in reversed([*schema._scripts().walk_revisions()])]
EARLIER = REVISIONS[:-1]
HARMLESS = {"f", "get_bind", "get_context", "inline_literal", "batch_alter_table"}
"""Functions of `alembic.op` that change nothing by themselves."""


class PulledThePlug(Exception):
    """The process ended here."""


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty(kind: str, places: Places, tmp_path: Path) -> URL:
    return places.empty(kind, tmp_path)


def check(url: URL, revision: str) -> None:
    """All that was there is there, in the tables of the newest version."""
    assert samples.stored(url) == samples.upgraded(revision)

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata))

    assert backends.run(url, differences) == []
    before = samples.stored(url)["rating_counts"]
    backends.run(url, standings.recount)
    assert samples.stored(url)["rating_counts"] == before, "counted as if it were anew"


def test_every_earlier_revision_has_a_sample() -> None:
    assert {*EARLIER} <= {*samples.SAMPLES}
    assert all(rows for revision in EARLIER for rows in samples.SAMPLES[revision].values())


@pytest.mark.parametrize("revision", EARLIER)
def test_all_rows_survive(empty: URL, revision: str) -> None:
    samples.create(empty, revision)
    assert backends.run(empty, schema.state) is State.OLDER
    schema.upgrade(empty)
    assert backends.run(empty, schema.state) is State.CURRENT
    check(empty, revision)


@pytest.mark.parametrize("revision", EARLIER)
async def test_the_services_work_on_what_was_upgraded(
    kind: str, places: Places, tmp_path: Path, revision: str
) -> None:
    url = await asyncio.to_thread(places.empty, kind, tmp_path)
    await asyncio.to_thread(samples.create, url, revision)
    await asyncio.to_thread(schema.upgrade, url)
    node = Node(url.render_as_string(hide_password=False), TestClock(START + 1000))
    await node.start()
    try:
        login = await node.accounts.login("ann", "secret")
        assert login.player.id == 1
        match = await node.referee.apply("open", Play(2, 37))
        assert match.position.plies == 4
        rated = await node.database.read(lambda c: matches.find(c, "rated"))
        assert rated is not None
        assert rated.outcome is not None
        assert rated.outcome.result is Result.ABANDONED
        rank = await node.database.read(lambda c: standings.rating_and_rank(c, 1))
        assert rank == (990, 3)
        newcomer = await node.accounts.login("newcomer", "secret")
        assert newcomer.player.id > 7
    finally:
        await node.stop()


@pytest.mark.parametrize("revision", EARLIER)
def test_interrupted_after_each_step(
    kind: str, places: Places, tmp_path: Path, revision: str
) -> None:
    """MariaDB has then done some of the steps for good; the others, none of them."""
    step = 0
    interrupted = True
    while interrupted:
        step += 1
        url = places.empty(kind, tmp_path / str(step))
        samples.create(url, revision)
        with pulling_the_plug_after(step):
            try:
                schema.upgrade(url)
                interrupted = False
            except PulledThePlug:
                pass
        if interrupted and kind != "mariadb":
            assert backends.run(url, schema.revision) == revision
        schema.upgrade(url)
        check(url, revision)
    assert step > 1, "no step was interrupted"


@contextmanager
def pulling_the_plug_after(steps: int) -> Iterator[None]:
    done = 0

    def interrupted(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            nonlocal done
            result = function(*args, **kwargs)
            done += 1
            if done == steps:
                raise PulledThePlug
            return result

        return run

    with pytest.MonkeyPatch.context() as patch:
        for name, function in [*vars(op).items()]:
            if isfunction(function) and name not in HARMLESS:
                patch.setattr(op, name, interrupted(function))
        yield


def test_ids_go_on_after_those_of_the_sample(empty: URL) -> None:
    samples.create(empty, REVISIONS[-1])
    created = backends.run(empty, lambda c: players.create(c, "new", None, None, START))
    assert created.id > max(row["id"] for row in samples.SAMPLES[REVISIONS[-1]]["players"])
    assert backends.run(empty, lambda c: c.scalar(text("SELECT count(*) FROM players"))) == 5
