// Sentences about a reviewed game. Loaded with the analysis.
import {
  chanceAfter,
  JUDGEMENTS,
  proofAfter,
  same,
  type Judged,
  type Proof,
  type Review,
} from "../analysis/review.ts";
import { lineLength, type Step } from "../analysis/steps.ts";
import type { Mark, Move } from "../rules/game.ts";
import type { Dictionary } from "./languages/en.ts";

type Names = readonly [string, string];

function otherOf(mark: Mark): Mark {
  return mark === 1 ? 2 : 1;
}

export function placeOf(t: Dictionary, move: Move): string {
  return t.analysis.place(t.sides[move.board] ?? "", t.sides[move.cell] ?? "");
}

/** What a mark can expect, in whole percent. Certain results alone are 0 and 100. */
export function percentOf(chance: number, proof: Proof | null, mark: Mark): number {
  const own = Math.round(100 * (mark === 1 ? chance : 1 - chance));
  return proof === null ? Math.min(99, Math.max(1, own)) : own;
}

export function proofSentence(t: Dictionary, proof: Proof, names: Names): string {
  return proof === 3 ? t.analysis.provedDraw : t.analysis.provedWin(names[proof - 1] ?? "");
}

/** How a move is judged, with what was better. */
export function judgementSentence(t: Dictionary, judged: Judged): string {
  if (same(judged.best, judged.move)) return t.analysis.bestMove;
  if (judged.best === null || judged.judgement === null) return t.analysis.goodMove;
  const kind = t.analysis.kinds[JUDGEMENTS.indexOf(judged.judgement)] ?? "";
  return t.analysis.judged(kind, placeOf(t, judged.best));
}

/** What the player of a move could expect with the best one, and what he got. */
export function differenceSentence(t: Dictionary, judged: Judged): string {
  if (judged.best === null) return "";
  const percent = (chance: number): string =>
    t.analysis.percent(Math.round(100 * (judged.mover === 1 ? chance : 1 - chance)));
  const [best, played] = [percent(judged.bestChance), percent(judged.chance)];
  return judged.judgement === null
    ? t.analysis.alternative(placeOf(t, judged.best), best, played)
    : t.analysis.instead(best, played);
}

export function lostSentence(t: Dictionary, judged: Judged, names: Names): string {
  return judged.lostByForce ? t.analysis.lost(names[otherOf(judged.mover) - 1] ?? "") : "";
}

/** All about a place in the game in one breath, for screen readers. */
export function plySentence(t: Dictionary, review: Review, step: Step, names: Names): string {
  const judged = review.moves[step.ply - 1];
  if (step.line !== null && judged) {
    const move = judged.line[step.line - 1];
    const count = t.analysis.lineMove(step.line, lineLength(review, step.ply));
    return move ? `${count}. ${placeOf(t, move)}.` : count;
  }
  const proof = proofAfter(review, step.ply);
  const percent = percentOf(chanceAfter(review, step.ply), proof, 1);
  const stand = proof
    ? proofSentence(t, proof, names)
    : t.analysis.chance(names[0], t.analysis.percent(percent));
  if (!judged) return `${t.analysis.start}. ${stand}.`;
  return [
    `${t.analysis.move(step.ply, review.moves.length)}. ${names[judged.mover - 1] ?? ""}: ${placeOf(t, judged.move)}.`,
    `${stand}.`,
    judged.judgement ? judgementSentence(t, judged) : "",
    lostSentence(t, judged, names),
    review.turningPoint === step.ply ? `${t.analysis.turning}.` : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}
