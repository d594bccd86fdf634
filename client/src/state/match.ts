// One match as the client sees it, and how updates change it. Pure functions, no runes.
import type { MatchData, MatchState } from "../protocol/messages.ts";
import {
  judge,
  play,
  type BoardValue,
  type CellValue,
  type Mark,
  type Move,
  type Position,
} from "../rules/game.ts";

export type Result = "won" | "drawn" | "abandoned" | "expired" | "gone";

export interface Match {
  readonly id: string;
  readonly ranked: boolean;
  /** Names; the first has mark 1 and moved first. */
  readonly players: readonly [string, string];
  /** As the server has it. */
  readonly confirmed: Position;
  /** Own move that the server has not confirmed yet. */
  readonly pending: Move | null;
  /** How many moves the server has. */
  readonly moves: number;
  /** When it expires, milliseconds of the clock of this device. */
  readonly deadline: number;
  readonly result: Result | null;
  /** Name of the winner, if there is one. */
  readonly winner: string | null;
}

const FIVE: readonly Result[] = ["won", "drawn", "abandoned", "expired", "gone"];

function valueAt(rows: readonly (readonly number[])[], row: number, column: number): number {
  return rows[row]?.[column] ?? 0;
}

function positionOf(state: MatchState): Position {
  const cells = Array.from({ length: 81 }, (_, index) => {
    const [board, cell] = [Math.floor(index / 9), index % 9];
    const row = 3 * Math.floor(board / 3) + Math.floor(cell / 3);
    return valueAt(state.complete_field, row, 3 * (board % 3) + (cell % 3)) as CellValue;
  });
  const boards = Array.from(
    { length: 9 },
    (_, board) => valueAt(state.global_field, Math.floor(board / 3), board % 3) as BoardValue,
  );
  const last = state.last_move;
  return {
    cells,
    boards,
    toMove: state.active_player === state.player_a ? 1 : 2,
    lastMove: last && { board: 3 * last.sub_y + last.sub_x, cell: 3 * last.y + last.x },
    outcome: state.game_over ? judge(boards) : 0,
  };
}

function resultOf(data: MatchData): Result | null {
  if (!data.match_state?.game_over) return null;
  const known = FIVE.find((result) => result === data.result);
  return known ?? (data.match_state.is_draw ? "drawn" : "won");
}

/**
 * The match after an update of it; `known` is what was known of it before. Null if the match is
 * gone and nothing was known.
 */
export function applyUpdate(known: Match | null, data: MatchData, now: number): Match | null {
  const state = data.match_state;
  if (state === null) return known && { ...known, pending: null, result: "gone", winner: null };
  const left = Date.parse(data.deadline) - Date.parse(data.server_time);
  return {
    id: data.id,
    ranked: data.ranked,
    players: [state.player_a, state.player_b],
    confirmed: positionOf(state),
    pending: null,
    moves: data.moves,
    deadline: now + left,
    result: resultOf(data),
    winner: state.player_won,
  };
}

/** The position to show: the own move at once, before the server has confirmed it. */
export function shown(match: Match): Position {
  return match.pending === null ? match.confirmed : play(match.confirmed, match.pending);
}

export function markOf(match: Match, name: string): Mark {
  return match.players[0] === name ? 1 : 2;
}

export function opponentOf(match: Match, name: string): string {
  return match.players[0] === name ? match.players[1] : match.players[0];
}

export function isTurnOf(match: Match, name: string): boolean {
  return (
    match.result === null &&
    match.pending === null &&
    match.confirmed.toMove === markOf(match, name)
  );
}

/** How ending the match now is to be named, and whether it is a loss that costs rating. */
export function ending(
  match: Match,
  name: string,
): { kind: "reject" | "close" | "abandon"; costs: boolean } {
  const marks = match.confirmed.cells;
  const own = markOf(match, name);
  const both = marks.includes(1) && marks.includes(2);
  if (both) return { kind: "abandon", costs: match.ranked };
  const invited = match.players[1] === name && !marks.includes(own);
  return { kind: invited ? "reject" : "close", costs: false };
}
