// One logged-in conversation with the server: opens sockets, says the first message, comes back
// by itself with the session id. Knows nothing of matches, views or texts.
import { backoff } from "./backoff.ts";
import type { FromClient, Login, Reconnect, TempSession, ToClient } from "./messages.ts";

export type FirstMessage = Login | TempSession | Reconnect;
/**
 * idle: nobody is logged in; opening: the first attempt; online; waiting: the connection was
 * lost and the next attempt is due later; retrying: such an attempt is running.
 */
export type Status = "idle" | "opening" | "online" | "waiting" | "retrying";

/** What a connection needs of a WebSocket. */
export type Socket = Pick<
  WebSocket,
  "send" | "close" | "readyState" | "onopen" | "onmessage" | "onclose"
>;

export interface Listeners {
  onMessage(message: ToClient): void;
  onStatus(status: Status): void;
  /** The first message was not answered at all, so there is nothing to come back to. */
  onUnreachable(): void;
}

export interface Environment {
  createSocket(): Socket;
  random(): number;
}

const OPEN = 1;
const ANSWER_MS = 10_000;
const SILENCE_MS = 30_000;

function isMessage(value: unknown): value is ToClient {
  return typeof value === "object" && value !== null && "type" in value && "data" in value;
}

export class Connection {
  private readonly listeners: Listeners;
  private readonly environment: Environment;
  private socket: Socket | null = null;
  private status: Status = "idle";
  private sessionId: string | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastHeard = 0;

  constructor(listeners: Listeners, environment: Environment) {
    this.listeners = listeners;
    this.environment = environment;
  }

  /** Opens a conversation with a first message; one that is open is left behind. */
  open(first: FirstMessage): void {
    this.drop();
    this.attempt = 0;
    this.sessionId = first.type === "reconnect" ? first.data.id : null;
    this.start(first, "opening");
  }

  /** Sends a message; false if nobody is there to hear it. */
  send(message: FromClient): boolean {
    if (this.status !== "online" || this.socket?.readyState !== OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Ends the conversation and does not come back. */
  close(): void {
    this.drop();
    this.sessionId = null;
    this.setStatus("idle");
  }

  /** The network or the page came back: do not wait any longer. */
  wake(): void {
    if (this.status === "waiting") this.retry();
    else if (this.status === "online") this.probe();
  }

  /**
   * Asks for all matches. If nothing at all is heard, the connection is dead without knowing
   * it (a phone that slept, a changed network) and a new one is opened. `expectAnswer` is
   * false when there is no match: the server then answers nothing.
   */
  probe(expectAnswer = false): void {
    if (!this.send({ type: "match_states_request", data: {} }) || !expectAnswer) return;
    const asked = Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.lastHeard < asked) this.lost();
    }, ANSWER_MS);
  }

  /** Whether nothing was heard for so long that asking is worth it. */
  get isSilent(): boolean {
    return this.status === "online" && Date.now() - this.lastHeard > SILENCE_MS;
  }

  private start(first: FirstMessage, status: Status): void {
    const socket = this.environment.createSocket();
    this.socket = socket;
    this.setStatus(status);
    this.timer = setTimeout(() => {
      this.lost();
    }, ANSWER_MS);
    socket.onopen = () => {
      socket.send(JSON.stringify(first));
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (this.socket === socket) this.hear(event.data);
    };
    socket.onclose = () => {
      if (this.socket === socket) this.lost();
    };
  }

  private hear(text: unknown): void {
    this.lastHeard = Date.now();
    let message: unknown;
    try {
      message = JSON.parse(String(text));
    } catch {
      return;
    }
    if (!isMessage(message)) return;
    if (message.type === "login_response" || message.type === "reconnect_response") {
      clearTimeout(this.timer);
      if (message.data.success) {
        this.sessionId = message.data.id;
        this.attempt = 0;
        this.setStatus("online");
      } else {
        this.close();
      }
    }
    this.listeners.onMessage(message);
  }

  private lost(): void {
    const hadSession = this.sessionId !== null;
    this.drop();
    if (!hadSession) {
      this.setStatus("idle");
      this.listeners.onUnreachable();
      return;
    }
    const delay = backoff(this.attempt, this.environment.random());
    this.attempt += 1;
    this.setStatus("waiting");
    this.timer = setTimeout(() => {
      this.retry();
    }, delay);
  }

  private retry(): void {
    if (this.sessionId === null) return;
    clearTimeout(this.timer);
    this.start({ type: "reconnect", data: { id: this.sessionId } }, "retrying");
  }

  private drop(): void {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private setStatus(status: Status): void {
    if (status === this.status) return;
    this.status = status;
    this.listeners.onStatus(status);
  }
}
