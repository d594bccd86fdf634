"""What every database keeps of analyses: all of it, the newest, none of matches that are gone."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import select, update

from uttt.domain.analysis import Analysis
from uttt.domain.events import Ended, Outcome, Played, Result
from uttt.domain.match import Match
from uttt.engine.judgement import Certain, JudgedMove, Word
from uttt.storage import analyses, matches, players
from uttt.storage.tables import analyses as table

START = 1_900_000_000_000
MOVE = JudgedMove(40, 0.4321, None, 36, 0.5123, (36, 4, 40), Word.INACCURACY, lost_by_force=False)
LAST = JudgedMove(36, 0.0, Certain.SECOND, 36, 0.0, (36,), None, lost_by_force=True)
SEEN = Analysis("uttt 0.2.0 net7", 0.5, Certain.DRAW, (MOVE, LAST), 1)


async def finished(database: Any) -> Match:
    ann, bob = await database.account("ann"), await database.guest("bob")
    match: Match = await database.match(ann, bob)
    abandoned = Outcome(Result.ABANDONED, None, rated=False)
    await database.append(
        match, Played(0, START, 40, None), Played(1, START, 36, None), Ended(2, START, abandoned)
    )
    return match


async def keep(database: Any, match: Match, analysis: Analysis) -> bool:
    kept: bool = await database.write(
        lambda c: analyses.keep(c, match.fixture.id, analysis, START + 5)
    )
    return kept


async def find(database: Any, match: Match) -> Analysis | None:
    found: Analysis | None = await database.read(lambda c: analyses.find(c, match.fixture.id))
    return found


async def test_what_is_kept_is_found_again_to_the_last_member(database: Any) -> None:
    match = await finished(database)
    assert await find(database, match) is None
    assert await keep(database, match, SEEN)
    assert await find(database, match) == SEEN
    rows = await database.read(
        lambda c: c.execute(select(table.c.match_id, table.c.engine, table.c.made_at)).all()
    )
    assert [tuple(row) for row in rows] == [(match.fixture.id, "uttt 0.2.0 net7", START + 5)]


async def test_the_newest_takes_the_place_of_the_one_before(database: Any) -> None:
    match = await finished(database)
    better = replace(SEEN, engine="better", moves=(LAST,))
    assert await keep(database, match, SEEN)
    assert await keep(database, match, better)
    assert await find(database, match) == better


async def test_two_nodes_may_do_the_same_work(two: tuple[Any, Any]) -> None:
    match = await finished(two[0])
    by_node = [replace(SEEN, engine=f"node {number}") for number in range(2)]
    for _ in range(5):
        kept = await asyncio.gather(
            *(keep(node, match, seen) for node, seen in zip(two, by_node, strict=True))
        )
        assert kept == [True, True]
    assert await find(two[0], match) in by_node


async def test_nothing_is_kept_of_a_match_that_is_gone(database: Any) -> None:
    match = await finished(database)
    assert await keep(database, match, SEEN)
    await database.write(lambda c: players.remove(c, match.fixture.players[0].id))
    assert await find(database, match) is None
    assert not await keep(database, match, SEEN)
    assert await find(database, match) is None


async def test_what_another_version_has_written_is_as_good_as_none(database: Any) -> None:
    match = await finished(database)
    for content in ("", "{}", '{"engine": 7}', "nonsense"):
        await keep(database, match, SEEN)
        await database.write(
            lambda c, text=content: c.execute(update(table).values(content=text)).rowcount
        )
        assert await find(database, match) is None
    assert await keep(database, match, SEEN)
    assert await find(database, match) == SEEN


async def test_a_long_match_has_room(database: Any) -> None:
    """81 moves, with the longest lines that there can be."""
    match = await finished(database)
    long = JudgedMove(
        80, 0.123456789012345678, Certain.SECOND, 80, 0.123456789012345678,
        tuple(range(10, 81)), Word.INACCURACY, lost_by_force=False,
    )  # fmt: skip
    analysis = replace(SEEN, engine="e" * 64, moves=(long,) * 81)
    assert await keep(database, match, analysis)
    assert await find(database, match) == analysis


async def test_the_moves_of_a_match_without_its_end(database: Any) -> None:
    match = await finished(database)
    read = partial(matches.moves_of, match_id=match.fixture.id)
    assert await database.read(read) == [40, 36]
