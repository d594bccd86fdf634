// A finished game with what the engine says of every move. Pure: no DOM, no network, no texts.
import type { AnalysisData, MoveEvaluation } from "../protocol/messages.ts";
import { isLegal, play, START, type Mark, type Move, type Position } from "../rules/game.ts";

export type Judgement = "inaccuracy" | "mistake" | "blunder";
/** Who wins for certain; 3: nobody. */
export type Proof = Mark | 3;

export interface Judged {
  readonly move: Move;
  readonly mover: Mark;
  /** The result to be expected for the first player after the move, 0 to 1. */
  readonly chance: number;
  readonly proof: Proof | null;
  readonly best: Move | null;
  /** The same after the best move in its place. */
  readonly bestChance: number;
  /** How both would best go on, the best move first; as far as the rules of this client go. */
  readonly line: readonly Move[];
  readonly judgement: Judgement | null;
  readonly lostByForce: boolean;
}

export interface Review {
  readonly id: string;
  readonly engine: string;
  readonly start: { readonly chance: number; readonly proof: Proof | null };
  readonly moves: readonly Judged[];
  /** One more than moves: the first is the one before the first move. */
  readonly positions: readonly Position[];
  /** How many moves had been made after the one that decided the match, or null. */
  readonly turningPoint: number | null;
}

export const JUDGEMENTS: readonly Judgement[] = ["inaccuracy", "mistake", "blunder"];

/** The usual signs of the judgements. */
export const SIGNS: readonly string[] = ["?!", "?", "??"];

/** Less than this is not worth a word. */
const TRIFLE = 0.02;

const PROOFS: Readonly<Record<string, Proof>> = { first: 1, second: 2, draw: 3 };

function moveOf(index: number): Move {
  return { board: Math.floor(index / 9), cell: index % 9 };
}

function proofOf(text: string | null): Proof | null {
  return text === null ? null : (PROOFS[text] ?? null);
}

export function same(a: Move | null, b: Move | null): boolean {
  return a !== null && b !== null && a.board === b.board && a.cell === b.cell;
}

/** The positions on the way along moves, as far as they are legal. */
function along(position: Position, moves: readonly Move[]): Position[] {
  const positions: Position[] = [];
  for (const move of moves) {
    if (!isLegal(position, move)) break;
    position = play(position, move);
    positions.push(position);
  }
  return positions;
}

function judged(data: MoveEvaluation, before: Position): Judged {
  const line = data.line.map(moveOf);
  return {
    move: moveOf(data.move),
    mover: before.toMove,
    chance: data.chance,
    proof: proofOf(data.proof),
    best: data.best === null ? null : moveOf(data.best),
    bestChance: data.best_chance,
    line: line.slice(0, along(before, line).length),
    judgement: JUDGEMENTS.find((known) => known === data.judgement) ?? null,
    lostByForce: data.lost_by_force,
  };
}

/**
 * The review that an analysis tells. Null if this client cannot replay the match: it knows the
 * standard rules and the empty board only.
 */
export function reviewOf(data: AnalysisData): Review | null {
  if (data.ruleset !== "standard" || data.setup !== null || data.moves.length === 0) return null;
  const after = along(
    START,
    data.moves.map((each) => moveOf(each.move)),
  );
  if (after.length < data.moves.length) return null;
  const positions = [START, ...after];
  return {
    id: data.match_id,
    engine: data.engine,
    start: { chance: data.start.chance, proof: proofOf(data.start.proof) },
    moves: data.moves.map((each, index) => judged(each, positions[index] ?? START)),
    positions,
    turningPoint: data.turning_point === null ? null : data.turning_point + 1,
  };
}

/** What a move gave away of the result its player could expect, 0 to 1. */
function cost(judged: Judged): number {
  const loss = judged.bestChance - judged.chance;
  return Math.max(0, judged.mover === 1 ? loss : -loss);
}

/** The move that would have been better than the one that was played, if by more than a trifle. */
export function betterThan(judged: Judged): Move | null {
  if (same(judged.best, judged.move)) return null;
  return judged.judgement !== null || cost(judged) >= TRIFLE ? judged.best : null;
}

/** What is expected for the first player after so many moves. */
export function chanceAfter(review: Review, ply: number): number {
  return review.moves[ply - 1]?.chance ?? review.start.chance;
}

/** What is certain after so many moves. */
export function proofAfter(review: Review, ply: number): Proof | null {
  return ply === 0 ? review.start.proof : (review.moves[ply - 1]?.proof ?? null);
}

/** How many moves of each judgement a player made, in the order of `JUDGEMENTS`. */
export function countsOf(review: Review, mark: Mark): number[] {
  const own = review.moves.filter((each) => each.mover === mark);
  return JUDGEMENTS.map((kind) => own.filter((each) => each.judgement === kind).length);
}
