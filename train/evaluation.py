"""By what the engine evaluates in this process: a network file, or without one.

Never the file's form, nor a search.
"""

from pathlib import Path

from uttt.engine.compiled import rows
from uttt.engine.search import use_network


def use(net: Path | None) -> None:
    """Evaluate by this network from now on; None: by the hand-made evaluation."""
    if net is None:
        rows.unload()
    else:
        use_network(net)
