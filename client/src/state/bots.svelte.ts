// The computer players of this server, and the one that is offered to somebody who waits. A server
// without any, or one that does not know the question, leaves the list empty. It is remembered on
// this device, so that they have their faces before anybody has logged in.
import { i18n } from "../i18n/i18n.svelte.ts";
import type { BotData } from "../protocol/messages.ts";
import { readJson, writeJson } from "./storage.ts";

export type Bot = BotData;

const KEY = "uttt.bots";

function isBot(value: unknown): value is Bot {
  if (typeof value !== "object" || value === null) return false;
  const { name, title, face, description, elo } = value as Partial<Bot>;
  const texts = [name, title, face, description];
  return texts.every((text) => typeof text === "string") && typeof elo === "number";
}

class Bots {
  /** The gentlest first, as the server has them. */
  list = $state.raw<readonly Bot[]>([]);
  /** Whether the server has ever said whom it has. */
  known = $state(false);
  /** Who would play while nobody comes. */
  offer = $state.raw<Bot | null>(null);
  /** Whom the server offered in the present search, even if the user rather waits on. */
  offered: string | null = null;

  load(): void {
    const stored = readJson(KEY);
    this.known = Array.isArray(stored);
    this.list = Array.isArray(stored) ? stored.filter(isBot) : [];
  }

  hear(list: readonly Bot[]): void {
    this.list = list;
    this.known = true;
    writeJson(KEY, list);
  }

  propose(bot: Bot): void {
    this.offer = bot;
    this.offered = bot.name;
  }

  /** The user does not want the one who is offered now. */
  decline(): void {
    this.offer = null;
  }

  /** Nobody is looked for any more, or from the beginning. */
  withdraw(): void {
    this.offer = null;
    this.offered = null;
  }

  named(name: string): Bot | null {
    return this.list.find((bot) => bot.name === name) ?? null;
  }

  /** What a player is called on the screen: people by their name, bots by their title. */
  called(name: string): string {
    const bot = this.named(name);
    return bot === null ? name : i18n.t.bots.title(bot.name, bot.title);
  }
}

export const bots = new Bots();
