"""The engine as others see it: what it is asked, checked, and put to the search that is there.

The compiled search if it was built, else the one in plain Python. Never levels, processes or time
tables: who may search when, and how well, is decided elsewhere.
"""

import math
from pathlib import Path
from typing import Final, Protocol

from uttt.engine.plain import PlainSearch
from uttt.engine.verdict import Limits, Proof, Verdict, logit_of
from uttt.engine.weights import SHIPPED, read
from uttt.rules.position import Position, legal_moves, play

try:
    from uttt.engine.compiled.network import load
    from uttt.engine.compiled.searcher import Searcher, scale
except ImportError:
    COMPILED = False
else:
    COMPILED = True
"""Whether searches run in the compiled core; else they are some hundred times slower."""

MOST_CONTEMPT: Final = 0.25
_NODES_TO_FINISH: Final = 200_000
"""What may be searched beyond the limits, some 0.1 s, to show a line that is proved to its end."""


class _Search(Protocol):
    """The searches that there are: `CompiledSearch` and `PlainSearch`."""

    def search(self, position: Position, limits: Limits, contempt: float) -> Verdict: ...
    def rank(self, position: Position, limits: Limits) -> list[Verdict]: ...
    def stop(self) -> None: ...
    def ready(self) -> None: ...
    def forget(self) -> None: ...


class Engine:
    """A player that thinks. One search at a time; `stop` may come from another thread."""

    def __init__(self, *, megabytes: int = 16, processor_time: bool = False) -> None:
        """`megabytes`: memory for what it has seen (about; only the compiled core keeps to it).

        `processor_time`: seconds are those that the thread computes, not those that pass: for
        matches between engines on a busy machine.
        """
        if megabytes < 1:
            raise ValueError("an engine needs at least 1 MB")
        self._search: _Search
        if COMPILED:
            self._search = CompiledSearch(megabytes, processor_time)
        else:
            self._search = PlainSearch(processor_time=processor_time)

    def search(self, position: Position, limits: Limits, *, contempt: float = 0.0) -> Verdict:
        """The best move found. Blocks, with the GIL released where the core is compiled.

        `contempt`: so much less than one half a draw is worth to the side to move (`MOST_CONTEMPT`
        at most), which so avoids them; the chance that is answered is that on these terms.

        Raises ValueError if the match is over, if there is no limit at all, or for too much
        contempt.
        """
        _check(position, limits)
        if not 0 <= contempt <= MOST_CONTEMPT:
            raise ValueError(f"contempt is from 0 to {MOST_CONTEMPT}")
        try:
            return self._search.search(position, limits, contempt)
        finally:
            self.ready()

    def rank(self, position: Position, limits: Limits) -> list[Verdict]:
        """A verdict for each legal move, best first. The limits hold for all of them together.

        Each has the move as `move` and as the first of its `line`. Raises ValueError as `search`.
        """
        _check(position, limits)
        try:
            return self._search.rank(position, limits)
        finally:
            self.ready()

    def stop(self) -> None:
        """End the running search soon; it answers with what it has. Without one, the next one ends
        at once, so that a `stop` is not lost on a thread that is about to search.
        """
        self._search.stop()

    def ready(self) -> None:
        """Take back a `stop` that came when nothing was searched any more."""
        self._search.ready()

    def new_game(self) -> None:
        """Forget what was seen, so that the next answers do not depend on it."""
        self._search.forget()


def use_network(path: Path | None) -> None:
    """Evaluate by the network of this file from now on, in all engines of this process.

    None: by that which the package ships. Nothing may be searching. Raises `BadNetwork` or OSError;
    RuntimeError if the core is not compiled, which has no use for networks.
    """
    if not COMPILED:
        raise RuntimeError("the engine is not compiled: it evaluates without a network")
    network = read(SHIPPED if path is None else path)
    load(network.numbers, network.width, network.shift, network.heads)


class CompiledSearch:
    """The compiled core, in the words of this package."""

    def __init__(self, megabytes: int, processor_time: bool) -> None:
        self._searcher = Searcher(megabytes, processor_time)
        self._won, self._forced, self._logit = scale()

    def search(self, position: Position, limits: Limits, contempt: float) -> Verdict:
        """See `Engine.search`."""
        lost = round(self._logit * logit_of(0.5 + contempt))
        return self._verdict(position, *self._searcher.search(position, *_plain(limits), lost))

    def rank(self, position: Position, limits: Limits) -> list[Verdict]:
        """See `Engine.rank`."""
        return [
            self._verdict(position, value, False, depth, nodes, line)
            for value, depth, nodes, line in self._searcher.rank(position, *_plain(limits))
        ]

    def stop(self) -> None:
        """See `Engine.stop`."""
        self._searcher.stop()

    def ready(self) -> None:
        """See `Engine.ready`."""
        self._searcher.ready()

    def forget(self) -> None:
        """See `Engine.new_game`."""
        self._searcher.forget()

    def _verdict(
        self, position: Position, value: int, drawn: bool, depth: int, nodes: int, line: list[int]
    ) -> Verdict:
        if abs(value) < self._forced:
            chance = 0.5 if drawn else 1 / (1 + math.exp(-value / self._logit))
            proof = Proof.DRAW if drawn else None
            return Verdict(line[0], chance, proof, None, depth, nodes, tuple(line))
        whole, is_over = self._finished(position, line)
        proof = Proof.WIN if value > 0 else Proof.LOSS
        plies = len(whole) if is_over else None
        return Verdict(line[0], float(value > 0), proof, plies, depth, nodes, tuple(whole))

    def _finished(self, position: Position, line: list[int]) -> tuple[list[int], bool]:
        """A line of a proved win or loss, to the end of the match if that is found in time, and
        whether it was: cut-offs leave lines shorter.
        """
        whole: list[int] = []
        left = _NODES_TO_FINISH
        while True:
            for move in line:
                whole.append(move)
                position = play(position, move)
            if position.result is not None:
                return whole, True
            rest = legal_moves(position)
            if len(rest) == 1:
                line = rest
                continue
            if left <= 0:
                return whole, False
            value, _, _, nodes, line = self._searcher.search(position, 0, left, 0)
            left -= nodes
            if abs(value) < self._forced:
                return whole, False


def _plain(limits: Limits) -> tuple[int, int, int]:
    """Limits in ns, nodes and plies; 0 for none."""
    seconds = 0 if limits.seconds is None else max(1, round(limits.seconds * 1e9))
    nodes = 0 if limits.nodes is None else max(1, limits.nodes)
    return seconds, nodes, limits.depth or 0


def _check(position: Position, limits: Limits) -> None:
    if position.result is not None:
        raise ValueError("the match is over")
    if limits.seconds is None and limits.nodes is None and limits.depth is None:
        raise ValueError("a search needs a limit")
    if limits.depth is not None and limits.depth < 1:
        raise ValueError("a search looks at least one ply ahead")


if COMPILED and SHIPPED.exists():
    use_network(None)
