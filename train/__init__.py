"""How the engine's network is made: games against itself, training, the match for its place.

A tool of the repository: nothing of the package imports it, and it ships with nothing. What it
imports of the package is the engine and the rules. `python -m train` is its command.
"""
