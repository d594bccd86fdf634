// What is around the matches: the search for an opponent, friends, the best players.
import type { EloData, FriendsData } from "../protocol/messages.ts";

export interface Rated {
  readonly name: string;
  readonly elo: number;
}

export type Search = "off" | "asking" | "running";

export function pair(names: readonly string[], elos: readonly number[]): Rated[] {
  return names.map((name, index) => ({ name, elo: elos[index] ?? 0 }));
}

class Lobby {
  search = $state<Search>("off");
  friends = $state.raw<readonly Rated[]>([]);
  top = $state.raw<readonly Rated[]>([]);

  setFriends(data: FriendsData): void {
    this.friends = pair(data.friends, data.elos).sort((a, b) => a.name.localeCompare(b.name));
  }

  setTop(data: EloData): void {
    this.top = pair(data.top_names, data.top_elos);
  }

  isFriend(name: string): boolean {
    return this.friends.some((friend) => friend.name === name);
  }

  clear(): void {
    this.search = "off";
    this.friends = [];
  }
}

export const lobby = new Lobby();
