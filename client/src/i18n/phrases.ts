// Sentences about positions and matches, put together from the texts of the language.
import {
  cellAt,
  forcedBoard,
  isLegal,
  isPlayable,
  sendsTo,
  type Move,
  type Position,
} from "../rules/game.ts";
import { bots } from "../state/bots.svelte.ts";
import { markOf, opponentOf, shown, type Match } from "../state/match.ts";
import type { Dictionary } from "./languages/en.ts";

/** How a match ended, seen by `me`. */
export function resultSentence(t: Dictionary, match: Match, me: string): string {
  const won = match.winner === me;
  const other = bots.called(opponentOf(match, me));
  switch (match.result) {
    case "won":
      return won ? t.result.won : t.result.lost(other);
    case "drawn":
      return t.result.drawn;
    case "expired":
      if (match.winner === null) return t.result.expired;
      return won ? t.result.expiredWon(other) : t.result.expiredLost;
    case "abandoned":
      return t.result.abandoned;
    default:
      return t.result.gone;
  }
}

/** Where the player to move must play, and why, seen by `me`. */
export function turnSentence(t: Dictionary, match: Match, me: string): string {
  const position = shown(match);
  const other = bots.called(opponentOf(match, me));
  const own = position.toMove === markOf(match, me);
  const last = position.lastMove;
  if (last === null) return own ? t.match.first : t.match.firstThem(other);
  const side = t.sides[last.cell] ?? "";
  if (forcedBoard(position) !== null) {
    return own ? t.match.sent(other, side) : t.match.sentThem(other, side);
  }
  return own ? t.match.freeBecause(other, side) : t.match.freeThem(other);
}

/** The same for two people at one device. */
export function localTurnSentence(t: Dictionary, position: Position): string {
  const mark = t.marks[position.toMove - 1] ?? "";
  const forced = forcedBoard(position);
  return forced === null ? t.match.localFree(mark) : t.match.localSent(mark, t.sides[forced] ?? "");
}

/** What a considered move would do. */
export function previewSentence(t: Dictionary, position: Position, move: Move): string {
  const target = sendsTo(position, move);
  if (target.over) return t.match.previewOver;
  return target.board === null
    ? t.match.previewFree
    : t.match.previewBoard(t.sides[target.board] ?? "");
}

/** The name of a board for screen readers: where it is and how it stands. */
export function boardLabel(
  t: Dictionary,
  position: Position,
  board: number,
  names: readonly [string, string],
  mayMove: boolean,
): string {
  const place = t.compass.boards[board] ?? "";
  const value = position.boards[board];
  if (value === 3) return t.board.board(place, t.board.drawn);
  if (value === 1 || value === 2)
    return t.board.board(place, t.board.wonBy(names[value - 1] ?? ""));
  if (mayMove && forcedBoard(position) === board) return t.board.board(place, t.board.forced);
  const playable = mayMove && isPlayable(position, board);
  return t.board.board(place, playable ? t.board.playable : t.board.open);
}

/** The name of a cell for screen readers: place, content, and where it sends. */
export function cellLabel(
  t: Dictionary,
  position: Position,
  move: Move,
  names: readonly [string, string],
  mayMove: boolean,
): string {
  const value = cellAt(position, move);
  let content = t.board.blocked;
  if (value !== 0) {
    content = t.board.taken(t.marks[value - 1] ?? "", names[value - 1] ?? "");
    const last = position.lastMove;
    if (last?.board === move.board && last.cell === move.cell) content += t.board.last;
  } else if (mayMove && isLegal(position, move)) {
    const target = sendsTo(position, move);
    if (target.over) content = t.board.ends;
    else if (target.board === null) content = t.board.sendsFree;
    else content = t.board.sends(t.compass.boards[target.board] ?? "");
  }
  return t.board.cell(
    t.compass.boards[move.board] ?? "",
    t.compass.cells[move.cell] ?? "",
    content,
  );
}

/** The time until a deadline, in one unit. */
export function timeLeft(t: Dictionary, deadline: number, now: number): string {
  const minutes = Math.floor((deadline - now) / 60_000);
  if (minutes <= 0) return t.match.overdue;
  if (minutes < 60) return t.match.left(t.match.minutes(minutes));
  if (minutes < 48 * 60) return t.match.left(t.match.hours(Math.floor(minutes / 60)));
  return t.match.left(t.match.days(Math.floor(minutes / (24 * 60))));
}

/** A change with its sign, with a real minus. */
export function signed(change: number): string {
  return `${change < 0 ? "−" : "+"}${Math.abs(change)}`;
}
