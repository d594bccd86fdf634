"""`uttt engine`: the computer player on the command line. The matches stand in `engine_match`."""

import math
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from uttt import __version__
from uttt.cli import engine_match
from uttt.cli.engine_progress import interrupted, time_and_steps, until_interrupted
from uttt.cli.run import Failed, print_table
from uttt.engine import COMPILED, Engine, Limits, Verdict
from uttt.engine.hindsight import consistent
from uttt.engine.judgement import Judgement, judge
from uttt.engine.lines import MOST_DEPTH, MOST_NODES, MOST_SECONDS, read_position, serve
from uttt.engine.search import MOST_CONTEMPT, use_network
from uttt.engine.weights import BadNetwork
from uttt.rules.notation import NotationError, format_move, parse_game
from uttt.rules.position import Position, legal_moves, perft, play, start
from uttt.rules.rulesets import RULESETS, STANDARD

commands = typer.Typer(
    help="Ask the engine for moves, judge games, let engines play each other.",
    no_args_is_help=True,
)

commands.command()(engine_match.match)


def _finite(seconds: float | None) -> float | None:
    """Refuse what no bounds refuse: `nan` is neither less nor more than any."""
    if seconds is not None and not math.isfinite(seconds):
        raise typer.BadParameter(f"{seconds} is no number of seconds")
    return seconds


TimeOption = Annotated[
    float | None,
    typer.Option(
        "--time",
        help="Seconds of a search; 1 by default.",
        min=0.001,
        max=MOST_SECONDS,
        callback=_finite,
    ),
]
NodesOption = Annotated[
    int | None, typer.Option("--nodes", help="Positions of a search.", min=1, max=MOST_NODES)
]
DepthOption = Annotated[
    int | None, typer.Option("--depth", help="Plies of a search.", min=1, max=MOST_DEPTH)
]
NetworkOption = Annotated[
    Path | None, typer.Option("--network", help="Another network than the shipped.")
]


def limits(seconds: float | None, nodes: int | None, depth: int | None) -> Limits:
    """The limits that were given, a second if none was."""
    if seconds is None and nodes is None and depth is None:
        seconds = 1.0
    return Limits(seconds, nodes, depth)


def take_network(path: Path | None) -> None:
    """Evaluate by another network. Raises `Failed`."""
    if path is None:
        return
    try:
        use_network(path)
    except (BadNetwork, OSError, RuntimeError) as error:
        raise Failed(f"{path}: {error}") from None


@commands.command()
def bestmove(
    text: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[POSITION]", help="Moves such as e5 d4, or a line of a position; - for stdin."
        ),
    ] = None,
    seconds: TimeOption = None,
    nodes: NodesOption = None,
    depth: DepthOption = None,
    rank: Annotated[bool, typer.Option("--rank", help="Judge every legal move.")] = False,
    network: NetworkOption = None,
) -> None:
    """Say what the engine would play."""
    take_network(network)
    words = " ".join(text or [])
    try:
        position = read_position(sys.stdin.read() if words == "-" else words)
    except NotationError as error:
        raise Failed(str(error)) from None
    if position.result is not None:
        raise Failed("the match is over: there is no move to make")
    engine, within = Engine(), limits(seconds, nodes, depth)

    def think() -> list[Verdict]:
        return engine.rank(position, within) if rank else [engine.search(position, within)]

    most = "" if within.seconds is None else f", at most {within.seconds:g} s"
    with time_and_steps() as progress:
        progress.add_task(f"searching{most}", total=None)
        verdicts = until_interrupted(think, engine.stop)
    _print_verdicts(verdicts)


def _print_verdicts(verdicts: list[Verdict]) -> None:
    table = Table("move", "chance", "certain", "depth", "line", box=None, pad_edge=False)
    for verdict in verdicts:
        certain = verdict.proof.value if verdict.proof else ""
        if verdict.plies:
            certain += f" in {verdict.plies}"
        table.add_row(
            format_move(verdict.move),
            f"{verdict.chance:.1%}",
            certain,
            str(verdict.depth),
            " ".join(format_move(move) for move in verdict.line),
        )
    print_table(table)
    if not COMPILED:
        typer.echo("The engine is not compiled here: it thinks in plain Python.", err=True)


