// A short game with made-up verdicts, for the tests beside.
import type { AnalysisData, MoveEvaluation } from "../protocol/messages.ts";

/** Centre, then each in the board he was sent to: legal from the empty board. */
export const MOVES = [40, 36, 4, 44];

export function evaluation(move: number, change: Partial<MoveEvaluation> = {}): MoveEvaluation {
  return {
    move,
    chance: 0.5,
    proof: null,
    best: move,
    best_chance: 0.5,
    line: [move],
    judgement: null,
    lost_by_force: false,
    ...change,
  };
}

export function analysis(
  changes: readonly Partial<MoveEvaluation>[] = [],
  change: Partial<AnalysisData> = {},
): AnalysisData {
  return {
    match_id: "m1",
    ruleset: "standard",
    setup: null,
    engine: "test",
    start: { chance: 0.5, proof: null },
    moves: MOVES.map((move, index) => evaluation(move, changes[index])),
    turning_point: null,
    ...change,
  };
}
