// The rules of the game, pure: positions in, positions out. No DOM, no network, no texts.
// Boards and cells are numbered 0 to 8, row by row from the top left; the cell `c` of a board
// corresponds to the board `c`.

/** 1 is the mark of the player who moved first. */
export type Mark = 1 | 2;
/** 0 empty, or a mark. */
export type CellValue = 0 | Mark;
/** 0 open, a mark: won by it, 3 drawn. */
export type BoardValue = 0 | Mark | 3;

export interface Move {
  readonly board: number;
  readonly cell: number;
}

export interface Position {
  /** 81 values, at `9 * board + cell`. */
  readonly cells: readonly CellValue[];
  /** 9 values. */
  readonly boards: readonly BoardValue[];
  readonly toMove: Mark;
  readonly lastMove: Move | null;
  /** 0 while the game goes on. */
  readonly outcome: BoardValue;
}

export const NINE = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;

const LINES = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
  [0, 3, 6],
  [1, 4, 7],
  [2, 5, 8],
  [0, 4, 8],
  [2, 4, 6],
] as const;

export const START: Position = {
  cells: Array.from({ length: 81 }, () => 0 as const),
  boards: Array.from({ length: 9 }, () => 0 as const),
  toMove: 1,
  lastMove: null,
  outcome: 0,
};

/** Who has a line in nine values, 3 if none is open and nobody has, else 0. */
export function judge(values: readonly number[]): BoardValue {
  for (const [a, b, c] of LINES) {
    const value = values[a];
    if ((value === 1 || value === 2) && value === values[b] && value === values[c]) return value;
  }
  return values.includes(0) ? 0 : 3;
}

/** The three indices of the line that decided nine values, or null. */
export function winningLine(values: readonly number[]): readonly number[] | null {
  for (const line of LINES) {
    const value = values[line[0]];
    if ((value === 1 || value === 2) && line.every((index) => values[index] === value)) return line;
  }
  return null;
}

export function cellAt(position: Position, move: Move): CellValue {
  return position.cells[9 * move.board + move.cell] ?? 0;
}

/** The nine values of one board. */
export function cellsOf(position: Position, board: number): readonly CellValue[] {
  return position.cells.slice(9 * board, 9 * board + 9);
}

/** The board that the player to move is bound to, or null if the choice is free or the game over. */
export function forcedBoard(position: Position): number | null {
  if (position.lastMove === null || position.outcome !== 0) return null;
  const board = position.lastMove.cell;
  return position.boards[board] === 0 ? board : null;
}

/** Whether the board may be played on by the player to move. */
export function isPlayable(position: Position, board: number): boolean {
  if (position.outcome !== 0 || position.boards[board] !== 0) return false;
  const forced = forcedBoard(position);
  return forced === null || forced === board;
}

export function isLegal(position: Position, move: Move): boolean {
  return isPlayable(position, move.board) && cellAt(position, move) === 0;
}

export function legalMoves(position: Position): Move[] {
  return NINE.flatMap((board) => NINE.map((cell) => ({ board, cell }))).filter((move) =>
    isLegal(position, move),
  );
}

/** The position after a legal move. Throws RangeError for any other. */
export function play(position: Position, move: Move): Position {
  if (!isLegal(position, move)) throw new RangeError("this move is not legal");
  const cells = position.cells.slice();
  cells[9 * move.board + move.cell] = position.toMove;
  const boards = position.boards.slice();
  boards[move.board] = judge(cells.slice(9 * move.board, 9 * move.board + 9));
  return {
    cells,
    boards,
    toMove: position.toMove === 1 ? 2 : 1,
    lastMove: move,
    outcome: judge(boards),
  };
}

/** Where a considered move would send the opponent: a board, null for a free choice. */
export function sendsTo(position: Position, move: Move): { board: number | null; over: boolean } {
  const after = play(position, move);
  return { board: forcedBoard(after), over: after.outcome !== 0 };
}
