// The analyses that were asked for in this session, by match: how far they are, or what they say.
import type { AnalysisData } from "../protocol/messages.ts";

export type AnalysisState =
  | { readonly kind: "asking" }
  | { readonly kind: "running"; readonly done: number; readonly total: number }
  | { readonly kind: "ready"; readonly data: AnalysisData }
  | { readonly kind: "failed"; readonly reason: string };

class Analyses {
  private byMatch = $state.raw<Readonly<Record<string, AnalysisState>>>({});

  of(match: string): AnalysisState | null {
    return this.byMatch[match] ?? null;
  }

  set(match: string, state: AnalysisState): void {
    this.byMatch = { ...this.byMatch, [match]: state };
  }

  /** The matches whose analysis is waited for. */
  get awaited(): readonly string[] {
    return Object.entries(this.byMatch)
      .filter(([, state]) => state.kind === "asking" || state.kind === "running")
      .map(([match]) => match);
  }

  /** Whatever is waited for will not come. */
  failAwaited(reason: string): void {
    for (const match of this.awaited) this.set(match, { kind: "failed", reason });
  }

  clear(): void {
    this.byMatch = {};
  }
}

export const analyses = new Analyses();
