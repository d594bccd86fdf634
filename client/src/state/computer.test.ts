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
  bots.withdraw();
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

/** Waits on although a bot was offered. */
function waitOn(): void {
  sync();
  lobby.search = "running";
  reactions.hear({ type: "bot_offer", data: RABBIT });
  bots.decline();
}

function invite(name: string, id: string): void {
  reactions.unanswered.requests.push({ player: name, again: false });
  hearMatch(match({ id }, ["me", name]));
  reactions.hear({ type: "match_request_response", data: { success: true, msg: "" } });
}

test("whoever waits on and then invites the bot that was offered looks for nobody any more", () => {
  waitOn();
  expect([lobby.search, bots.offer, bots.offered]).toEqual(["running", null, "bot-rabbit"]);
  invite("bot-chick", "another");
  expect(lobby.search).toBe("running");
  invite("bot-rabbit", "offered");
  expect([lobby.search, bots.offered]).toEqual(["off", null]);
  expect(router.route).toEqual({ view: "match", id: "offered" });
});

test("a search from the beginning has no offer", () => {
  waitOn();
  lobby.search = "asking";
  reactions.unanswered.requests.push({ player: null, again: true });
  reactions.hear({ type: "match_request_response", data: { success: true, msg: "" } });
  invite("bot-rabbit", "invited");
  expect(lobby.search).toBe("running");
});

test("a search that goes on in another tab keeps its offer; one that is refused has none", () => {
  for (const [id, search, offered] of [
    [null, "running", "bot-rabbit"],
    ["m", "off", null],
  ] as const) {
    waitOn();
    lobby.search = "asking";
    for (let open = 0; id !== null && open < 5; open += 1) {
      hearMatch(match({ id: `${id}${open}`, moves: 1 }, [`p${open}`, "me"]));
    }
    reactions.unanswered.requests.push({ player: null, again: true });
    reactions.hear({ type: "match_request_response", data: { success: false, msg: "No." } });
    expect([lobby.search, bots.offered]).toEqual([search, offered]);
  }
});

test("an offer is not for whoever plays here next", () => {
  sync();
  lobby.search = "running";
  reactions.hear({ type: "bot_offer", data: RABBIT });
  reactions.unanswered.requests.push({ player: "bob", again: false });
  logIn("carla");
  expect([lobby.search, bots.offer, bots.offered]).toEqual(["off", null, null]);
  expect(reactions.unanswered.requests).toEqual([]);
});

test("a bot is spoken of by its title when a match with it begins", () => {
  reactions.hear({ type: "bots", data: { bots: [RABBIT], rated: false } });
  sync();
  invite("bot-rabbit", "m1");
  expect(notices.spoken).toContain("Rosa the rabbit");
  expect(notices.spoken).not.toContain("bot-rabbit");
});

test("a question for the bots that came too fast does not take them away", () => {
  bots.hear([RABBIT]);
  const data = { code: "too_fast", msg: "Slow down.", request: "bots_request" };
  reactions.hear({ type: "error", data });
  expect(bots.list).toEqual([RABBIT]);
  expect(notices.list).toEqual([]);
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

test("an analysis that is here stays when another tab asks for it anew", () => {
  reactions.hear({ type: "analysis", data: analysis() });
  reactions.hear({ type: "analysis_progress", data: { match_id: "m1", done: 3, total: 9 } });
  const failed = { match_id: "m1", code: "busy", msg: "" };
  reactions.hear({ type: "analysis_failed", data: failed });
  expect(analyses.of("m1")).toEqual({ kind: "ready", data: analysis() });
});

test("an answer that names no match is for those that are awaited", () => {
  analyses.set("m1", { kind: "asking" });
  const data = { match_id: "", success: false, msg: "Unreadable.", code: "invalid_data" };
  reactions.hear({ type: "analysis_request_response", data });
  expect(analyses.of("m1")?.kind).toBe("failed");
  expect(analyses.of("")).toBeNull();
});

test("a match that was refused while it went on may be analysed once it is over", () => {
  sync();
  hearMatch(match());
  const refused = { match_id: "m1", success: false, msg: "", code: "match_running" };
  reactions.hear({ type: "analysis_request_response", data: refused });
  expect(analyses.of("m1")?.kind).toBe("failed");
  hearMatch(match({}, ["me", "bob"], true));
  expect(analyses.of("m1")).toBeNull();
});

test("what nobody was there to be asked for is asked for after a reconnection", () => {
  analyses.set("m1", { kind: "offline" });
  const data = { success: true, id: "s1", user: "me", registered: true, msg: "" };
  reactions.hear({ type: "reconnect_response", data });
  expect(commands.analyse.mock.calls).toEqual([["m1"]]);
});
