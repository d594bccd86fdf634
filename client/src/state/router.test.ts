import { expect, test } from "vitest";

import { challengeIn, href, parse, type Route } from "./router.svelte.ts";

test.each<Route>([
  { view: "home" },
  { view: "computer" },
  { view: "local" },
  { view: "top" },
  { view: "settings" },
  { view: "match", id: "20e66bc52d22482e90e873ec1e408766" },
  { view: "analysis", id: "20e66bc52d22482e90e873ec1e408766" },
])("$view has an address that leads back to it", (route) => {
  expect(parse(href(route))).toEqual(route);
});

test.each(["", "#", "#/", "#/unknown", "#/match", "#/analysis", "#/match/%E0%A4%A"])(
  "%j is home",
  (fragment) => {
    expect(parse(fragment)).toEqual({ view: "home" });
  },
);

test.each([
  ["/challenge/alice", "alice"],
  ["/challenge/Alice_1/", "alice_1"],
  ["/challenge/ab", null],
  ["/challenge/alice/more", null],
  ["/", null],
])("the path %s challenges %s", (path, name) => {
  expect(challengeIn(path)).toBe(name);
});
