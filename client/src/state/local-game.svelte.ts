// The game of two people on one device, kept as its list of moves.
import { isLegal, play, START, type Move, type Position } from "../rules/game.ts";
import { readJson, writeJson } from "./storage.ts";

const KEY = "uttt.local";

/** Replays moves as far as they are legal: what is stored may be anything. */
export function replay(stored: unknown): { moves: Move[]; position: Position } {
  let position = START;
  const moves: Move[] = [];
  for (const item of Array.isArray(stored) ? (stored as unknown[]) : []) {
    const move = { board: Math.floor(Number(item) / 9), cell: Number(item) % 9 };
    if (!Number.isInteger(item) || !isLegal(position, move)) break;
    position = play(position, move);
    moves.push(move);
  }
  return { moves, position };
}

class LocalGame {
  private moves = $state.raw<readonly Move[]>([]);
  position = $state.raw<Position>(START);

  load(): void {
    const { moves, position } = replay(readJson(KEY));
    this.moves = moves;
    this.position = position;
  }

  get canUndo(): boolean {
    return this.moves.length > 0;
  }

  play(move: Move): void {
    this.position = play(this.position, move);
    this.moves = [...this.moves, move];
    this.save();
  }

  undo(): void {
    const { moves, position } = replay(this.encoded().slice(0, -1));
    this.moves = moves;
    this.position = position;
    this.save();
  }

  restart(): void {
    this.moves = [];
    this.position = START;
    this.save();
  }

  private encoded(): number[] {
    return this.moves.map((move) => 9 * move.board + move.cell);
  }

  private save(): void {
    writeJson(KEY, this.encoded());
  }
}

export const localGame = new LocalGame();
