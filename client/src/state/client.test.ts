// What is sent for what the user asks, over a socket that is none.
import { beforeEach, expect, test, vi } from "vitest";

import type { Socket } from "../protocol/connection.ts";
import type { FromClient, ToClient } from "../protocol/messages.ts";
import { analyses } from "./analyses.svelte.ts";
import { bots } from "./bots.svelte.ts";
import { client } from "./client.ts";
import { lobby } from "./lobby.svelte.ts";
import { notices } from "./notices.svelte.ts";
import { session } from "./session.svelte.ts";

vi.mock("./version.ts", () => ({ checkVersion: vi.fn() }));

class FakeSocket implements Socket {
  readyState: Socket["readyState"] = 1;
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  readonly sent: FromClient[] = [];

  constructor() {
    sockets.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as FromClient);
  }

  close(): void {
    this.readyState = 3;
  }

  /** What was sent of one type. */
  all(type: FromClient["type"]): FromClient[] {
    return this.sent.filter((message) => message.type === type);
  }

  say(message: ToClient): void {
    const event = { data: JSON.stringify(message) } as MessageEvent<unknown>;
    this.onmessage?.call(this as unknown as WebSocket, event);
  }

  /** The connection breaks. */
  break(): void {
    this.readyState = 3;
    this.onclose?.call(this as unknown as WebSocket, {} as CloseEvent);
  }
}

let sockets: FakeSocket[] = [];

const RABBIT = { name: "bot-rabbit", title: "Rosa", face: "R", description: "", elo: 900 };

function newest(): FakeSocket {
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error("nobody connected");
  return socket;
}

function logIn(name = "me"): FakeSocket {
  client.playAsGuest(name, null);
  newest().say({
    type: "login_response",
    data: { success: true, id: `s-${name}`, registered: false, msg: "" },
  });
  return newest();
}

function comeBack(): FakeSocket {
  client.wake();
  newest().say({
    type: "reconnect_response",
    data: { success: true, id: "s-me", user: "me", registered: false, msg: "" },
  });
  return newest();
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("location", { hash: "", protocol: "http:", host: "here" });
  vi.stubGlobal("WebSocket", FakeSocket);
  sockets = [];
  client.leave(true);
  notices.list = [];
});

test("two taps on a bot are one invitation", () => {
  const socket = logIn();
  client.invite("bot-rabbit");
  client.invite("bot-rabbit");
  expect(socket.all("match_request")).toHaveLength(1);
  socket.say({ type: "match_request_response", data: { success: false, msg: "Full." } });
  client.invite("bot-rabbit");
  expect(socket.all("match_request")).toHaveLength(2);
});

test("an offer is taken once, instead of the search", () => {
  const socket = logIn();
  client.search();
  bots.propose(RABBIT);
  client.acceptOffer();
  client.acceptOffer();
  expect(socket.all("cancel_match_request")).toHaveLength(1);
  expect(socket.all("match_request").at(-1)?.data).toEqual({ player: "bot-rabbit" });
  expect(bots.offer).toBeNull();
});

test("an offer cannot be taken without a connection, and is not lost by trying", () => {
  const socket = logIn();
  client.search();
  bots.propose(RABBIT);
  socket.break();
  client.acceptOffer();
  expect(bots.offer?.name).toBe("bot-rabbit");
  expect(notices.list.map((notice) => notice.kind)).toEqual(["error"]);
});

test("an analysis that is wanted without a connection is asked for with the next, once", () => {
  logIn().break();
  client.analyse("m1");
  expect(analyses.of("m1")).toEqual({ kind: "offline" });
  expect(comeBack().all("analysis_request")).toHaveLength(1);
  expect(analyses.of("m1")).toEqual({ kind: "asking" });
});

test("whoever logs out leaves no search, offer or analysis behind", () => {
  logIn();
  client.search();
  bots.propose(RABBIT);
  client.analyse("m1");
  client.logOut();
  expect([session.name, lobby.search, bots.offer, bots.offered]).toEqual([null, "off", null, null]);
  expect(analyses.of("m1")).toBeNull();
});

test("an answer on a new connection is not taken for one to what was asked on the old", () => {
  logIn();
  client.invite("bob");
  const socket = logIn();
  client.search();
  socket.say({ type: "match_request_response", data: { success: true, msg: "" } });
  expect(lobby.search).toBe("running");
});
