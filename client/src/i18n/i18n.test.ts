import { expect, test } from "vitest";

import { LANGUAGES, negotiate } from "./i18n.svelte.ts";
import en from "./languages/en.ts";

const languages = import.meta.glob<Record<string, unknown>>("./languages/*.ts", {
  import: "default",
  eager: true,
});

/** The paths of all texts, with their kinds and the lengths of lists. */
function outline(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [`${path}: ${typeof value}`];
  return Object.entries(value).flatMap(([key, member]) => outline(member, `${path}.${key}`));
}

/** All texts, functions called with words that can be found again. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "function") {
    return [String((value as (...args: string[]) => unknown)("«a»", "«b»", "«c»"))];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(texts);
}

test.each(Object.entries(languages))("%s has exactly the texts of English", (_path, language) => {
  expect(outline(language).sort()).toEqual(outline(en).sort());
});

test.each(Object.entries(languages))("%s leaves no text empty", (_path, language) => {
  for (const text of texts(language)) expect(text.trim()).not.toBe("");
});

test("the language is the chosen one, else the first known of the browser, else English", () => {
  expect(LANGUAGES).toEqual(["de", "en"]);
  expect(negotiate("de", ["en"])).toBe("de");
  expect(negotiate(null, ["fr-CA", "de-AT", "en"])).toBe("de");
  expect(negotiate(null, ["fr"])).toBe("en");
  expect(negotiate("xx", [])).toBe("en");
});
