// All matches of the user, open and ended. Ended ones are remembered on this device until they
// are cleared, since the server tells of them only once.
import type { MatchData } from "../protocol/messages.ts";
import { isLegal, type Move } from "../rules/game.ts";
import { applyUpdate, isTurnOf, type Match } from "./match.ts";
import { readJson, writeJson } from "./storage.ts";

const MOST_ENDED = 8;

function isMatchData(value: unknown): value is MatchData {
  return typeof value === "object" && value !== null && "match_state" in value && "id" in value;
}

class MatchList {
  all = $state.raw<readonly Match[]>([]);
  /** The match that ended last while one was there, to which a change of rating belongs. */
  newestEnded = $state<string | null>(null);
  private owner: string | null = null;
  private ended: MatchData[] = [];

  get(id: string): Match | null {
    return this.all.find((match) => match.id === id) ?? null;
  }

  get open(): readonly Match[] {
    return this.all.filter((match) => match.result === null);
  }

  get over(): readonly Match[] {
    return this.all.filter((match) => match.result !== null);
  }

  openAgainst(name: string): Match | null {
    return this.open.find((match) => match.players.includes(name)) ?? null;
  }

  turnsOf(name: string): readonly Match[] {
    return this.open.filter((match) => isTurnOf(match, name));
  }

  /** Begins with the ended matches that this device remembers of a user. */
  startFor(name: string): void {
    if (this.owner === name) return;
    this.owner = name;
    const stored = readJson(this.key);
    this.ended = Array.isArray(stored) ? stored.filter(isMatchData) : [];
    this.all = this.ended.flatMap((data) => applyUpdate(null, data, Date.now()) ?? []);
  }

  forgetAll(): void {
    this.owner = null;
    this.ended = [];
    this.all = [];
  }

  /** Takes an update in; returns the match before and after it. */
  update(data: MatchData): { before: Match | null; after: Match | null } {
    const before = this.get(data.id);
    const after = applyUpdate(before, data, Date.now());
    if (after !== null) this.put(after);
    if (after?.result && data.match_state !== null) {
      if (before?.result === null) this.newestEnded = after.id;
      this.remember(data);
    }
    return { before, after };
  }

  /** Shows an own move before the server has it; false if it is not possible now. */
  attempt(id: string, move: Move): boolean {
    const match = this.get(id);
    if (match === null || match.result !== null || match.pending !== null) return false;
    if (!isLegal(match.confirmed, move)) return false;
    this.put({ ...match, pending: move });
    return true;
  }

  /** Takes an unconfirmed move back. */
  rollBack(id: string): void {
    const match = this.get(id);
    if (match?.pending) this.put({ ...match, pending: null });
  }

  /** Ends the open matches that the server did not mention, and returns them. */
  endMissing(mentioned: ReadonlySet<string>): readonly Match[] {
    const missing = this.open.filter((match) => !mentioned.has(match.id));
    for (const match of missing) {
      this.put({ ...match, pending: null, result: "gone", winner: null });
    }
    return missing;
  }

  clear(id: string): void {
    this.all = this.all.filter((match) => match.id !== id);
    this.ended = this.ended.filter((data) => data.id !== id);
    this.store();
  }

  private put(match: Match): void {
    this.all = this.get(match.id)
      ? this.all.map((other) => (other.id === match.id ? match : other))
      : [...this.all, match];
  }

  private remember(data: MatchData): void {
    const others = this.ended.filter((other) => other.id !== data.id);
    this.ended = [...others, data].slice(-MOST_ENDED);
    this.store();
  }

  private store(): void {
    if (this.owner !== null) writeJson(this.key, this.ended);
  }

  private get key(): string {
    return `uttt.ended.${this.owner ?? ""}`;
  }
}

export const matches = new MatchList();
