"""The rules of play once more, slow and plain: an oracle for the fast ones.

A 9x9 list of lists and loops over it, written from the text of the rules. It shares no code and no
idea (bit sets, tables, incremental results) with `uttt.rules`, and must stay so.
"""

EMPTY, FIRST, SECOND, DRAWN = 0, 1, 2, 3


def three_in_a_row(square: list[list[int]], player: int) -> bool:
    """Whether a player has a row, column or diagonal of a 3x3 square."""
    rows = [list(row) for row in square]
    columns = [[square[y][x] for y in range(3)] for x in range(3)]
    diagonals = [[square[i][i] for i in range(3)], [square[i][2 - i] for i in range(3)]]
    return [player] * 3 in rows + columns + diagonals


class NaiveGame:
    """A match in progress. Rows and columns are those of the whole 9x9 board."""

    def __init__(self, ruleset: str) -> None:
        self.ruleset = ruleset
        self.field = [[EMPTY] * 9 for _ in range(9)]
        self.status = [[EMPTY] * 3 for _ in range(3)]
        self.player = FIRST
        self.last: tuple[int, int] | None = None

    def sub_board(self, sub_x: int, sub_y: int) -> list[list[int]]:
        return [row[3 * sub_x : 3 * sub_x + 3] for row in self.field[3 * sub_y : 3 * sub_y + 3]]

    def is_full(self, sub_x: int, sub_y: int) -> bool:
        return all(EMPTY not in row for row in self.sub_board(sub_x, sub_y))

    def is_closed(self, sub_x: int, sub_y: int) -> bool:
        if self.ruleset == "open":
            return self.is_full(sub_x, sub_y)
        return self.status[sub_y][sub_x] != EMPTY

    def result(self) -> str | None:
        if three_in_a_row(self.status, FIRST):
            return "first"
        if three_in_a_row(self.status, SECOND):
            return "second"
        if not all(self.is_closed(sub_x, sub_y) for sub_x in range(3) for sub_y in range(3)):
            return None
        if self.ruleset == "most-boards":
            won = [state for row in self.status for state in row]
            if won.count(FIRST) > won.count(SECOND):
                return "first"
            if won.count(FIRST) < won.count(SECOND):
                return "second"
        return "draw"

    def target(self) -> tuple[int, int] | None:
        """The sub-board (sub_x, sub_y) that the next move must be in, None if there is none."""
        if self.last is None or self.result() is not None:
            return None
        row, column = self.last
        sub_x, sub_y = column % 3, row % 3
        return None if self.is_closed(sub_x, sub_y) else (sub_x, sub_y)

    def legal_squares(self) -> set[tuple[int, int]]:
        """The (row, column) of every square where the player to move may go."""
        if self.result() is not None:
            return set()
        target = self.target()
        squares = set()
        for row in range(9):
            for column in range(9):
                here = (column // 3, row // 3)
                if self.field[row][column] != EMPTY or self.is_closed(*here):
                    continue
                if target in (None, here):
                    squares.add((row, column))
        return squares

    def play(self, row: int, column: int) -> None:
        assert (row, column) in self.legal_squares()
        self.field[row][column] = self.player
        sub_x, sub_y = column // 3, row // 3
        if self.status[sub_y][sub_x] == EMPTY:
            if three_in_a_row(self.sub_board(sub_x, sub_y), self.player):
                self.status[sub_y][sub_x] = self.player
            elif self.is_full(sub_x, sub_y):
                self.status[sub_y][sub_x] = DRAWN
        self.last = (row, column)
        self.player = SECOND if self.player == FIRST else FIRST
