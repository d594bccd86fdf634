"""The command `python -m train`: a whole generation, or one of its steps. See train/README.md."""

import argparse
import shlex
import subprocess
import sys
from array import array
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from train import calibration, draws, export, gate, records, schedule, selfplay
from uttt.engine import weights


def main() -> int:
    """Run a step; 1 if a network did not pass the gate, 2 if the step cannot be made."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    step = {"play": _play, "fit": _fit, "gate": _gate, "draws": _draws}.get(
        options.step, _generation
    )
    try:
        return step(options)
    except selfplay.OtherGames as found:
        sys.stderr.write(f"{found}. Move it away, or give another --out.\n")
        return 2


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m train", description=__doc__)
    parser.add_argument("step", choices=("generation", "play", "fit", "gate", "draws"))
    parser.add_argument("--out", type=Path, required=True, help="the directory of this generation")
    parser.add_argument(
        "--parent", type=Path, help="the network that plays and is to be beaten; else by hand"
    )
    parser.add_argument("--positions", type=int, default=1_000_000)
    parser.add_argument("--nodes", type=int, default=800, help="of a search, on average")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--passes", type=int, default=8)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--trust", type=float, default=0.75, help="in scores, against results")
    parser.add_argument(
        "--also", type=Path, nargs="*", default=[], help="directories of older generations"
    )
    parser.add_argument("--games", type=int, default=gate.LEAST_GAMES)
    parser.add_argument("--milliseconds", type=int, default=30, help="of a move in the gate")
    parser.add_argument("--install", action="store_true", help="ship it, if it passes the gate")
    return parser.parse_args()


def _generation(options: argparse.Namespace) -> int:
    _play(options)
    _fit(options)
    return _gate(options)


def _play(options: argparse.Namespace) -> int:
    games = selfplay.Games(options.positions, nodes=options.nodes, seed=options.seed)
    paths = selfplay.play_games(games, options.parent, options.out, options.jobs)
    _say(f"played: {sum(path.stat().st_size for path in paths) // records.RECORD_BYTES} positions")
    return 0


def _fit(options: argparse.Namespace) -> int:
    data = bytearray()
    counts = []
    for directory in (*options.also, options.out):
        played = records.read(sorted(directory.glob("*.records")))
        scale = calibration.calibrate(played)
        counts.append({"name": directory.name, "positions": len(played) // records.RECORD_BYTES})
        _say(f"{directory.name}: {counts[-1]['positions']} records, {scale:.0f} a logit")
        data += played
    plan = schedule.Plan(options.passes, options.rate, options.trust, options.jobs, options.seed)
    network = schedule.initial(options.seed)

    def report(progress: schedule.Progress) -> None:
        _say(
            f"pass {progress.done}: loss {progress.loss:.5f}, squared error by result "
            f"{progress.by_result:.5f}, by score {progress.by_score:.5f}, {progress.seconds:.0f} s"
        )

    schedule.train(network, data, plan, report)
    provenance = _provenance(options, len(data) // records.RECORD_BYTES, counts[:-1])
    export.write(options.out / "weights.net", network, provenance)
    (options.out / "weights.floats").write_bytes(network.tobytes())
    return 0


def _gate(options: argparse.Namespace) -> int:
    tally = gate.contest(
        options.out / "weights.net",
        options.parent,
        games=options.games,
        milliseconds=options.milliseconds,
        jobs=options.jobs,
        seed=options.seed,
        report=lambda tally: _say(gate.describe(tally)),
    )
    against = "the hand-made evaluation" if options.parent is None else _name(options.parent)
    match = (
        f"{gate.describe(tally)} in {2 * len(tally.pairs)} games against {against}, "
        f"{options.milliseconds} ms a move"
    )
    _say(f"{match}: {'passed' if gate.passes(tally) else 'not passed'}")
    if not gate.passes(tally):
        return 1
    floats = array("f", (options.out / "weights.floats").read_bytes())
    learned = weights.read(options.out / "weights.net").provenance
    provenance = {**learned, "match": match, "match_command": _command()}
    export.write(options.out / "weights.net", floats, provenance)
    if options.install:
        weights.SHIPPED.write_bytes((options.out / "weights.net").read_bytes())
    return 0


def _draws(options: argparse.Namespace) -> int:
    """Print the numbers of `uttt.engine.compiled.drawing`."""
    played = records.read(sorted(options.out.glob("*.records")))
    _say(" ".join(f"{factor:.3f}" for factor in draws.fit(played)))
    return 0


def _provenance(
    options: argparse.Namespace, positions: int, also: list[dict[str, Any]]
) -> dict[str, Any]:
    """How the network was learned; `also`: the older records among the positions."""
    played = selfplay.noted(options.out) or {"nodes": options.nodes}
    return {
        "name": options.out.name,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "command": _command(),
        "positions": positions,
        "also": also,
        "nodes": played["nodes"],
        "passes": options.passes,
        "rate": options.rate,
        "trust": options.trust,
        "seed": options.seed,
        "parent": None if options.parent is None else _name(options.parent),
        "match": None,
    }


def _command() -> str:
    """What was typed to run this."""
    return shlex.join(["python", "-m", "train", *sys.argv[1:]])


def _name(path: Path) -> str:
    return str(weights.read(path).provenance["name"])


def _commit() -> str:
    git = ("git", "describe", "--always", "--dirty")
    return subprocess.run(git, capture_output=True, check=True, text=True).stdout.strip()  # noqa: S603


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
