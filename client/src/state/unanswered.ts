// What was sent and not answered yet. Answers carry no request id: one belongs to the oldest
// unanswered request of its type.
import type { Move } from "../rules/game.ts";

/** What to do once logged in: look for anybody, choose a bot, play against somebody, or nothing. */
export type Intent = "search" | "computer" | { readonly invite: string } | null;

export interface MatchRequested {
  readonly player: string | null;
  /** A search that goes on after a reconnection. */
  readonly again: boolean;
}

interface MoveSent {
  readonly id: string;
  readonly move: Move;
}

export class Unanswered {
  requests: MatchRequested[] = [];
  moves: MoveSent[] = [];
  /** Moves whose connection broke: only what the server says after the next login tells. */
  doubtful: MoveSent[] = [];

  clear(): void {
    this.requests = [];
    this.moves = [];
    this.doubtful = [];
  }

  /** The connection broke: what was asked on it will never be answered. */
  lose(): void {
    this.requests = [];
    this.doubtful.push(...this.moves);
    this.moves = [];
  }

  asksFor(name: string): boolean {
    return this.requests.some((request) => request.player === name);
  }

  /** The server has a move as sent: it is no longer waited for. */
  confirm(id: string, last: Move | null): void {
    for (const list of [this.doubtful, this.moves]) {
      const index = list.findIndex(
        (sent) => sent.id === id && sent.move.board === last?.board && sent.move.cell === last.cell,
      );
      if (index >= 0) list.splice(index, 1);
    }
  }
}
