import { expect, test } from "vitest";

import { START } from "../rules/game.ts";
import { betterThan, chanceAfter, countsOf, proofAfter, reviewOf, type Review } from "./review.ts";
import { analysis, evaluation } from "./samples.ts";

function review(...args: Parameters<typeof analysis>): Review {
  const made = reviewOf(analysis(...args));
  if (made === null) throw new Error("the sample is no review");
  return made;
}

test("there is a position before the first move and after each", () => {
  const { positions, moves } = review();
  expect(positions).toHaveLength(moves.length + 1);
  expect(positions[0]).toBe(START);
  expect(positions.map((position) => position.cells.filter((mark) => mark !== 0).length)).toEqual([
    0, 1, 2, 3, 4,
  ]);
  expect(moves.map((each) => each.mover)).toEqual([1, 2, 1, 2]);
  expect(moves[1]?.move).toEqual({ board: 4, cell: 0 });
});

test("the turning point is counted in moves made", () => {
  expect(review([], { turning_point: 2 }).turningPoint).toBe(3);
  expect(review().turningPoint).toBeNull();
});

test("what cannot be replayed is no review", () => {
  expect(reviewOf(analysis([], { ruleset: "most-boards" }))).toBeNull();
  expect(
    reviewOf(analysis([], { setup: "9/9/9/9/9/9/9/9/9 ......... x - - standard" })),
  ).toBeNull();
  expect(reviewOf(analysis([], { moves: [] }))).toBeNull();
  expect(reviewOf(analysis([], { moves: [evaluation(40), evaluation(0)] }))).toBeNull();
});

test("a line ends where this client's rules end it", () => {
  const { moves } = review([{ line: [40, 37, 10, 80] }]);
  expect(moves[0]?.line).toEqual([
    { board: 4, cell: 4 },
    { board: 4, cell: 1 },
    { board: 1, cell: 1 },
  ]);
});

test("unknown judgements and proofs of a newer server are none", () => {
  const { moves } = review([{ judgement: "brilliant", proof: "nobody" }]);
  expect([moves[0]?.judgement, moves[0]?.proof]).toEqual([null, null]);
});

test("chances and proofs are those after so many moves", () => {
  const made = review([{ chance: 0.7 }, { chance: 0, proof: "second" }], {
    start: { chance: 0.6, proof: null },
  });
  expect([0, 1, 2].map((ply) => chanceAfter(made, ply))).toEqual([0.6, 0.7, 0]);
  expect([0, 1, 2].map((ply) => proofAfter(made, ply))).toEqual([null, null, 2]);
});

test("mistakes are counted for each player", () => {
  const made = review([
    { judgement: "mistake" },
    { judgement: "blunder" },
    { judgement: "mistake" },
  ]);
  expect(countsOf(made, 1)).toEqual([0, 2, 0]);
  expect(countsOf(made, 2)).toEqual([0, 0, 1]);
});

test("another move is better if it gains its player more than a trifle", () => {
  const first = review([{ best: 0, chance: 0.5, best_chance: 0.53 }]).moves[0];
  const second = review([{}, { best: 37, chance: 0.5, best_chance: 0.47 }]).moves[1];
  const worse = review([{}, { best: 37, chance: 0.5, best_chance: 0.53 }]).moves[1];
  const trifle = review([{ best: 0, chance: 0.5, best_chance: 0.51 }]).moves[0];
  const judged = review([{ best: 0, chance: 0.5, best_chance: 0.51, judgement: "mistake" }])
    .moves[0];
  const found = [first, second, worse, trifle, judged].map((each) => each && betterThan(each));
  expect(found).toEqual([
    { board: 0, cell: 0 },
    { board: 4, cell: 1 },
    null,
    null,
    { board: 0, cell: 0 },
  ]);
});
