"""The rules of section 5 of the protocol in their plainest form: nine rows of nine, nothing cached.

It is the yardstick for what a server says about a game, so it never imports anything of the server.
"""

from collections.abc import Iterable

Move = tuple[int, int, int, int]
"""(sub_x, sub_y, x, y), each 0 to 2, counted from the left and from the top."""

Grid = list[list[int]]

LINES = (
    *(((0, y), (1, y), (2, y)) for y in range(3)),
    *(((x, 0), (x, 1), (x, 2)) for x in range(3)),
    ((0, 0), (1, 1), (2, 2)),
    ((2, 0), (1, 1), (0, 2)),
)


def owner(grid: Grid) -> int:
    """Who has three in a line of a 3x3 grid: 1, 2, or 0 for nobody."""
    for line in LINES:
        marks = {grid[y][x] for x, y in line}
        if marks in ({1}, {2}):
            return marks.pop()
    return 0


def state(grid: Grid) -> int:
    """A sub-board in one number: 0 open, 1 or 2 won, 3 drawn."""
    return owner(grid) or (3 if all(cell for row in grid for cell in row) else 0)


def sub_board(field: Grid, sub_x: int, sub_y: int) -> Grid:
    """The 3x3 grid at (sub_x, sub_y) of the whole field of 9x9."""
    return [row[3 * sub_x : 3 * sub_x + 3] for row in field[3 * sub_y : 3 * sub_y + 3]]


def global_field(field: Grid) -> Grid:
    """The nine sub-boards of the whole field as a 3x3 grid of their states."""
    return [[state(sub_board(field, x, y)) for x in range(3)] for y in range(3)]


class Game:
    """A game that is played move by move; player 1 begins."""

    def __init__(self, moves: Iterable[Move] = ()) -> None:
        self.field: Grid = [[0] * 9 for _ in range(9)]
        self.moves: list[Move] = []
        for move in moves:
            self.play(move)

    @property
    def player(self) -> int:
        """Whose turn it is, 1 or 2."""
        return 1 + len(self.moves) % 2

    @property
    def boards(self) -> Grid:
        return global_field(self.field)

    @property
    def winner(self) -> int:
        return owner(self.boards)

    @property
    def over(self) -> bool:
        return self.winner != 0 or all(board for row in self.boards for board in row)

    @property
    def drawn(self) -> bool:
        return self.over and self.winner == 0

    def faults(self, move: Move) -> set[str]:
        """Every error code that fits this move; empty for a legal one."""
        sub_x, sub_y, x, y = move
        if self.over:
            return {"match_over"}
        found = set()
        boards = self.boards
        if self.field[3 * sub_y + y][3 * sub_x + x]:
            found.add("cell_taken")
        if boards[sub_y][sub_x]:
            found.add("board_closed")
        if self.moves:
            last_x, last_y = self.moves[-1][2:]
            if not boards[last_y][last_x] and (sub_x, sub_y) != (last_x, last_y):
                found.add("wrong_board")
        return found

    def legal_moves(self) -> list[Move]:
        return [move for move in EVERY_MOVE if not self.faults(move)]

    def play(self, move: Move) -> None:
        if faults := self.faults(move):
            raise ValueError(f"{move} after {len(self.moves)} moves: {faults}")
        sub_x, sub_y, x, y = move
        self.field[3 * sub_y + y][3 * sub_x + x] = self.player
        self.moves.append(move)


EVERY_MOVE: tuple[Move, ...] = tuple(
    (sub_x, sub_y, x, y)
    for sub_y in range(3)
    for sub_x in range(3)
    for y in range(3)
    for x in range(3)
)
