"""The computer player: search, evaluation, levels. Imports rules only.

Never players, matches, sockets or clocks of the server: a position comes in, a verdict goes out.
"""
