"""Plays against a server for some time and prints what was measured, as one line of JSON.

Run by `bench.load.run` in a process, and on a core, of its own.
"""

import argparse
import asyncio
import json
import random
import resource
import sys
import time

import uvloop

from bench.load.games import script
from bench.load.pair import Figures, Pair, Player, quantiles

_SCRIPTS = 500
_AT_ONCE = 50


async def generate(url: str, pairs: int, seconds: float, rate: float | None) -> dict[str, object]:
    """Play with so many pairs; with a rate so many moves a second in all, else all it can."""
    chance = random.Random(pairs)
    scripts = [script(chance) for _ in range(_SCRIPTS)]
    figures = Figures()
    pace = None if rate is None else pairs / rate
    everybody = [Pair(number, scripts, figures, pace) for number in range(pairs)]
    for first in range(0, pairs, _AT_ONCE):
        await asyncio.gather(*(pair.log_in(url) for pair in everybody[first : first + _AT_ONCE]))
    for pair in everybody:
        pair.start()
        if pace is not None:
            await asyncio.sleep(pace / pairs)  # spread evenly over time
    await asyncio.sleep(max(1.0, seconds * 0.2))  # until the batches have found their size
    _say("begin")
    figures.clear()
    wall, own = time.perf_counter(), _cpu()
    await asyncio.sleep(seconds)
    moves = len(figures.to_mover)
    wall, own = time.perf_counter() - wall, _cpu() - own
    _say("end")
    result = {
        "moves": moves,
        "seconds": wall,
        "to_mover": quantiles(figures.to_mover),
        "to_opponent": quantiles(figures.to_opponent),
        "refused": figures.refused,
        "generator_busy": own / wall,
        "lost": sum(player.lost for pair in everybody for player in pair.players),
    }
    for pair in everybody:
        pair.close()
    return result


async def idle(url: str, connections: int) -> None:
    """Hold so many logged-in connections open and do nothing, until standard input ends."""
    players = [Player(f"idle{number}") for number in range(connections)]
    _say("begin")
    started = time.perf_counter()
    for first in range(0, connections, _AT_ONCE):
        await asyncio.gather(*(player.log_in(url) for player in players[first : first + _AT_ONCE]))
    _say(json.dumps({"logins_per_second": connections / (time.perf_counter() - started)}))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for player in players:
        player.close()


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run as told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--idle", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.idle:
        uvloop.run(idle(arguments.url, arguments.idle))
    else:
        told = arguments.url, arguments.pairs, arguments.seconds, arguments.rate
        _say(json.dumps(uvloop.run(generate(*told))))


if __name__ == "__main__":
    main()
