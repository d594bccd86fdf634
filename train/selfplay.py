"""Self-play: the engine against itself, a few nodes a move, each position noted with its value.

The same seed, nodes and network give the same games. Never training.
"""

import hashlib
import json
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from train.evaluation import use
from train.records import Record, observe, pack
from uttt.engine.compiled.searcher import Searcher
from uttt.rules.position import Position, Result, legal_moves, play, start

_PROVED: Final = 29_000
"""Values beyond are wins and losses by force."""
_TABLE_MEGABYTES: Final = 1
_NOTE: Final = "games.json"
"""What stands beside records, so that nobody takes them for those of other games."""


class OtherGames(Exception):
    """The records that are there are not of the games that were asked for."""


@dataclass(frozen=True, slots=True)
class Games:
    """What is to be played."""

    positions: int
    """Noted in all, a little more: games are finished."""
    nodes: int = 800
    """Of a search, about: between half and one and a half times as many, so that depths vary."""
    openings: tuple[int, int] = (2, 10)
    """At least and at most so many first moves are random."""
    strayings: float = 0.02
    """Later moves that are random, too; their positions are not noted."""
    seed: int = 1


def play_games(games: Games, net: Path | None, directory: Path, jobs: int) -> list[Path]:
    """Play in `jobs` processes, each into a file of its own. `net` None: the hand-made evaluation.

    A file that is there already counts as done, so that an interrupted generation goes on. Raises
    `OtherGames` if the files are of other games.
    """
    directory.mkdir(parents=True, exist_ok=True)
    _note(games, net, directory, jobs)
    share = -(-games.positions // jobs)
    parts = [
        (
            replace(games, positions=share, seed=1000 * games.seed + job),
            net,
            directory / f"{job}.records",
        )
        for job in range(jobs)
    ]
    missing = [part for part in parts if not part[2].exists()]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        list(pool.map(_play_part, missing))
    return [path for _, _, path in parts]


def noted(directory: Path) -> dict[str, Any] | None:
    """How the records of a directory were made: the members of `Games`, `jobs`, and `parent`, the
    SHA-256 of the network. None if it is not known.
    """
    note = directory / _NOTE
    return json.loads(note.read_text(encoding="utf-8")) if note.exists() else None


def _note(games: Games, net: Path | None, directory: Path, jobs: int) -> None:
    """Write down how records are made, before the first. Raises `OtherGames`."""
    parent = None if net is None else hashlib.sha256(net.read_bytes()).hexdigest()
    wanted = json.dumps({**asdict(games), "jobs": jobs, "parent": parent}, indent=1)
    there = noted(directory)
    if there is None and any(directory.glob("*.records")):
        raise OtherGames(f"{directory} has records, and no {_NOTE} that says of which games")
    for name, value in json.loads(wanted).items():
        if there is not None and there.get(name) != value:
            raise OtherGames(
                f"{directory} has records of other games: {name} is {there.get(name)}, not {value}"
            )
    (directory / _NOTE).write_text(wanted + "\n", encoding="utf-8")


def _play_part(part: tuple[Games, Path | None, Path]) -> None:
    games, net, path = part
    use(net)
    searcher = Searcher(_TABLE_MEGABYTES)
    chance = random.Random(games.seed)
    unfinished = path.with_suffix(".unfinished")
    noted = 0
    with unfinished.open("wb") as file:
        while noted < games.positions:
            records = play_game(searcher, games, chance)
            file.write(b"".join(map(pack, records)))
            noted += len(records)
    unfinished.rename(path)


def play_game(searcher: Searcher, games: Games, chance: random.Random) -> list[Record]:
    """Play one game, until its result is certain, and return what was noted."""
    searcher.forget()
    position = start()
    for _ in range(chance.randint(*games.openings)):
        if position.result is None:
            position = play(position, chance.choice(legal_moves(position)))
    seen: list[tuple[Position, int]] = []
    winner: int | None = None
    while position.result is None:
        nodes = games.nodes // 2 + chance.randrange(games.nodes)
        value, drawn, _, _, line = searcher.search(position, 0, nodes, 0)
        proved = drawn or abs(value) > _PROVED
        move = line[0]
        if not proved and chance.random() < games.strayings:
            move = chance.choice(legal_moves(position))
        else:
            seen.append((position, value))
        if proved:
            winner = None if drawn else position.turn if value > 0 else 1 - position.turn
            break
        position = play(position, move)
    if position.result in (Result.FIRST, Result.SECOND):
        winner = 0 if position.result is Result.FIRST else 1
    return [
        observe(seen_one, result=_outcome(seen_one.turn, winner), score=value)
        for seen_one, value in seen
    ]


def _outcome(turn: int, winner: int | None) -> int:
    if winner is None:
        return 0
    return 1 if winner == turn else -1
