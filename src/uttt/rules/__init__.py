"""The rules of Ultimate Tic-Tac-Toe: pure, and importing nothing else of this project."""
