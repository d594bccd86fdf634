"""`uttt engine match`: two programs that speak the line protocol play each other."""

import os
import shlex
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import Queue
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from uttt.cli.run import Failed
from uttt.engine.contest import Tally, opening, play_pair
from uttt.engine.lines import MOST_NODES, MOST_SECONDS, Faulty, Program
from uttt.engine.verdict import Limits
from uttt.rules.position import IllegalMove
from uttt.rules.rulesets import RULESETS, STANDARD, Ruleset

_OURS = (sys.executable, "-c", "from uttt.cli import main; main()", "engine", "serve-lines")
_SEVERAL = os.cpu_count() or 1


def match(
    a: Annotated[str, typer.Argument(help="A command, or ours, with options: 'ours --network F'.")],
    b: Annotated[str, typer.Argument(help="The other.")],
    *,
    games: Annotated[int, typer.Option(help="An even number: each opening twice.", min=2)] = 100,
    milliseconds: Annotated[
        int,
        typer.Option("--time", help="Milliseconds a move.", min=1, max=1000 * MOST_SECONDS),
    ] = 100,
    nodes: Annotated[
        int | None, typer.Option(help="Positions a move, instead.", min=1, max=MOST_NODES)
    ] = None,
    jobs: Annotated[int, typer.Option(help="Games at once.", min=1)] = 1,
    random_plies: Annotated[int, typer.Option(help="Of the openings.", min=0, max=20)] = 4,
    seed: Annotated[int, typer.Option(help="Of the openings.")] = 1,
    ruleset: Annotated[str, typer.Option(help="What they play.")] = STANDARD.name,
) -> None:
    """Let two engines play each other, and say how much stronger A is.

    Every opening is played twice with colours swapped; the interval of 95 % is that of the pairs.
    """
    if games % 2:
        raise Failed("the number of games must be even: each opening is played twice")
    if jobs > _SEVERAL:
        raise Failed(f"there are {_SEVERAL} processors: with more games at once time is not equal")
    if ruleset not in RULESETS:
        raise Failed(f"unknown ruleset, known are {', '.join(RULESETS)}")
    limits = Limits(nodes=nodes) if nodes else Limits(seconds=milliseconds / 1000)
    rules = RULESETS[ruleset]
    openings = [opening(seed, number, random_plies, rules) for number in range(games // 2)]
    tally = _play((_command(a), _command(b)), openings, limits, rules, jobs)
    least, likeliest, greatest = tally.elo
    typer.echo(
        f"{2 * len(tally.pairs)} games: {tally.wins} won, {tally.draws} drawn, {tally.losses} lost"
        f" by A; score {tally.score:.1%} ±{tally.error:.1%};"
        f" Elo {likeliest:+.0f} [{least:+.0f}, {greatest:+.0f}]"
    )


def _command(text: str) -> tuple[str, ...]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise Failed(f"this is no command: {text}: {error}") from None
    if not words:
        raise Failed("an engine is a command, or: ours")
    return (*_OURS, *words[1:]) if words[0] == "ours" else tuple(words)


def _play(
    commands: tuple[Sequence[str], Sequence[str]],
    openings: Sequence[Sequence[int]],
    limits: Limits,
    ruleset: Ruleset,
    jobs: int,
) -> Tally:
    """Play all pairs, as many at once as there are jobs, each with processes of its own."""
    idle: Queue[tuple[Program, Program]] = Queue()

    def pair(begun: Sequence[int]) -> tuple[float, float]:
        programs = idle.get()
        try:
            for program in programs:
                program.new_game()
            one, other = (
                lambda moves, program=program: program.move(ruleset, moves, limits)
                for program in programs
            )
            return play_pair(begun, one, other, ruleset)
        finally:
            idle.put(programs)

    tally = Tally()
    with ExitStack() as stack, _bar() as progress, ThreadPoolExecutor(jobs) as pool:
        task = progress.add_task("playing", total=2 * len(openings), score="")
        try:
            for _ in range(jobs):
                idle.put((_started(commands[0], stack), _started(commands[1], stack)))
            for points in pool.map(pair, openings):
                tally = tally.with_pair(*points)
                progress.update(task, advance=2, score=f"{tally.score:.1%} ±{tally.error:.1%}")
        except OSError as error:
            raise Failed(f"an engine cannot be started: {error}") from None
        except Faulty as error:
            raise Failed(f"an engine failed: {error}") from None
        except IllegalMove as error:
            raise Failed(f"an engine made an illegal move: {error}") from None
    return tally


def _started(command: Sequence[str], stack: ExitStack) -> Program:
    """A program that is closed with the stack, whatever becomes of the next one."""
    program = Program(command)
    stack.callback(program.close)
    return program


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[score]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
