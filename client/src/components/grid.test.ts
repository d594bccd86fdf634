import { expect, test } from "vitest";

import { step } from "./grid.ts";

test.each([
  ["within a board", 0, "ArrowRight", 1],
  ["into the next board", 2, "ArrowRight", 9],
  ["down into the next board", 7, "ArrowDown", 28],
  ["back up", 28, "ArrowUp", 7],
  ["not over the edge", 0, "ArrowLeft", 0],
  ["to the end of the row", 0, "End", 20],
  ["a whole board down", 4, "PageDown", 31],
  ["not below the lowest board", 58, "PageDown", 58],
])("%s", (_name, from, key, to) => {
  expect(step(from, key)).toBe(to);
});

test("other keys lead nowhere", () => {
  expect(step(0, "a")).toBeNull();
});
