// Where cells lie on the big board, in hundredths of its width, for what is drawn over it. Pure.
// The lengths are those of Board.svelte and SubBoard.svelte.
import type { Move } from "../rules/game.ts";
import type { Point } from "./graph.ts";

const EDGE = 0.8;
const GAP = 2.2;
const INSET = 1.1;
const RULE = 0.3;
const BOARD = (100 - 2 * EDGE - 2 * GAP) / 3;

/** The width of a cell. */
export const CELL = (BOARD - 2 * INSET - 2 * RULE) / 3;

function along(board: number, cell: number): number {
  return EDGE + board * (BOARD + GAP) + INSET + cell * (CELL + RULE) + CELL / 2;
}

export function centreOf(move: Move): Point {
  return {
    x: along(move.board % 3, move.cell % 3),
    y: along(Math.floor(move.board / 3), Math.floor(move.cell / 3)),
  };
}

export interface Arrow {
  /** The shaft, and the head with its tip at the end. */
  readonly shaft: string;
  readonly head: string;
}

/** An arrow between two cells that ends at their rims; null where there is no room for one. */
export function arrow(from: Move, to: Move): Arrow | null {
  const [a, b] = [centreOf(from), centreOf(to)];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const free = length - CELL * 1.25;
  if (free < CELL * 0.45) return null;
  const [ux, uy] = [(b.x - a.x) / length, (b.y - a.y) / length];
  const at = (distance: number, side: number): string =>
    `${(a.x + ux * distance - uy * side).toFixed(2)} ${(a.y + uy * distance + ux * side).toFixed(2)}`;
  const start = CELL * 0.6;
  const tip = start + free;
  const head = Math.min(3, free * 0.6);
  return {
    shaft: `M${at(start, 0)}L${at(tip - head, 0)}`,
    head: `M${at(tip, 0)}L${at(tip - head, head * 0.6)}L${at(tip - head, -head * 0.6)}Z`,
  };
}
