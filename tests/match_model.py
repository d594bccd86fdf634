"""A match as the protocol has it, in plain Python: the model of the state machine of matches.

It knows names, lists and the plain rules, and nothing of the server but its codes.
"""

from naive_rules import NaiveGame
from uttt.domain.refusals import Code


def rated(own: int, other: int, score: float) -> int:
    return round(own + 20 * (score - 1 / (1 + 10 ** ((other - own) / 400))))


class Model:
    """One match as the protocol has it, with nothing but lists and names."""

    def __init__(self, first: str, second: str, now: int) -> None:
        self.players = (first, second)
        self.game = NaiveGame("standard")
        self.moves: list[int] = []
        self.active_at = now
        self.result: str | None = None
        self.winner: str | None = None
        self.untold = {first, second}

    @property
    def over(self) -> bool:
        return self.result is not None

    @property
    def to_move(self) -> str:
        return self.players[len(self.moves) % 2]

    @property
    def both_moved(self) -> bool:
        return len(self.moves) >= 2

    def other(self, name: str) -> str:
        return self.players[1 - self.players.index(name)]

    def fault(self, name: str, move: int) -> set[Code]:
        """What may be said against a move; empty if it is legal."""
        if name not in self.players:
            return {Code.NOT_YOUR_MATCH}
        if self.over:
            return {Code.MATCH_OVER}
        if name != self.to_move:
            return {Code.NOT_YOUR_TURN}
        if not 0 <= move < 81:
            return {Code.OUT_OF_RANGE}
        if square(move) in self.game.legal_squares():
            return set()
        return {Code.CELL_TAKEN, Code.BOARD_CLOSED, Code.WRONG_BOARD}

    def play(self, move: int, now: int) -> None:
        name = self.to_move
        self.game.play(*square(move))
        self.moves.append(move)
        self.active_at = now
        if self.game.result() is not None:
            drawn = self.game.result() == "draw"
            self.result, self.winner = ("drawn", None) if drawn else ("won", name)

    def end(self, result: str, winner: str | None, now: int) -> None:
        self.result, self.winner, self.active_at = result, winner, now
        self.untold = set()


def square(move: int) -> tuple[int, int]:
    board, cell = divmod(move, 9)
    return board // 3 * 3 + cell // 3, board % 3 * 3 + cell % 3
