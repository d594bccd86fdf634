import { expect, test } from "vitest";

import { play, START, type Move, type Position } from "../rules/game.ts";
import type { Match } from "../state/match.ts";
import de from "./languages/de.ts";
import en from "./languages/en.ts";
import {
  boardLabel,
  cellLabel,
  previewSentence,
  resultSentence,
  signed,
  timeLeft,
  turnSentence,
} from "./phrases.ts";

const NAMES = ["alice", "bob"] as const;
const move = (board: number, cell: number): Move => ({ board, cell });
const line = (...moves: Move[]): Position => moves.reduce(play, START);

function match(confirmed: Position, change: Partial<Match> = {}): Match {
  return {
    id: "m1",
    ranked: true,
    players: NAMES,
    confirmed,
    pending: null,
    moves: 1,
    deadline: 0,
    result: null,
    winner: null,
    ...change,
  };
}

test("a cell says where it is, what is on it and where it sends", () => {
  expect(cellLabel(en, START, move(0, 4), NAMES, true)).toBe(
    "north-west board, centre; sends to the centre board",
  );
  expect(cellLabel(de, START, move(0, 4), NAMES, true)).toBe(
    "nordwestliches Brett, Mitte; schickt auf das mittlere Brett",
  );
  const after = line(move(4, 2));
  expect(cellLabel(en, after, move(4, 2), NAMES, true)).toBe(
    "centre board, north-east: X, alice; last move",
  );
  expect(cellLabel(en, after, move(0, 0), NAMES, true)).toBe(
    "north-west board, north-west; empty, not playable now",
  );
});

test("a board says how it stands", () => {
  const after = line(move(4, 2));
  expect(boardLabel(en, after, 2, NAMES, true)).toBe("north-east board, you must play here");
  expect(boardLabel(en, after, 2, NAMES, false)).toBe("north-east board, open");
  expect(boardLabel(en, START, 2, NAMES, true)).toBe("north-east board, playable");
});

test("it is said who sent whom where", () => {
  const after = match(line(move(4, 2)));
  expect(turnSentence(en, after, "bob")).toBe("alice sent you to the top-right board.");
  expect(turnSentence(en, after, "alice")).toBe("You sent bob to the top-right board.");
  expect(turnSentence(en, match(START), "alice")).toBe("You begin. Play wherever you like.");
  expect(previewSentence(en, START, move(0, 8))).toBe("Sends to the bottom-right board.");
});

test.each<[Partial<Match>, string]>([
  [{ result: "won", winner: "alice" }, "You won!"],
  [{ result: "won", winner: "bob" }, "bob won."],
  [{ result: "drawn" }, "A draw."],
  [{ result: "abandoned" }, "The match was abandoned."],
  [{ result: "expired", winner: "alice" }, "bob ran out of time: you won!"],
  [{ result: "expired", winner: "bob" }, "You ran out of time."],
  [{ result: "expired" }, "The match expired."],
  [{ result: "gone" }, "The match ended without a result."],
])("the result %o reads %s", (change, text) => {
  expect(resultSentence(en, match(START, change), "alice")).toBe(text);
});

test.each([
  [7 * 24 * 60, "7 d left"],
  [47 * 60, "47 h left"],
  [59, "59 min left"],
  [0, "time is up"],
])("%i minutes: %s", (minutes, text) => {
  expect(timeLeft(en, minutes * 60_000, 0)).toBe(text);
});

test("changes have a sign", () => {
  expect([signed(10), signed(-10), signed(0)]).toEqual(["+10", "−10", "+0"]);
});
