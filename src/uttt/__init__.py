"""uttt: a durable, fast server for Ultimate Tic-Tac-Toe."""

__version__ = "0.1.0"
