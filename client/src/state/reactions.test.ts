import { beforeEach, expect, test, vi } from "vitest";

import type { MatchData } from "../protocol/messages.ts";
import { lobby } from "./lobby.svelte.ts";
import { shown } from "./match.ts";
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

function answer(success: boolean, msg = ""): void {
  reactions.hear({ type: "match_request_response", data: { success, msg } });
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
  notices.list = [];
  router.go({ view: "home" });
  session.end(true);
  reactions = new Reactions(commands);
  logIn();
});

test("a refused login says why and logs nobody in", () => {
  session.end(true);
  const data = { success: false, id: null, registered: true, msg: "Wrong name or password." };
  reactions.hear({ type: "login_response", data });
  expect(session.name).toBeNull();
  expect(session.problem).toBe("Wrong name or password.");
});

test("what one came for is done after the login", () => {
  reactions.begin("me", { invite: "bob" });
  reactions.hear({
    type: "login_response",
    data: { success: true, id: "s2", registered: false, msg: "" },
  });
  expect(commands.invite).toHaveBeenCalledWith("bob");
});

test("a search that finds somebody at once shows the match", () => {
  sync();
  lobby.search = "asking";
  reactions.unanswered.requests.push({ player: null, again: false });
  hearMatch(match({}, ["bob", "me"]));
  answer(true);
  expect(lobby.search).toBe("off");
  expect(router.route).toEqual({ view: "match", id: "m1" });
});

test("a search goes on until somebody comes, and an invitation does not end it", () => {
  sync();
  lobby.search = "asking";
  reactions.unanswered.requests.push({ player: null, again: false });
  answer(true);
  expect(lobby.search).toBe("running");
  hearMatch(match({ id: "invited" }, ["carla", "me"]));
  expect(lobby.search).toBe("running");
  expect(router.route).toEqual({ view: "home" });
  expect(notices.list).toHaveLength(1);
  hearMatch(match({ id: "found" }, ["me", "bob"]));
  expect(lobby.search).toBe("off");
  expect(router.route).toEqual({ view: "match", id: "found" });
});

test("a refused search says why; one that runs in another tab goes on", () => {
  lobby.search = "asking";
  reactions.unanswered.requests.push({ player: null, again: false });
  answer(false, "Too many.");
  expect(lobby.search).toBe("off");
  expect(notices.list.map((notice) => notice.text)).toEqual(["Too many."]);
  lobby.search = "asking";
  reactions.unanswered.requests.push({ player: null, again: true });
  answer(false, "You wait already.");
  expect(lobby.search).toBe("running");
});

test("after a reconnection a search is asked for again", () => {
  lobby.search = "running";
  reactions.lost();
  const data = { success: true, id: "s1", user: "me", registered: true, msg: "" };
  reactions.hear({ type: "reconnect_response", data });
  expect(commands.searchAgain).toHaveBeenCalledOnce();
});

test("a refused move goes back and says why", () => {
  hearMatch(match());
  matches.attempt("m1", { board: 0, cell: 0 });
  reactions.unanswered.moves.push({ id: "m1", move: { board: 0, cell: 0 } });
  const data = { code: "not_your_turn", msg: "", request: "move" };
  reactions.hear({ type: "error", data });
  const known = matches.get("m1");
  expect(known && shown(known).cells[0]).toBe(0);
  expect(notices.list[0]?.text).toContain("It is not your turn.");
});

test("a confirmed move is no longer waited for", () => {
  hearMatch(match());
  matches.attempt("m1", { board: 0, cell: 4 });
  reactions.unanswered.moves.push({ id: "m1", move: { board: 0, cell: 4 } });
  const data = match({ moves: 1 });
  if (data.match_state) data.match_state.last_move = { sub_x: 0, sub_y: 0, x: 1, y: 1 };
  hearMatch(data);
  expect(reactions.unanswered.moves).toEqual([]);
  expect(matches.get("m1")?.pending).toBeNull();
});

test("a move right after the login waits for its answer", () => {
  hearMatch(match());
  matches.attempt("m1", { board: 0, cell: 0 });
  reactions.unanswered.moves.push({ id: "m1", move: { board: 0, cell: 0 } });
  sync();
  expect(notices.list).toEqual([]);
  const data = { code: "not_your_turn", msg: "", request: "move" };
  reactions.hear({ type: "error", data });
  expect(notices.list).toHaveLength(1);
  expect(matches.get("m1")?.pending).toBeNull();
});

test("a move that the server does not have after a reconnection is told of", () => {
  hearMatch(match());
  sync();
  matches.attempt("m1", { board: 0, cell: 0 });
  reactions.unanswered.moves.push({ id: "m1", move: { board: 0, cell: 0 } });
  reactions.lost();
  const data = { success: true, id: "s1", user: "me", registered: true, msg: "" };
  reactions.hear({ type: "reconnect_response", data });
  hearMatch(match());
  sync();
  expect(notices.list[0]?.text).toContain("did not reach the server");
  expect(matches.get("m1")?.pending).toBeNull();
});

test("a match that ended while one was away is told of", () => {
  hearMatch(match({}, ["bob", "me"], true));
  expect(notices.list[0]?.text).toContain("While you were away");
  expect(matches.over).toHaveLength(1);
});

test("a match that the server no longer mentions after a reconnection has ended", () => {
  hearMatch(match());
  sync();
  reactions.lost();
  const data = { success: true, id: "s1", user: "me", registered: true, msg: "" };
  reactions.hear({ type: "reconnect_response", data });
  hearMatch(match({ id: "m2" }));
  sync();
  expect(matches.get("m1")?.result).toBe("gone");
  expect(matches.get("m2")?.result).toBeNull();
});

test("a refused session is forgotten at the second refusal", () => {
  const data = { success: false, id: null, user: null, registered: false, msg: "" };
  const stored = new Map([["uttt.session", "s1"]]);
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, text: string) => stored.set(key, text),
    removeItem: (key: string) => stored.delete(key),
  });
  reactions.hear({ type: "reconnect_response", data });
  reactions.hear({ type: "reconnect_response", data });
  vi.unstubAllGlobals();
  expect(commands.leave.mock.calls).toEqual([[false], [true]]);
});

test("a change of rating is told; another user's rating is not compared", () => {
  const elo = (value: number) => {
    const data = { elo: value, rank: 1, top_names: ["me"], top_elos: [value] };
    reactions.hear({ type: "elo_update", data });
  };
  elo(1000);
  expect(notices.list).toEqual([]);
  elo(990);
  expect(notices.list[0]?.text).toContain("990 (−10)");
  expect(lobby.top).toEqual([{ name: "me", elo: 990 }]);
  notices.list = [];
  logIn("other");
  elo(1200);
  expect(notices.list).toEqual([]);
});

test("messages of a newer server are ignored", () => {
  const message: unknown = { type: "weather", data: {} };
  expect(() => {
    reactions.hear(message as never);
  }).not.toThrow();
});
