import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { backoff } from "./backoff.ts";
import { Connection, type Socket, type Status } from "./connection.ts";
import type { ToClient } from "./messages.ts";

class FakeSocket implements Socket {
  readyState: Socket["readyState"] = 0;
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  readonly sent: unknown[] = [];

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
  }

  accept(): void {
    this.readyState = 1;
    this.onopen?.call(this as never, new Event("open"));
  }

  say(message: unknown): void {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    this.onmessage?.call(this as never, new MessageEvent("message", { data: text }));
  }

  break(): void {
    this.readyState = 3;
    this.onclose?.call(this as never, new Event("close") as CloseEvent);
  }
}

const LOGIN = { type: "login", data: { name: "alice", pw: "secret" } } as const;
const WELCOME = {
  type: "login_response",
  data: { success: true, id: "s1", registered: true, msg: "" },
};
const BACK = {
  type: "reconnect_response",
  data: { success: true, id: "s1", user: "alice", registered: true, msg: "" },
};

let sockets: FakeSocket[];
let heard: ToClient[];
let statuses: Status[];
let unreachable: number;
let connection: Connection;

function newest(): FakeSocket {
  const socket = sockets.at(-1);
  if (!socket) throw new Error("no socket was opened");
  return socket;
}

function logIn(): void {
  connection.open(LOGIN);
  newest().accept();
  newest().say(WELCOME);
}

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  heard = [];
  statuses = [];
  unreachable = 0;
  connection = new Connection(
    {
      onMessage: (message) => heard.push(message),
      onStatus: (status) => statuses.push(status),
      onUnreachable: () => (unreachable += 1),
    },
    {
      createSocket: () => {
        const socket = new FakeSocket();
        sockets.push(socket);
        return socket;
      },
      random: () => 1,
    },
  );
});

afterEach(() => vi.useRealTimers());

test("the wait doubles, is half random, and ends at half a minute", () => {
  expect([0, 1, 2, 3].map((attempt) => backoff(attempt, 0))).toEqual([250, 500, 1000, 2000]);
  expect(backoff(0, 0.5)).toBe(375);
  expect(backoff(50, 0)).toBe(15_000);
});

test("the first message is sent once the socket is open, and messages are passed on", () => {
  logIn();
  expect(newest().sent).toEqual([LOGIN]);
  expect(statuses).toEqual(["opening", "online"]);
  expect(heard).toEqual([WELCOME]);
});

test("unreadable messages are ignored", () => {
  logIn();
  newest().say("{");
  newest().say("[]");
  newest().say('"text"');
  expect(heard).toHaveLength(1);
});

test("a lost connection comes back with the session id, later each time", () => {
  logIn();
  newest().break();
  expect(statuses.at(-1)).toBe("waiting");
  vi.advanceTimersByTime(499);
  expect(sockets).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(sockets).toHaveLength(2);
  newest().break();
  vi.advanceTimersByTime(999);
  expect(sockets).toHaveLength(2);
  vi.advanceTimersByTime(1);
  newest().accept();
  expect(newest().sent).toEqual([{ type: "reconnect", data: { id: "s1" } }]);
  newest().say(BACK);
  expect(statuses.at(-1)).toBe("online");
  newest().break();
  vi.advanceTimersByTime(500);
  expect(sockets).toHaveLength(4);
});

test("waking up does not wait for the next attempt", () => {
  logIn();
  newest().break();
  connection.wake();
  expect(sockets).toHaveLength(2);
});

test("a refused login ends the conversation", () => {
  connection.open(LOGIN);
  newest().accept();
  newest().say({ type: "login_response", data: { ...WELCOME.data, success: false, id: null } });
  expect(statuses).toEqual(["opening", "idle"]);
  newest().break();
  vi.advanceTimersByTime(60_000);
  expect(sockets).toHaveLength(1);
});

test("a login that nobody answers is given up, a reconnection is not", () => {
  connection.open(LOGIN);
  vi.advanceTimersByTime(10_000);
  expect(unreachable).toBe(1);
  connection.open({ type: "reconnect", data: { id: "s1" } });
  newest().break();
  vi.advanceTimersByTime(500);
  expect(unreachable).toBe(1);
  expect(sockets).toHaveLength(3);
});

test("nothing is sent while offline", () => {
  logIn();
  expect(connection.send({ type: "logout", data: {} })).toBe(true);
  newest().break();
  expect(connection.send({ type: "logout", data: {} })).toBe(false);
});

test("closing is final, and what an old socket says is not heard", () => {
  logIn();
  const old = newest();
  connection.close();
  old.say(BACK);
  old.break();
  vi.advanceTimersByTime(60_000);
  expect(sockets).toHaveLength(1);
  expect(heard).toHaveLength(1);
});

test("a connection that does not answer a probe is replaced", () => {
  logIn();
  vi.advanceTimersByTime(30_001);
  expect(connection.isSilent).toBe(true);
  connection.probe(true);
  vi.advanceTimersByTime(10_000);
  expect(statuses.at(-1)).toBe("waiting");
  vi.advanceTimersByTime(500);
  newest().accept();
  newest().say(BACK);
  vi.advanceTimersByTime(1);
  connection.probe(true);
  newest().say({ type: "friends_update", data: { friends: [], elos: [] } });
  vi.advanceTimersByTime(10_000);
  expect(statuses.at(-1)).toBe("online");
});
