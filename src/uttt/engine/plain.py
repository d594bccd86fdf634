"""The search in plain Python, for where the compiled one could not be built. Slower, not dumber.

Alpha-beta with iterative deepening on the positions of `uttt.rules`, all rulesets. Its values are
of the side to move: `WON - plies` and `plies - WON` where somebody wins by force, else thousandths
of a logit. Never a thread or a process of its own.
"""

import math
import time
from collections.abc import Iterable
from threading import Event
from typing import Final

from uttt.engine.outlook import logit
from uttt.engine.verdict import Limits, Proof, Verdict, logit_of
from uttt.rules.position import HAS_LINE, Position, Result, legal_moves, play

WON: Final = 1_000_000
_FORCED: Final = WON - 200
"""From here on a value is a win by force."""
_DEEPEST: Final = 90
_CLOCK_EVERY: Final = 64
"""Nodes between two looks at the clock, a few ms."""
_FULL = 0b111_111_111


class _Stopped(Exception):
    """The limits are reached: unwinds the search."""


class PlainSearch:
    """One player's search. Not for two threads at once, except `stop`."""

    def __init__(self, *, processor_time: bool = False) -> None:
        self._now = time.thread_time if processor_time else time.monotonic
        self._stop = Event()
        self._nodes = 0
        self._max_nodes = 0
        self._deadline = math.inf
        self._horizon = False
        self._draw = 0, 0
        """What a draw is worth to whom."""
        self._best: dict[Position, int] = {}

    def search(self, position: Position, limits: Limits, contempt: float = 0.0) -> Verdict:
        """The best move found within the limits. The match must not be over."""
        self._draw = round(-1000 * logit_of(0.5 + contempt)), position.turn
        return self._deepen(position, legal_moves(position), limits)

    def ready(self) -> None:
        """Forget a `stop`: the next search is not meant by it."""
        self._stop.clear()

    def rank(self, position: Position, limits: Limits) -> list[Verdict]:
        """A verdict for each legal move, best first; each gets its share of the limits."""
        self._draw = 0, position.turn
        moves = legal_moves(position)
        share = Limits(
            seconds=None if limits.seconds is None else limits.seconds / len(moves),
            nodes=None if limits.nodes is None else max(1, limits.nodes // len(moves)),
            depth=limits.depth,
        )
        verdicts = [self._deepen(position, [move], share) for move in moves]
        return sorted(verdicts, key=worth, reverse=True)

    def stop(self) -> None:
        """End the search that is running, from another thread."""
        self._stop.set()

    def forget(self) -> None:
        """Forget what was learnt in the match before."""
        self._best.clear()

    def _deepen(self, position: Position, moves: list[int], limits: Limits) -> Verdict:
        self._nodes = 0
        self._max_nodes = limits.nodes or 0
        self._deadline = math.inf if limits.seconds is None else self._now() + limits.seconds
        verdict = Verdict(moves[0], 0.5, None, None, 0, 0, (moves[0],))
        for depth in range(1, min(limits.depth or _DEEPEST, _DEEPEST) + 1):
            self._horizon = False
            try:
                value, line = self._root(position, moves, depth, must=depth == 1)
            except _Stopped:
                break
            verdict = _verdict(value, line, depth, self._nodes, exact=not self._horizon)
            moves = [verdict.move, *(move for move in moves if move != verdict.move)]
            if verdict.proof is not None:
                break
        if len(self._best) > 200_000:  # noqa: PLR2004 - some 100 MB
            self._best.clear()
        return verdict

    def _root(
        self, position: Position, moves: list[int], depth: int, *, must: bool
    ) -> tuple[int, tuple[int, ...]]:
        best = -WON
        line: tuple[int, ...] = (moves[0],)
        for move in moves:
            limit = self._max_nodes, self._deadline
            if must:  # whatever the limits, there is an answer that looks one move ahead
                self._max_nodes, self._deadline = 0, math.inf
            value, rest = self._descend(play(position, move), depth - 1, -WON, -best, 1)
            self._max_nodes, self._deadline = limit
            if -value > best:
                best, line = -value, (move, *rest)
        return best, line

    def _descend(
        self, position: Position, depth: int, alpha: int, beta: int, ply: int
    ) -> tuple[int, tuple[int, ...]]:
        """The value of a position and the line that leads to it."""
        if position.result is not None:
            return self._ended(position, ply), ()
        self._count()
        if depth <= 0:
            self._horizon = True
            return int(1000 * logit(position)), ()
        moves = _ordered(position, legal_moves(position), self._best.get(position))
        if len(moves) == 1:
            depth += 1
        best = -WON
        line: tuple[int, ...] = ()
        for move in moves:
            value, rest = self._descend(play(position, move), depth - 1, -beta, -alpha, ply + 1)
            if -value > best:
                best, line = -value, (move, *rest)
                alpha = max(alpha, best)
                if alpha >= beta:
                    break
        if line:
            self._best[position] = line[0]
        return best, line

    def _ended(self, position: Position, ply: int) -> int:
        """The value of a match that is over. Where sub-boards are counted out, whoever moved last
        may have lost by it.
        """
        if position.result is Result.DRAW:
            worth_so_much, to_whom = self._draw
            return worth_so_much if position.turn == to_whom else -worth_so_much
        has_won = (position.result is Result.FIRST) == (position.turn == 0)
        return WON - ply if has_won else ply - WON

    def _count(self) -> None:
        self._nodes += 1
        if self._max_nodes and self._nodes > self._max_nodes:
            raise _Stopped
        if self._nodes % _CLOCK_EVERY == 0 and (
            self._stop.is_set() or self._now() > self._deadline
        ):
            raise _Stopped


def worth(verdict: Verdict) -> tuple[float, int]:
    """The key by which verdicts are ranked: quick wins first, slow losses before quick ones."""
    plies = verdict.plies or 0
    if verdict.proof is Proof.WIN:
        return verdict.chance, -plies
    return verdict.chance, plies


def _verdict(value: int, line: tuple[int, ...], depth: int, nodes: int, *, exact: bool) -> Verdict:
    if abs(value) >= _FORCED:
        proof = Proof.WIN if value > 0 else Proof.LOSS
        return Verdict(
            line[0],
            float(value > 0),
            proof,
            WON - abs(value),
            depth,
            nodes,
            line[: WON - abs(value)],
        )
    if exact:  # everything was searched to the end of the match
        return Verdict(line[0], 0.5, Proof.DRAW, None, depth, nodes, line)
    return Verdict(line[0], 1 / (1 + math.exp(-value / 1000)), None, None, depth, nodes, line)


def _ordered(position: Position, moves: Iterable[int], best: int | None) -> list[int]:
    """The moves, the promising ones first: alpha-beta cuts the more."""
    mine, theirs = position.marks(position.turn), position.marks(1 - position.turn)

    def promise(move: int) -> int:
        board, cell = divmod(move, 9)
        takes = HAS_LINE[mine >> 9 * board & _FULL | 1 << cell]
        saves = HAS_LINE[theirs >> 9 * board & _FULL | 1 << cell]
        frees = position.closed >> cell & 1
        return (move == best) * 100 + takes * 8 + saves * 4 - frees * 6

    return sorted(moves, key=promise, reverse=True)
