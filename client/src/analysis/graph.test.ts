import { expect, test } from "vitest";

import { areas, curve, linePath, plyAt, provedRanges, xOf, yOf, type Box } from "./graph.ts";
import { reviewOf, type Review } from "./review.ts";
import { analysis } from "./samples.ts";

const box: Box = { width: 120, height: 70, pad: 10 };

function review(...args: Parameters<typeof analysis>): Review {
  const made = reviewOf(analysis(...args));
  if (made === null) throw new Error("the sample is no review");
  return made;
}

test("the first player's win is at the top, his loss at the foot", () => {
  expect([1, 0.5, 0].map((chance) => yOf(box, chance))).toEqual([10, 35, 60]);
  expect([1.5, -1].map((chance) => yOf(box, chance))).toEqual([10, 60]);
});

test("moves go from left to right, and the pointer finds them again", () => {
  expect([0, 2, 4].map((ply) => xOf(box, 4, ply))).toEqual([10, 60, 110]);
  for (const ply of [0, 1, 2, 3, 4]) expect(plyAt(box, 4, xOf(box, 4, ply) + 8)).toBe(ply);
  expect([plyAt(box, 4, -50), plyAt(box, 4, 999)]).toEqual([0, 4]);
});

test("a plot without room has no place that is not a number", () => {
  expect(plyAt({ width: 0, height: 0, pad: 10 }, 4, 5)).toBe(0);
  expect(xOf(box, 0, 0)).toBe(10);
});

test("the curve has a point for each position", () => {
  const points = curve(box, review([{ chance: 1 }, { chance: 0 }]));
  expect(points).toHaveLength(5);
  expect(points[1]).toEqual({ x: 35, y: 10 });
  expect(linePath(points.slice(0, 2))).toBe("M10.0 35.0L35.0 10.0");
});

test("the areas part where the curve crosses the middle", () => {
  const points = [
    { x: 0, y: 25 },
    { x: 20, y: 45 },
  ];
  const { above, below } = areas(box, points);
  expect(above).toBe("M0.0 35.0L0.0 25.0L10.0 35.0L20.0 35.0L20.0 35.0Z");
  expect(below).toBe("M0.0 35.0L0.0 35.0L10.0 35.0L20.0 45.0L20.0 35.0Z");
  expect(areas(box, [])).toEqual({ above: "", below: "" });
});

test("proved stretches are told apart", () => {
  const made = review([{ proof: "first" }, { proof: "first" }, {}, { proof: "second" }]);
  expect(provedRanges(made)).toEqual([
    { proof: 1, from: 1, to: 2 },
    { proof: 2, from: 4, to: 4 },
  ]);
  const changed = review([{ proof: "draw" }, { proof: "second" }]);
  expect(provedRanges(changed).map(({ proof }) => proof)).toEqual([3, 2]);
});
