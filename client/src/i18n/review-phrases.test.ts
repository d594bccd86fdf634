import { expect, test } from "vitest";

import { reviewOf, type Judged, type Review } from "../analysis/review.ts";
import { analysis } from "../analysis/samples.ts";
import de from "./languages/de.ts";
import en from "./languages/en.ts";
import {
  differenceSentence,
  judgementSentence,
  lostSentence,
  percentOf,
  plySentence,
} from "./review-phrases.ts";

const NAMES = ["anna", "ben"] as const;

const game: Review | null = reviewOf(
  analysis(
    [
      { chance: 0.55 },
      { chance: 0.8, best: 37, best_chance: 0.5, line: [37, 10], judgement: "blunder" },
      { chance: 0.8 },
      { chance: 1, proof: "first", best: 43, best_chance: 0.8, lost_by_force: true },
    ],
    { turning_point: 1 },
  ),
);

function moveOf(index: number): Judged {
  const judged = game?.moves[index];
  if (judged === undefined) throw new Error("the sample has no such move");
  return judged;
}

function said(ply: number, line: number | null = null): string {
  if (game === null) throw new Error("the sample is no review");
  return plySentence(en, game, { ply, line }, NAMES);
}

test("only what is proved is 0 or 100 percent", () => {
  expect(percentOf(0.999, null, 1)).toBe(99);
  expect(percentOf(0.999, null, 2)).toBe(1);
  expect([percentOf(1, 1, 1), percentOf(1, 1, 2)]).toEqual([100, 0]);
  expect(percentOf(0.25, null, 2)).toBe(75);
});

test("a judgement says what was better and what it cost its player", () => {
  expect(judgementSentence(en, moveOf(1))).toBe("Blunder: centre board, top was better.");
  expect(judgementSentence(de, moveOf(1))).toBe(
    "Grober Fehler: Besser war Brett in der Mitte, Feld oben Mitte.",
  );
  expect(differenceSentence(en, moveOf(1))).toBe("50 % instead of 20 %");
  expect(judgementSentence(en, moveOf(0))).toBe("The best move");
  expect(judgementSentence(en, moveOf(3))).toBe("A good move");
});

test("who lost by force is told who can win", () => {
  expect(lostSentence(en, moveOf(3), NAMES)).toContain("anna can win");
  expect(lostSentence(en, moveOf(1), NAMES)).toBe("");
});

test("a place in the game is said in one breath", () => {
  expect(said(0)).toBe("Before the first move. 50 % for anna.");
  expect(said(2)).toBe(
    "Move 2 of 4. ben: centre board, top-left. 80 % for anna. Blunder: centre board, top was better. The game turned here.",
  );
  expect(said(4)).toContain("Proved: anna wins.");
  expect(said(2, 1)).toBe("Expected instead: move 1 of 2. centre board, top.");
});
