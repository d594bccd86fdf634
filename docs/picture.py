"""docs/game.svg: the picture of a game in progress, drawn from a line of `uttt.rules.notation`.

Shapes and colours of the picture live here. The state of the board never does: it is computed by
the rules from `GAME`, so the picture cannot show what the rules would not.
"""

from collections.abc import Iterator
from typing import Final

from uttt.rules.notation import compass, format_move, parse_position
from uttt.rules.position import FREE_CHOICE, NO_MOVE, Position, board_state

GAME: Final = (
    "xx4o2/ooo6/3oooo2/2xo3x1/1o1xxo1x1/xxx4x1/1x1x3x1/ooxo4o/x2o5 oo.x.x... x 4 b8 standard"
)
"""Both players need one more sub-board for a line; O has just sent X to the one that X needs."""

_CELL = 48
_INSET = 7  # from the edge of a sub-board to its cells
_GAP = 10  # between sub-boards
_EDGE = 34  # around the whole, with room for the coordinates
_BOARD = 3 * _CELL + 2 * _INSET
_WIDTH = 3 * _BOARD + 2 * _GAP + 2 * _EDGE
_CAPTION = 30
_HEIGHT = _WIDTH + _CAPTION
_SIGNS = "XO"

_STYLE = """
  text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
  .table { fill: #f3f5f9 } .board { fill: #ffffff; stroke: #cfd6e2; stroke-width: 1.5 }
  .grid { stroke: #dde2eb; stroke-width: 1.5 }
  .label { fill: #67728a; font-size: 13px } .caption { fill: #273147; font-size: 15px }
  .x, .o { fill: none; stroke-width: 6; stroke-linecap: round }
  .x { stroke: #c2410c } .o { stroke: #1d5fd1 }
  .big.x, .big.o { stroke-width: 13 } .faded { opacity: 0.22 }
  .won-x { fill: #fdeee4; stroke: #eebb9d; stroke-width: 1.5 }
  .won-o { fill: #e8f0fe; stroke: #a9c4f3; stroke-width: 1.5 }
  .drawn { fill: #e6eaf1; stroke: #cfd6e2; stroke-width: 1.5 }
  .forced { fill: #fffbea; stroke: #d99a00; stroke-width: 5 }
  .forced-grid { stroke: #efdca0; stroke-width: 1.5 }
  .last { fill: #d6e4fd; stroke: #7ea8ee; stroke-width: 2 }
  .last-x { fill: #fbdfcd; stroke: #e79a6d; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    .table { fill: #141924 } .board { fill: #1e2533; stroke: #364157 }
    .grid { stroke: #303a4f }
    .label { fill: #8e9ab3 } .caption { fill: #dfe5f0 }
    .x { stroke: #ff9557 } .o { stroke: #6ea8ff }
    .won-x { fill: #3a271f; stroke: #7d4a2e } .won-o { fill: #1c2d4d; stroke: #355a97 }
    .drawn { fill: #262d3b; stroke: #364157 }
    .forced { fill: #2f2a18; stroke: #f2b53a } .forced-grid { stroke: #5a4d22 }
    .last { fill: #2a4273; stroke: #5c8be0 } .last-x { fill: #5e3621; stroke: #c9713d }
  }
"""


def picture() -> str:
    """The SVG document, ending in a newline."""
    position = parse_position(GAME)
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t d">',
        '<title id="t">A game of Ultimate Tic-Tac-Toe in progress</title>',
        f'<desc id="d">{_description(position)}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="table" width="{_WIDTH}" height="{_HEIGHT}" rx="16"/>',
        *_coordinates(),
    ]
    for board in range(9):
        lines += _sub_board(position, board)
    x, y = _WIDTH // 2, _HEIGHT - 24
    lines.append(f'<text class="caption" x="{x}" y="{y}" text-anchor="middle">')
    lines += [_caption(position), "</text>", "</svg>", ""]
    return "\n".join(lines)


