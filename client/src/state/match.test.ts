import { expect, test } from "vitest";

import type { MatchData } from "../protocol/messages.ts";
import { applyUpdate, ending, isTurnOf, markOf, opponentOf, shown, type Match } from "./match.ts";

function update(
  change: Partial<MatchData> = {},
  marks: [number, number, number][] = [],
): MatchData {
  const field = Array.from({ length: 9 }, () => Array.from({ length: 9 }, () => 0));
  for (const [row, column, mark] of marks) field[row]?.splice(column, 1, mark);
  return {
    id: "m1",
    revoke_time: "2031-01-08 17:05:59",
    ranked: true,
    server_time: "2031-01-01T16:05:59Z",
    deadline: "2031-01-08T16:05:59Z",
    moves: marks.length,
    result: null,
    match_state: {
      complete_field: field,
      global_field: [
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
      last_move: null,
      game_over: false,
      is_draw: false,
      player_won: null,
      active_player: marks.length % 2 === 0 ? "alice" : "bob",
      current_player: marks.length % 2 === 0 ? "alice" : "bob",
      player_a: "alice",
      player_b: "bob",
    },
    ...change,
  };
}

function match(data: MatchData, known: Match | null = null): Match {
  const result = applyUpdate(known, data, 1000);
  if (result === null) throw new Error("there is no match");
  return result;
}

test("rows and columns become boards and cells", () => {
  // The example of the protocol document: sub-board (2, 0), cell (1, 2).
  const data = update({}, [[2, 7, 1]]);
  if (data.match_state) data.match_state.last_move = { sub_x: 2, sub_y: 0, x: 1, y: 2 };
  const { confirmed } = match(data);
  expect(confirmed.cells.indexOf(1)).toBe(9 * 2 + 7);
  expect(confirmed.lastMove).toEqual({ board: 2, cell: 7 });
  expect(confirmed.toMove).toBe(2);
});

test("the time left is told by the server's clock", () => {
  expect(match(update()).deadline).toBe(1000 + 7 * 24 * 3600 * 1000);
});

test("a pending move is shown at once and is replaced by what the server says", () => {
  const known = { ...match(update()), pending: { board: 4, cell: 0 } };
  expect(shown(known).cells[36]).toBe(1);
  expect(isTurnOf(known, "alice")).toBe(false);
  const refused = match(update(), known);
  expect(shown(refused).cells[36]).toBe(0);
  expect(isTurnOf(refused, "alice")).toBe(true);
});

test("roles", () => {
  const open = match(update());
  expect([markOf(open, "alice"), markOf(open, "bob")]).toEqual([1, 2]);
  expect(opponentOf(open, "bob")).toBe("alice");
});

test("a match that is gone keeps what was known; an unknown one stays unknown", () => {
  const gone = update({ match_state: null });
  expect(applyUpdate(null, gone, 0)).toBeNull();
  expect(match(gone, match(update())).result).toBe("gone");
});

test("an abandoned match is over although its board is not", () => {
  const data = update({ result: "abandoned" });
  if (data.match_state) data.match_state.game_over = true;
  const over = match(data);
  expect([over.result, over.winner, over.confirmed.outcome]).toEqual(["abandoned", null, 0]);
});

test("ending costs rating only in a ranked match in which both have moved", () => {
  expect(ending(match(update()), "alice")).toEqual({ kind: "close", costs: false });
  expect(ending(match(update({}, [[0, 0, 1]])), "bob")).toEqual({ kind: "reject", costs: false });
  const both: [number, number, number][] = [
    [0, 0, 1],
    [1, 1, 2],
  ];
  expect(ending(match(update({}, both)), "bob")).toEqual({ kind: "abandon", costs: true });
  expect(ending(match(update({ ranked: false }, both)), "bob").costs).toBe(false);
});
