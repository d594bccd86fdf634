import { expect, test } from "vitest";

import { reviewOf, type Review } from "./review.ts";
import { analysis } from "./samples.ts";
import { firstStep, keyStep, nextMistake, positionAt, toLine, toPly, type Step } from "./steps.ts";

function review(...args: Parameters<typeof analysis>): Review {
  const made = reviewOf(analysis(...args));
  if (made === null) throw new Error("the sample is no review");
  return made;
}

const game = review([{}, { best: 37, line: [37, 10, 13], judgement: "mistake" }]);
const at = (ply: number, line: number | null = null): Step => ({ ply, line });

test("it begins at the turning point, else at the end", () => {
  expect(firstStep(review([], { turning_point: 1 }))).toEqual(at(2));
  expect(firstStep(review())).toEqual(at(4));
});

test.each([
  [at(2), "ArrowRight", at(3)],
  [at(2), "ArrowLeft", at(1)],
  [at(0), "ArrowLeft", at(0)],
  [at(4), "ArrowRight", at(4)],
  [at(2), "Home", at(0)],
  [at(2), "End", at(4)],
  [at(2), "Escape", null],
  [at(2), "x", null],
  [at(2, 1), "ArrowRight", at(2, 2)],
  [at(2, 3), "ArrowRight", at(2, 3)],
  [at(2, 2), "ArrowLeft", at(2, 1)],
  [at(2, 1), "ArrowLeft", at(2)],
  [at(2, 3), "Home", at(2, 1)],
  [at(2, 1), "End", at(2, 3)],
  [at(2, 2), "Escape", at(2)],
])("from %o the key %s leads to %o", (from, key, to) => {
  expect(keyStep(game, from, key)).toEqual(to);
});

test("a place beyond the ends is the end; a line that is not there is the game", () => {
  expect(toPly(game, -3)).toEqual(at(0));
  expect(toPly(game, 99)).toEqual(at(4));
  expect(toLine(game, at(0), 1)).toEqual(at(0));
});

test("the next mistake comes after the last one again", () => {
  expect(nextMistake(game, 0)).toBe(2);
  expect(nextMistake(game, 2)).toBe(2);
  expect(nextMistake(review(), 0)).toBeNull();
});

test("the line is shown in place of the move that was played", () => {
  const { cells, lastMove, toMove } = positionAt(game, at(2, 2));
  expect(lastMove).toEqual({ board: 1, cell: 1 });
  expect([cells[40], cells[37], cells[10], cells[36]]).toEqual([1, 2, 1, 0]);
  expect(toMove).toBe(2);
  expect(positionAt(game, at(2)).cells[36]).toBe(2);
});
