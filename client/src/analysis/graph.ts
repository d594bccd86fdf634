// The shapes of the graph of a game, in pixels: moves from left to right, the expected result of
// the first player from the foot to the top. Pure.
import { chanceAfter, proofAfter, type Proof, type Review } from "./review.ts";

export interface Box {
  readonly width: number;
  readonly height: number;
  /** Room at each side, so that marks at the edge are whole. */
  readonly pad: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A stretch of the game in which the result is proved: from and to, in moves made. */
export interface ProvedRange {
  readonly proof: Proof;
  readonly from: number;
  readonly to: number;
}

export function xOf(box: Box, plies: number, ply: number): number {
  return box.pad + ((box.width - 2 * box.pad) * ply) / Math.max(1, plies);
}

export function yOf(box: Box, chance: number): number {
  return box.pad + (box.height - 2 * box.pad) * (1 - Math.min(1, Math.max(0, chance)));
}

/** The number of moves made whose place is nearest to an x. */
export function plyAt(box: Box, plies: number, x: number): number {
  const share = (x - box.pad) / Math.max(1, box.width - 2 * box.pad);
  return Math.min(plies, Math.max(0, Math.round(share * plies)));
}

/** The points of the curve, one for each position. */
export function curve(box: Box, review: Review): Point[] {
  const plies = review.moves.length;
  return review.positions.map((_, ply) => ({
    x: xOf(box, plies, ply),
    y: yOf(box, chanceAfter(review, ply)),
  }));
}

function path(points: readonly Point[]): string {
  return points
    .map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`)
    .join("");
}

export function linePath(points: readonly Point[]): string {
  return path(points);
}

/** The curve with the points in which it crosses a height. */
function withCrossings(points: readonly Point[], middle: number): Point[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    if (before === undefined || (before.y - middle) * (point.y - middle) >= 0) return [point];
    const share = (middle - before.y) / (point.y - before.y);
    return [{ x: before.x + share * (point.x - before.x), y: middle }, point];
  });
}

/** The areas between the curve and the line of equal chances: above it and below it. */
export function areas(box: Box, points: readonly Point[]): { above: string; below: string } {
  const middle = yOf(box, 0.5);
  const crossed = withCrossings(points, middle);
  const first = crossed[0];
  const last = crossed.at(-1);
  if (first === undefined || last === undefined) return { above: "", below: "" };
  const closed = (limit: (y: number) => number): string =>
    `${path([
      { x: first.x, y: middle },
      ...crossed.map(({ x, y }) => ({ x, y: limit(y) })),
      { x: last.x, y: middle },
    ])}Z`;
  return {
    above: closed((y) => Math.min(y, middle)),
    below: closed((y) => Math.max(y, middle)),
  };
}

/** Where the result is proved, in the order of the game. */
export function provedRanges(review: Review): ProvedRange[] {
  const ranges: ProvedRange[] = [];
  for (const ply of review.positions.keys()) {
    const proof = proofAfter(review, ply);
    const last = ranges.at(-1);
    if (proof === null) continue;
    if (last?.proof === proof && last.to === ply - 1)
      ranges[ranges.length - 1] = { ...last, to: ply };
    else ranges.push({ proof, from: ply, to: ply });
  }
  return ranges;
}