@commands.command()
def analyse(
    file: Annotated[Path, typer.Argument(help="Games, one a line, such as e5 d4 b2; - for stdin.")],
    seconds: TimeOption = None,
    nodes: NodesOption = None,
    depth: DepthOption = None,
    network: NetworkOption = None,
) -> None:
    """Judge games: the chances after each move, better moves, mistakes, what decided."""
    take_network(network)
    try:
        content = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{file}: {error}") from None
    games = [line for line in content.splitlines() if line.strip() and not line.startswith("#")]
    if not games:
        raise Failed(f"{file}: there is no game in it")
    engine, within = Engine(), limits(seconds, nodes, depth)
    for number, line in enumerate(games, start=1):
        try:
            end, moves = parse_game(line)
        except NotationError as error:
            raise Failed(f"{file}, game {number}: {error}") from None
        begun = start(end.ruleset)
        if len(games) > 1:
            typer.echo(f"Game {number}")
        engine.new_game()
        verdicts = consistent(moves, _verdicts(engine, begun, moves, within))
        _print_judgement(judge(begun, moves, verdicts))


def _verdicts(engine: Engine, begun: Position, moves: list[int], within: Limits) -> list[Verdict]:
    positions = [begun]
    for move in moves:
        positions.append(play(positions[-1], move))
    asked = [position for position in positions if position.result is None]
    with time_and_steps() as progress:
        return [
            until_interrupted(partial(engine.search, position, within), engine.stop)
            for position in progress.track(asked, description="searching")
        ]


def _print_judgement(judged: Judgement) -> None:
    names = ("ply", "move", "chance of the first", "certain", "judgement", "better")
    table = Table(*names, box=None, pad_edge=False)
    for ply, move in enumerate(judged.moves, start=1):
        remarks = [move.judgement.value] if move.judgement else []
        if move.lost_by_force:
            remarks.append("lost by force")
        if ply == judged.turning_point:
            remarks.append("turning point")
        line = " ".join(format_move(one) for one in move.line)
        table.add_row(
            str(ply),
            format_move(move.move),
            f"{move.chance:.1%}",
            move.proof.value if move.proof else "",
            ", ".join(remarks),
            line if move.best != move.move and remarks else "",
        )
    print_table(table)


@commands.command(name="perft")
def count(
    depth: Annotated[int, typer.Argument(help="Plies.", min=0, max=12)],
    text: Annotated[
        list[str] | None, typer.Argument(metavar="[POSITION]", help="Where to begin.")
    ] = None,
    ruleset: Annotated[str, typer.Option(help="Of the start.")] = STANDARD.name,
) -> None:
    """Count the sequences of legal moves, to prove the rules and their speed."""
    try:
        position = read_position(" ".join(text)) if text else start(RULESETS[ruleset])
    except NotationError as error:
        raise Failed(str(error)) from None
    except KeyError:
        raise Failed(f"unknown ruleset, known are {', '.join(RULESETS)}") from None
    counting = perft
    if COMPILED:
        from uttt.engine.compiled import board  # noqa: PLC0415 - only where it is compiled

        counting = board.perft
    for plies in range(1, depth + 1):
        began = time.perf_counter()
        number = _count(counting, position, plies)
        took = time.perf_counter() - began
        typer.echo(f"{plies:2} {number:>16,} {took:9.3f} s {number / took / 1e6:9.1f} M/s")


def _count(counting: Callable[[Position, int], int], position: Position, plies: int) -> int:
    """Count with a step for each of the first moves."""
    moves = legal_moves(position)
    with time_and_steps() as progress:
        task = progress.add_task(f"{plies:2} plies", total=len(moves))

        def count_all() -> int:
            number = 0
            for move in moves:
                number += counting(play(position, move), plies - 1)
                progress.advance(task)
            return number

        return until_interrupted(count_all)


@commands.command(name="serve-lines")
def serve_lines(
    processor_time: Annotated[
        bool, typer.Option("--processor-time", help="Count computed time, not passing time.")
    ] = False,
    megabytes: Annotated[
        int, typer.Option(help="Memory for positions seen.", min=1, max=65_536)
    ] = 16,
    contempt: Annotated[
        float,
        typer.Option(help="So much less than one half a draw is worth.", min=0, max=MOST_CONTEMPT),
    ] = 0.0,
    network: NetworkOption = None,
) -> None:
    """Play by the line protocol (docs/engine.md) on standard input and output."""
    take_network(network)
    engine = Engine(megabytes=megabytes, processor_time=processor_time)
    try:
        serve(engine, f"uttt-{__version__}", sys.stdin, sys.stdout, contempt=contempt)
    except KeyboardInterrupt:
        raise interrupted() from None
