"""The computer player: search, evaluation, levels. Imports rules only.

Never players, matches, sockets or clocks of the server: a position comes in, a verdict goes out.
"""

from uttt.engine.levels import LEVELS, Level, choose
from uttt.engine.search import COMPILED, Engine
from uttt.engine.verdict import Limits, Proof, Verdict

__all__ = ["COMPILED", "LEVELS", "Engine", "Level", "Limits", "Proof", "Verdict", "choose"]
