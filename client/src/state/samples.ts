// A match as the server tells of it, for the tests beside.
import type { MatchData } from "../protocol/messages.ts";

export function match(
  change: Partial<MatchData> = {},
  players = ["me", "bob"],
  over = false,
): MatchData {
  const [first = "", second = ""] = players;
  return {
    id: "m1",
    revoke_time: "2031-01-08 17:05:59",
    ranked: false,
    server_time: "2031-01-01T16:05:59Z",
    deadline: "2031-01-08T16:05:59Z",
    moves: 0,
    result: over ? "won" : null,
    match_state: {
      complete_field: Array.from({ length: 9 }, () => Array.from({ length: 9 }, () => 0)),
      global_field: Array.from({ length: 3 }, () => [0, 0, 0]),
      last_move: null,
      game_over: over,
      is_draw: false,
      player_won: over ? first : null,
      active_player: first,
      current_player: over ? null : first,
      player_a: first,
      player_b: second,
    },
    ...change,
  };
}
