// What the server says of bots and analyses.
import { beforeEach, expect, test, vi } from "vitest";

import type { MatchData } from "../protocol/messages.ts";
import { analysis } from "../analysis/samples.ts";
import { analyses } from "./analyses.svelte.ts";
import { bots } from "./bots.svelte.ts";
import { lobby } from "./lobby.svelte.ts";
import { matches } from "./match-list.svelte.ts";
import { notices } from "./notices.svelte.ts";
import { Reactions } from "./reactions.ts";
import { router } from "./router.svelte.ts";
import { match } from "./samples.ts";
import { session } from "./session.svelte.ts";

vi.mock("./version.ts", () => ({ checkVersion: vi.fn() }));

const commands = {
  invite: vi.fn(),
  search: vi.fn(),
  searchAgain: vi.fn(),
  askForBots: vi.fn(),
  analyse: vi.fn(),
  leave: vi.fn(),
};
let reactions: Reactions;

function hearMatch(data: MatchData): void {
  reactions.hear({ type: "match_update", data });
}

function logIn(name = "me"): void {
  reactions.begin(name, null);
  const data = { success: true, id: "s1", registered: true, msg: "" };
  reactions.hear({ type: "login_response", data });
}

/** Lets the time pass in which the state after a login arrives. */
function sync(): void {
  vi.advanceTimersByTime(2000);
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("location", { hash: "" });
  vi.clearAllMocks();
  matches.forgetAll();
  lobby.clear();
  analyses.clear();
  bots.hear([]);
  bots.offer = null;
  notices.list = [];
  router.go({ view: "home" });
  session.end(true);
  reactions = new Reactions(commands);
  logIn();
});

const RABBIT = {
  name: "bot-rabbit",
  title: "Rosa the rabbit",
  face: "R",
  description: "Thinks of your answer.",
  elo: 900,
};

test("who the bots are is asked after each login, and their titles are what they are called", () => {
  expect(commands.askForBots).toHaveBeenCalledOnce();
  reactions.hear({ type: "bots", data: { bots: [RABBIT], rated: false } });
  expect(bots.called("bot-rabbit")).toBe("Rosa the rabbit");
  expect(bots.called("bob")).toBe("bob");
  hearMatch(match({}, ["bot-rabbit", "me"]));
  sync();
  hearMatch(match({}, ["bot-rabbit", "me"], true));
  expect(notices.list.at(-1)?.text).toContain("Rosa the rabbit won.");
});

test("a server that knows no bots has none, and nobody is bothered with it", () => {
  bots.hear([RABBIT]);
  const data = { code: "unknown_type", msg: "No such type.", request: "bots_request" };
  reactions.hear({ type: "error", data });
  expect(bots.list).toEqual([]);
  expect(notices.list).toEqual([]);
});

test("a bot is offered to who looks for somebody, until somebody comes", () => {
  sync();
  reactions.hear({ type: "bot_offer", data: RABBIT });
  expect(bots.offer).toBeNull();
  lobby.search = "running";
  reactions.hear({ type: "bot_offer", data: RABBIT });
  expect(bots.offer?.name).toBe("bot-rabbit");
  expect(notices.spoken).toContain("Rosa the rabbit");
  hearMatch(match({ id: "found" }, ["me", "bob"]));
  expect(bots.offer).toBeNull();
});

test("an offer ends with the search", () => {
  lobby.search = "running";
  reactions.hear({ type: "bot_offer", data: RABBIT });
  reactions.hear({ type: "cancel_match_request_response", data: { success: true, msg: "" } });
  expect([lobby.search, bots.offer]).toEqual(["off", null]);
});

test("whoever came to play with the computer is shown whom there is", () => {
  reactions.begin("me", "computer");
  const data = { success: true, id: "s3", registered: false, msg: "" };
  reactions.hear({ type: "login_response", data });
  expect(router.route).toEqual({ view: "computer" });
});

test("an analysis is asked for, makes progress and comes", () => {
  analyses.set("m1", { kind: "asking" });
  const answer = { match_id: "m1", success: true, msg: "", code: null };
  reactions.hear({ type: "analysis_request_response", data: answer });
  reactions.hear({ type: "analysis_progress", data: { match_id: "m1", done: 3, total: 9 } });
  expect(analyses.of("m1")).toEqual({ kind: "running", done: 3, total: 9 });
  reactions.hear({ type: "analysis", data: analysis() });
  expect(analyses.of("m1")?.kind).toBe("ready");
});

test("an analysis that is refused, or fails, says why", () => {
  const refused = { match_id: "m1", success: false, msg: "Not now.", code: "too_fast" };
  reactions.hear({ type: "analysis_request_response", data: refused });
  expect(analyses.of("m1")).toEqual({
    kind: "failed",
    reason: "That was too fast. Please wait a moment.",
  });
  const failed = { match_id: "m2", code: "of_a_newer_server", msg: "The engine has stopped." };
  reactions.hear({ type: "analysis_failed", data: failed });
  expect(analyses.of("m2")).toEqual({ kind: "failed", reason: "The engine has stopped." });
  analyses.set("m3", { kind: "asking" });
  const data = { code: "unknown_type", msg: "", request: "analysis_request" };
  reactions.hear({ type: "error", data });
  expect(analyses.of("m3")?.kind).toBe("failed");
});

test("after a reconnection an analysis that is awaited is asked for again", () => {
  analyses.set("m1", { kind: "running", done: 3, total: 9 });
  analyses.set("m2", { kind: "ready", data: analysis() });
  reactions.lost();
  const data = { success: true, id: "s1", user: "me", registered: true, msg: "" };
  reactions.hear({ type: "reconnect_response", data });
  expect(commands.analyse.mock.calls).toEqual([["m1"]]);
});
