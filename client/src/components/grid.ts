// Walking over the 81 cells as over one square of nine by nine.

/** The row and the column of a cell, 0 to 8 from the top left of the big board. */
function place(index: number): { row: number; column: number } {
  const [board, cell] = [Math.floor(index / 9), index % 9];
  return {
    row: 3 * Math.floor(board / 3) + Math.floor(cell / 3),
    column: 3 * (board % 3) + (cell % 3),
  };
}

function indexAt(row: number, column: number): number {
  const board = 3 * Math.floor(row / 3) + Math.floor(column / 3);
  return 9 * board + 3 * (row % 3) + (column % 3);
}

/** The cell that a key leads to from a cell, across boards; null for keys that lead nowhere. */
export function step(index: number, key: string): number | null {
  const { row, column } = place(index);
  switch (key) {
    case "ArrowUp":
      return indexAt(Math.max(0, row - 1), column);
    case "ArrowDown":
      return indexAt(Math.min(8, row + 1), column);
    case "ArrowLeft":
      return indexAt(row, Math.max(0, column - 1));
    case "ArrowRight":
      return indexAt(row, Math.min(8, column + 1));
    case "Home":
      return indexAt(row, 0);
    case "End":
      return indexAt(row, 8);
    case "PageUp":
      return indexAt(Math.max(row - 3, row % 3), column);
    case "PageDown":
      return indexAt(Math.min(row + 3, 6 + (row % 3)), column);
    default:
      return null;
  }
}
