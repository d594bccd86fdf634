import { expect, test } from "vitest";

import { forcedBoard, isLegal, legalMoves, play, sendsTo, START, type Position } from "./game.ts";

function perft(position: Position, depth: number): number {
  const moves = legalMoves(position);
  if (depth === 1) return moves.length;
  return moves.reduce((sum, move) => sum + perft(play(position, move), depth - 1), 0);
}

/** Plays moves written as "board cell" digits. */
function line(text: string): Position {
  return text
    .split(" ")
    .reduce(
      (position, [board, cell]) => play(position, { board: Number(board), cell: Number(cell) }),
      START,
    );
}

test.each([
  [1, 81],
  [2, 720],
  [3, 6336],
  [4, 55_080],
  [5, 473_256],
])("from the start there are, %i deep, %i games", (depth, count) => {
  expect(perft(START, depth)).toBe(count);
});

test("the first move is free, the next is bound to the board of the cell", () => {
  expect(forcedBoard(START)).toBeNull();
  const position = line("42");
  expect(forcedBoard(position)).toBe(2);
  expect(isLegal(position, { board: 3, cell: 0 })).toBe(false);
  expect(() => play(position, { board: 3, cell: 0 })).toThrow(RangeError);
});

test("three in a line close a board, and being sent there frees the choice", () => {
  // X takes 0, 1 and 2 of board 0; O is sent there and answers elsewhere.
  const position = line("00 01 10 02 20 04 40 03 30 05");
  expect(position.boards[0]).toBe(2);
  expect(forcedBoard(play(position, { board: 5, cell: 0 }))).toBeNull();
  expect(sendsTo(position, { board: 5, cell: 0 })).toEqual({ board: null, over: false });
  expect(sendsTo(position, { board: 5, cell: 4 })).toEqual({ board: 4, over: false });
});

test("random games end with an outcome and no legal moves", () => {
  const outcomes = new Set<number>();
  let seed = 7;
  for (let game = 0; game < 200; game += 1) {
    let position = START;
    while (position.outcome === 0) {
      const moves = legalMoves(position);
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      const move = moves[Math.floor((seed / 2_147_483_648) * moves.length)];
      if (!move) throw new Error("an open position without moves");
      position = play(position, move);
    }
    outcomes.add(position.outcome);
    expect(legalMoves(position)).toEqual([]);
  }
  expect([...outcomes].sort()).toEqual([1, 2, 3]);
});