def _description(position: Position) -> str:
    parts = []
    for player, sign in enumerate(_SIGNS):
        won = [compass(board) for board in range(9) if position.boards_won[player] >> board & 1]
        parts.append(f"{sign} has won the boards: {', '.join(won) or 'none'}.")
    return " ".join([*parts, _caption(position)])


def _caption(position: Position) -> str:
    if position.last == NO_MOVE or position.forced == FREE_CHOICE:
        return f"{_SIGNS[position.turn]} may play in any open board."
    mover, sent = _SIGNS[1 - position.turn], _SIGNS[position.turn]
    place = compass(position.forced)
    return f"{mover} played {format_move(position.last)} and so sent {sent} to the {place} board."


def _start(index: int) -> int:
    """Where the sub-board in row or column 0..2 begins, in pixels."""
    return _EDGE + index * (_BOARD + _GAP)


def _coordinates() -> Iterator[str]:
    for line in range(9):
        middle = _start(line // 3) + _INSET + line % 3 * _CELL + _CELL // 2
        letter, digit = "abcdefghi"[line], line + 1
        yield f'<text class="label" x="{middle}" y="22" text-anchor="middle">{letter}</text>'
        yield f'<text class="label" x="17" y="{middle + 5}" text-anchor="middle">{digit}</text>'


def _sub_board(position: Position, board: int) -> Iterator[str]:
    state = board_state(position, board)
    left, top = _start(board % 3), _start(board // 3)
    forced = board == position.forced
    look = "forced" if forced else ("board", "won-x", "won-o", "drawn")[state]
    yield f'<g transform="translate({left} {top})">'
    yield f'<rect class="{look}" width="{_BOARD}" height="{_BOARD}" rx="10"/>'
    if position.last // 9 == board:
        yield _last_cell(position)
    if not state:
        yield f'<path class="{"forced-grid" if forced else "grid"}" d="{_grid()}"/>'
    yield f'<g class="faded">{_marks(position, board)}</g>' if state else _marks(position, board)
    if state in (1, 2):
        yield _mark(_SIGNS[state - 1], _BOARD / 2, _BOARD / 2, 0.33 * _BOARD, "big ")
    yield "</g>"


def _last_cell(position: Position) -> str:
    """The cell of the last move, which was not the move of the player on turn."""
    cell = position.last % 9
    x, y = (_INSET + part * _CELL + 3 for part in (cell % 3, cell // 3))
    look = "last" if position.turn == 0 else "last-x"
    return f'<rect class="{look}" x="{x}" y="{y}" width="{_CELL - 6}" height="{_CELL - 6}" rx="7"/>'


def _grid() -> str:
    near, far = _INSET, _BOARD - _INSET
    between = (_INSET + _CELL, _INSET + 2 * _CELL)
    return "".join(f"M{at} {near}V{far}M{near} {at}H{far}" for at in between)


def _marks(position: Position, board: int) -> str:
    marks = []
    for cell in range(9):
        for player, sign in enumerate(_SIGNS):
            if position.marks(player) >> 9 * board + cell & 1:
                x, y = (_INSET + (part + 0.5) * _CELL for part in (cell % 3, cell // 3))
                marks.append(_mark(sign, x, y, 0.25 * _CELL))
    return "".join(marks)


def _mark(sign: str, x: float, y: float, reach: float, size: str = "") -> str:
    """A mark around (x, y); `reach` is how far it goes to each side, in pixels."""
    if sign == "O":
        return f'<circle class="{size}o" cx="{x:g}" cy="{y:g}" r="{1.08 * reach:g}"/>'
    low_x, high_x, low_y, high_y = x - reach, x + reach, y - reach, y + reach
    strokes = (
        f"M{low_x:g} {low_y:g}L{high_x:g} {high_y:g}M{low_x:g} {high_y:g}L{high_x:g} {low_y:g}"
    )
    return f'<path class="{size}x" d="{strokes}"/>'
