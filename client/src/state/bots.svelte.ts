// The computer players of this server, and the one that is offered to somebody who waits. A server
// without any, or one that does not know the question, leaves the list empty.
import { i18n } from "../i18n/i18n.svelte.ts";
import type { Bot } from "../protocol/messages.ts";

class Bots {
  /** The gentlest first, as the server has them. */
  list = $state.raw<readonly Bot[]>([]);
  /** Whether the server has said whom it has. */
  known = $state(false);
  /** Name of the bot that would play while nobody comes. */
  private offered = $state<string | null>(null);

  named(name: string): Bot | null {
    return this.list.find((bot) => bot.name === name) ?? null;
  }

  /** What a player is called on the screen: people by their name, bots by their title. */
  called(name: string): string {
    const bot = this.named(name);
    return bot === null ? name : i18n.t.bots.title(bot.name, bot.title);
  }

  get offer(): Bot | null {
    return this.offered === null ? null : this.named(this.offered);
  }

  hear(list: readonly Bot[]): void {
    this.list = list;
    this.known = true;
  }

  /** The server offers a bot; it is no offer if this client does not know who that is. */
  hearOffer(name: string): void {
    this.offered = name;
  }

  /** The offer was answered, or what it was for is over. */
  endOffer(): void {
    this.offered = null;
  }

  clear(): void {
    this.list = [];
    this.known = false;
    this.offered = null;
  }
}

export const bots = new Bots();
