import { expect, test } from "vitest";

import { arrow, CELL, centreOf } from "./overlay.ts";

test("the middle cell is in the middle, and the corners mirror each other", () => {
  const middle = centreOf({ board: 4, cell: 4 });
  expect(middle.x).toBeCloseTo(50);
  expect(middle.y).toBeCloseTo(50);
  const first = centreOf({ board: 0, cell: 0 });
  const last = centreOf({ board: 8, cell: 8 });
  expect(first.x + last.x).toBeCloseTo(100);
  expect(first.x).toBeGreaterThan(CELL / 2);
});

test("rows go down and columns to the right", () => {
  const { x, y } = centreOf({ board: 5, cell: 1 });
  expect(x).toBeGreaterThan(66);
  expect(y).toBeLessThan(50);
});

test("an arrow has room between its cells, or there is none", () => {
  expect(arrow({ board: 4, cell: 0 }, { board: 4, cell: 1 })).toBeNull();
  expect(arrow({ board: 4, cell: 0 }, { board: 4, cell: 0 })).toBeNull();
  const long = arrow({ board: 0, cell: 4 }, { board: 2, cell: 4 });
  const numbers = (long?.shaft ?? "").match(/[\d.]+/g)?.map(Number) ?? [];
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = numbers;
  expect(y1).toBeCloseTo(y2);
  expect(x1).toBeGreaterThan(centreOf({ board: 0, cell: 4 }).x + CELL / 2);
  expect(x2).toBeLessThan(centreOf({ board: 2, cell: 4 }).x - CELL / 2);
});
