"""The engine as others see it: what it is asked, checked, and put to the search that is there.

The compiled search if it was built, else the one in plain Python. Never levels, processes or time
tables: who may search when, and how well, is decided elsewhere.
"""

from typing import Final

from uttt.engine.plain import PlainSearch
from uttt.engine.verdict import Limits, Verdict
from uttt.rules.position import Position

COMPILED: Final = False
"""Whether searches run in the compiled core; else they are some hundred times slower."""


class Engine:
    """A player that thinks. One search at a time; `stop` may come from another thread."""

    def __init__(self, *, megabytes: int = 16) -> None:
        """`megabytes`: memory for what it has seen (about; only the compiled core keeps to it)."""
        if megabytes < 1:
            raise ValueError("an engine needs at least 1 MB")
        self._search = PlainSearch()

    def search(self, position: Position, limits: Limits) -> Verdict:
        """The best move found. Blocks, with the GIL released where the core is compiled.

        Raises ValueError if the match is over, or if there is no limit at all.
        """
        _check(position, limits)
        return self._search.search(position, limits)

    def rank(self, position: Position, limits: Limits) -> list[Verdict]:
        """A verdict for each legal move, best first. The limits hold for all of them together.

        Each has the move as `move` and as the first of its `line`. Raises ValueError as `search`.
        """
        _check(position, limits)
        return self._search.rank(position, limits)

    def stop(self) -> None:
        """End the running search soon; it answers with what it has. Without one: nothing."""
        self._search.stop()

    def new_game(self) -> None:
        """Forget what was seen, so that the next answers do not depend on it."""
        self._search.forget()


def _check(position: Position, limits: Limits) -> None:
    if position.result is not None:
        raise ValueError("the match is over")
    if limits.seconds is None and limits.nodes is None and limits.depth is None:
        raise ValueError("a search needs a limit")
