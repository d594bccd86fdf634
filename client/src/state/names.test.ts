import { expect, test } from "vitest";

import { isName, suggestName } from "./names.ts";

test("every suggestion is a valid name", () => {
  const steps = Array.from({ length: 41 }, (_, index) => Math.min(0.999, index / 40));
  for (const first of steps) {
    for (const second of steps) {
      const numbers = [0.5, first, second];
      expect(isName(suggestName(() => numbers.pop() ?? 0))).toBe(true);
    }
  }
});

test.each([
  ["abc", true],
  ["Alice_1-2", true],
  ["ab", false],
  ["a".repeat(17), false],
  ["with space", false],
  ["abc\n", false],
])("%j is a name: %s", (text, valid) => {
  expect(isName(text)).toBe(valid);
});
