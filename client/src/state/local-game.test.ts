import { expect, test } from "vitest";

import { START } from "../rules/game.ts";
import { localGame, replay } from "./local-game.svelte.ts";

test("a stored game is replayed as far as it is legal", () => {
  expect(replay([40, 37, 10]).moves).toHaveLength(3);
  expect(replay([40, 0, 1]).moves).toHaveLength(1);
});

test.each([null, "text", {}, [0.5], ["0"], [-1], [81], [null]])("%j is no game", (stored) => {
  expect(replay(stored)).toEqual({ moves: [], position: START });
});

test("a move can be taken back, and a new game begun", () => {
  localGame.play({ board: 4, cell: 4 });
  localGame.play({ board: 4, cell: 0 });
  localGame.undo();
  expect(localGame.position.lastMove).toEqual({ board: 4, cell: 4 });
  localGame.restart();
  expect(localGame.canUndo).toBe(false);
});
