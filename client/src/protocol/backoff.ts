// How long to wait before the next attempt to connect. Pure; randomness comes from outside.

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * Milliseconds to wait before attempt number `attempt` (0 is the first after a failure):
 * doubling up to half a minute, of which a random half, so that the clients of a server that
 * was restarted do not all come at once. `random` is in [0, 1).
 */
export function backoff(attempt: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(full * (0.5 + random / 2));
}
