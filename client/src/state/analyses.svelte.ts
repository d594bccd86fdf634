// The analyses that were asked for in this session, by match: how far they are, or what they say.
import type { AnalysisData } from "../protocol/messages.ts";

export type AnalysisState =
  | { readonly kind: "asking" }
  /** Nobody was there to be asked; the next connection will be. */
  | { readonly kind: "offline" }
  | { readonly kind: "running"; readonly done: number; readonly total: number }
  | { readonly kind: "ready"; readonly data: AnalysisData }
  | { readonly kind: "failed"; readonly reason: string };

class Analyses {
  private byMatch = $state.raw<Readonly<Record<string, AnalysisState>>>({});

  of(match: string): AnalysisState | null {
    return this.byMatch[match] ?? null;
  }

  /** What is here stays, whatever becomes of another request for it, as one of another tab. */
  set(match: string, state: AnalysisState): void {
    if (this.of(match)?.kind === "ready" && state.kind !== "ready") return;
    this.byMatch = { ...this.byMatch, [match]: state };
  }

  /** The matches whose analysis is waited for. */
  get awaited(): readonly string[] {
    return Object.entries(this.byMatch)
      .filter(([, { kind }]) => kind === "asking" || kind === "offline" || kind === "running")
      .map(([match]) => match);
  }

  /** Whatever is waited for will not come. */
  failAwaited(reason: string): void {
    for (const match of this.awaited) this.set(match, { kind: "failed", reason });
  }

  /** What was refused may be granted now. */
  forgetFailure(match: string): void {
    if (this.of(match)?.kind !== "failed") return;
    this.byMatch = Object.fromEntries(
      Object.entries(this.byMatch).filter(([other]) => other !== match),
    );
  }

  clear(): void {
    this.byMatch = {};
  }
}

export const analyses = new Analyses();
