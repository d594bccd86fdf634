"""What each stage of the path of a move takes by itself: `python -m bench.stages` (see
docs/performance.md).

Processor time of this process in microseconds, the least of several rounds over the moves of random
games. Sockets are not in it: `make bench` measures the whole.
"""

import asyncio
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import uvloop
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import make_url

from bench.load.games import MOVE_BEGINNING, move_ending, random_game
from uttt.app import Node
from uttt.domain.commands import Play
from uttt.domain.lifetimes import Lifetimes
from uttt.domain.match import Fixture, Match, Player, begin, decide, evolve
from uttt.rules.position import legal, play, start
from uttt.rules.rulesets import STANDARD
from uttt.settings import Settings
from uttt.storage import openings, players, schema
from uttt.storage.nodes import NodeInfo
from uttt.storage.work import Entry, NewMatch
from uttt.wire.codec import decode
from uttt.wire.match_text import encode_match

_GAMES: Final = [random_game(Random(seed)) for seed in range(500)]
_ROUNDS: Final = 7
_BATCHES: Final = (1, 8, 25, 50, 128)
_COMMITS: Final = 200
_AT_ONCE: Final = 50
_NOW: Final = 1_790_000_000_000
_LIFETIMES: Final = Lifetimes(account=1, session=1, temporary_session=1, match=7 * 86_400_000)


def least(work: Callable[[], int]) -> float:
    """Return microseconds for each of what `work` says that it did."""
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.process_time()
        count = work()
        best = min(best, (time.process_time() - started) / count)
    return best * 1e6


def rules() -> int:
    """Play all games, asking for the legal moves before each move."""
    count = 0
    for game in _GAMES:
        position = start()
        for move in game:
            legal(position)
            position = play(position, move)
            count += 1
    return count


def situations() -> Iterator[tuple[Match, Play]]:
    """All positions of the games, each with the command that comes next."""
    pair = Player(1, "load17a", registered=False), Player(2, "load17b", registered=False)
    for game in _GAMES:
        match = begin(Fixture(1, secrets.token_hex(16), STANDARD, pair, ranked=False, created_at=1))
        for move in game:
            command = Play(pair[match.position.turn].id, move)
            yield match, command
            match = evolve(match, decide(match, command, _NOW))


def each(function: Callable[[Any], object], items: Sequence[Any]) -> float:
    """Return microseconds for one call, for each of the items in turn."""

    def work() -> int:
        for item in items:
            function(item)
        return len(items)

    return least(work) - least(lambda: sum(1 for _ in items))


def pure_stages() -> Iterator[tuple[str, float]]:
    """Yield those that need neither loop nor database."""
    found = list(situations())
    events = [(match, decide(match, command, _NOW)) for match, command in found]
    messages = [
        MOVE_BEGINNING + match.fixture.public_id.encode() + move_ending(command.move)
        for match, command in found
    ]
    yield "rules alone: `legal` and `play`", least(rules)
    yield "`decode`", each(decode, messages)
    yield "`decide`, with the rules", each(lambda item: decide(item[0], item[1], _NOW), found)
    yield "`evolve`", each(lambda item: evolve(*item), events)
    shown = [evolve(*item) for item in events]
    yield "`encode_match`", each(lambda match: encode_match(match, _NOW, _LIFETIMES), shown)


async def with_database(directory: Path) -> list[tuple[str, float]]:
    """Return what the referee and the commits take, on SQLite."""
    url = make_url(f"sqlite:///{directory / 'stages.db'}")
    await asyncio.to_thread(schema.prepare, url, lambda _: None)
    settings = Settings(database_url=url.render_as_string(), port=0)
    node = Node(settings, NodeInfo(secrets.token_hex(8), "bench", "", "bench", 0))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(node.journal.run())
        made = await node.journal.write(_make_matches)
        whole = await _referee(node, made)
        commits = [
            (f"commit, {size} a batch", await _commit(node, made, size)) for size in _BATCHES
        ]
        node.journal.close()
    await node.close()
    return [("`Referee.begin`, 50 at a time, nothing stored, nobody listens", whole), *commits]


def _make_matches(connection: Any) -> list[Match]:  # noqa: ANN401 - SQLAlchemy's
    made = []
    for number in range(max(_BATCHES)):
        names = f"one{number}", f"two{number}"
        pair = [players.create(connection, name, None, None, 1) for name in names]
        new = NewMatch(secrets.token_hex(16), STANDARD, (pair[0], pair[1]), 1, 5)
        made.append(openings.open_match(connection, new))
    return made


async def _commit(node: Node, made: list[Match], size: int) -> float:
    """The first move of as many matches in each transaction, undone by a change of its number."""
    (first,) = [decide(made[0], Play(made[0].fixture.players[0].id, 40), _NOW)]
    started = time.process_time()
    for number in range(_COMMITS):
        event = first._replace(ply=1_000 * size + number)
        await node.database.commit([Entry(match.fixture, event, 20) for match in made[:size]])
    return (time.process_time() - started) / _COMMITS / size * 1e6


async def _referee(node: Node, made: list[Match]) -> float:
    """The first moves of games, the database taken to be done at once."""

    async def done(batch: Sequence[Any], _patience: float = 0) -> list[None]:
        return [None for _ in batch]

    commit = node.database.commit
    node.database.commit = done  # type: ignore[method-assign, assignment]
    for match in made[:_AT_ONCE]:
        await node.services.hall.enter(match.fixture.players[0].id)
        node.services.hall.add(match)

    def moves(match: Match, game: list[int]) -> "asyncio.Future[int]":
        """Make one as soon as the one before is settled; the future gets how many there were."""
        known, public_id = node.services.hall.known, match.fixture.public_id
        rest, all_made = iter(game[:-1]), asyncio.get_running_loop().create_future()

        def go_on(_: object) -> None:
            move, now = next(rest, None), known(public_id)
            assert now is not None
            if move is None:
                all_made.set_result(len(game) - 1)
            else:
                mover = now.fixture.players[now.position.turn].id
                assert node.referee.begin(public_id, Play(mover, move), go_on)

        go_on(None)
        return all_made

    best = float("inf")
    for round_ in range(_ROUNDS):
        for match in made[:_AT_ONCE]:
            node.services.hall._matches[match.fixture.public_id] = match
        started = time.process_time()
        chosen = _GAMES[round_ : round_ + _AT_ONCE]
        counts = await asyncio.gather(*map(moves, made[:_AT_ONCE], chosen))
        best = min(best, (time.process_time() - started) / sum(counts))
    node.database.commit = commit  # type: ignore[method-assign]
    return best * 1e6


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as directory:
        stages = [*pure_stages(), *uvloop.run(with_database(Path(directory)))]
    table = Table("stage", "µs a move")
    for name, microseconds in stages:
        table.add_row(name, f"{microseconds:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
