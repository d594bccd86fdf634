// What the user can ask of the server. Answers are dealt with in reactions.ts.
import { i18n } from "../i18n/i18n.svelte.ts";
import { Connection, type FirstMessage } from "../protocol/connection.ts";
import type { Move } from "../rules/game.ts";
import { analyses } from "./analyses.svelte.ts";
import { bots } from "./bots.svelte.ts";
import { sound } from "./effects.ts";
import { lobby } from "./lobby.svelte.ts";
import { matches } from "./match-list.svelte.ts";
import { notices } from "./notices.svelte.ts";
import { Reactions } from "./reactions.ts";
import { router } from "./router.svelte.ts";
import { session } from "./session.svelte.ts";
import type { Intent } from "./unanswered.ts";

/** Whoever waits in vain wants to be asked before a bot plays against him. */
const ANYBODY = { player: null, bot_offer: true };

function socketAddress(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
}

class Client {
  private readonly connection: Connection;
  private readonly reactions: Reactions;

  constructor() {
    this.reactions = new Reactions(this);
    this.connection = new Connection(
      {
        onMessage: (message) => {
          this.reactions.hear(message);
        },
        onStatus: (status) => {
          session.status = status;
          if (status === "waiting") this.reactions.lost();
        },
        onUnreachable: () => {
          session.problem = i18n.t.connection.unreachable;
        },
      },
      { createSocket: () => new WebSocket(socketAddress()), random: () => Math.random() },
    );
  }

  /** Goes on with the stored session, if there is one. */
  resume(intent: Intent = null): void {
    const id = session.storedId;
    if (id !== null) this.open({ type: "reconnect", data: { id } }, "", intent);
  }

  logIn(name: string, password: string, intent: Intent): void {
    this.open({ type: "login", data: { name, pw: password } }, name, intent);
  }

  playAsGuest(name: string, intent: Intent): void {
    this.open({ type: "temp_session", data: { name } }, name, intent);
  }

  logOut(): void {
    this.connection.send({ type: "logout", data: {} });
    this.leave(true);
    router.go({ view: "home" });
  }

  /** Leaves the session; `forget`: for good. */
  leave(forget: boolean): void {
    this.connection.close();
    this.reactions.unanswered.clear();
    session.end(forget);
    matches.forgetAll();
    lobby.clear();
    bots.withdraw();
    analyses.clear();
  }

  play(id: string, move: Move): void {
    if (session.status !== "online" || !matches.attempt(id, move)) return;
    sound("own");
    this.reactions.unanswered.moves.push({ id, move });
    const [sub_x, sub_y] = [move.board % 3, Math.floor(move.board / 3)];
    const [x, y] = [move.cell % 3, Math.floor(move.cell / 3)];
    this.connection.send({ type: "move", data: { id, sub_x, sub_y, x, y } });
  }

  endMatch(id: string): void {
    this.connection.send({ type: "end_match", data: { id } });
  }

  /** Asks for a match against a named player, or shows the one that is running. */
  invite(typed: string): void {
    const name = typed.trim().toLowerCase();
    const running = matches.openAgainst(name);
    if (name === session.name) notices.show(i18n.t.refused.self, "error");
    else if (running !== null) router.go({ view: "match", id: running.id });
    else if (!this.reactions.unanswered.asksFor(name)) this.request(name);
  }

  search(): void {
    if (lobby.search !== "off") return;
    lobby.search = "asking";
    if (!this.request(null)) lobby.search = "off";
  }

  /** Searches on after the connection was lost. */
  searchAgain(): void {
    lobby.search = "asking";
    this.reactions.unanswered.requests.push({ player: null, again: true });
    this.connection.send({ type: "match_request", data: ANYBODY });
  }

  /** False if nobody is there to hear it. */
  cancelSearch(): boolean {
    return this.connection.send({ type: "cancel_match_request", data: {} });
  }

  /** Plays with the bot that is offered, and looks for nobody any more. */
  acceptOffer(): void {
    const bot = bots.offer;
    if (bot === null) return;
    if (!this.cancelSearch()) {
      notices.show(i18n.t.connection.offline, "error");
      return;
    }
    bots.decline();
    this.invite(bot.name);
  }

  /** Asks who the bots are. */
  askForBots(): void {
    this.connection.send({ type: "bots_request", data: {} });
  }

  /** Asks for the analysis of a finished match. */
  analyse(id: string): void {
    analyses.set(id, { kind: "asking" });
    if (this.connection.send({ type: "analysis_request", data: { match_id: id } })) return;
    analyses.set(id, { kind: "offline" });
  }

  befriend(name: string): void {
    this.connection.send({ type: "friend_request", data: { user: name.trim() } });
  }

  unfriend(name: string): void {
    this.connection.send({ type: "unfriend_request", data: { user: name } });
  }

  /** The page or the network came back. */
  wake(): void {
    this.connection.wake();
  }

  /** Finds out whether a connection that has long been silent still works. */
  checkSilence(): void {
    if (this.connection.isSilent) this.connection.probe(matches.open.length > 0);
  }

  private open(first: FirstMessage, name: string, intent: Intent): void {
    session.problem = null;
    this.reactions.lost();
    this.reactions.begin(name.toLowerCase(), intent);
    this.connection.open(first);
  }

  private request(player: string | null): boolean {
    const data = player === null ? ANYBODY : { player };
    const sent = this.connection.send({ type: "match_request", data });
    if (sent) this.reactions.unanswered.requests.push({ player, again: false });
    else notices.show(i18n.t.connection.offline, "error");
    return sent;
  }
}

export const client = new Client();
