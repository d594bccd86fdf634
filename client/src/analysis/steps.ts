// Where one is in a reviewed game: after so many moves, or in the line that was expected instead.
// Pure.
import { play, START, type Position } from "../rules/game.ts";
import type { Review } from "./review.ts";

export interface Step {
  /** How many moves of the game have been made, 0 to all. */
  readonly ply: number;
  /**
   * How many moves of the expected line are shown in place of the last move of the game; null in
   * the game itself.
   */
  readonly line: number | null;
}

/** The step to begin with: the turning point if there is one, else the end. */
export function firstStep(review: Review): Step {
  return { ply: review.turningPoint ?? review.moves.length, line: null };
}

export function lineLength(review: Review, ply: number): number {
  return review.moves[ply - 1]?.line.length ?? 0;
}

/** To a place in the game. */
export function toPly(review: Review, ply: number): Step {
  return { ply: Math.min(Math.max(0, ply), review.moves.length), line: null };
}

/** To a place in the expected line of the present move; before its first move is the game. */
export function toLine(review: Review, step: Step, count: number): Step {
  const line = Math.min(count, lineLength(review, step.ply));
  return { ply: step.ply, line: line < 1 ? null : line };
}

/** Where a key leads to, or null for keys that lead nowhere. */
export function keyStep(review: Review, step: Step, key: string): Step | null {
  const { ply, line } = step;
  switch (key) {
    case "ArrowLeft":
      return line === null ? toPly(review, ply - 1) : toLine(review, step, line - 1);
    case "ArrowRight":
      return line === null ? toPly(review, ply + 1) : toLine(review, step, line + 1);
    case "Home":
      return line === null ? toPly(review, 0) : toLine(review, step, 1);
    case "End":
      return line === null ? toPly(review, Infinity) : toLine(review, step, Infinity);
    case "Escape":
      return line === null ? null : { ply, line: null };
    default:
      return null;
  }
}

/** The next move after `ply` with a judgement, else the first of the game; null if there is none. */
export function nextMistake(review: Review, ply: number): number | null {
  const plies = review.moves.flatMap((each, index) => (each.judgement ? [index + 1] : []));
  return plies.find((each) => each > ply) ?? plies[0] ?? null;
}

/** The position to show. */
export function positionAt(review: Review, step: Step): Position {
  if (step.line === null) return review.positions[step.ply] ?? START;
  const before = review.positions[step.ply - 1] ?? START;
  return (review.moves[step.ply - 1]?.line ?? []).slice(0, step.line).reduce(play, before);
}
