// Who plays here: the name, the rating, the state of the connection. And what of it is stored.
import type { Status } from "../protocol/connection.ts";
import { readText, writeText } from "./storage.ts";

export const SESSION_KEY = "uttt.session";
const NAME_KEY = "uttt.name";

class Session {
  status = $state<Status>("idle");
  /** Own name, null while nobody is logged in. */
  name = $state<string | null>(null);
  registered = $state(false);
  elo = $state<number | null>(null);
  rank = $state<number | null>(null);
  /** How the rating changed with the newest match. */
  eloChange = $state<number | null>(null);
  /** Why logging in failed, for the form. */
  problem = $state<string | null>(null);

  get storedId(): string | null {
    return readText(SESSION_KEY) || null;
  }

  get lastName(): string | null {
    return readText(NAME_KEY);
  }

  begin(id: string | null, name: string, registered: boolean): void {
    this.name = name;
    this.registered = registered;
    writeText(NAME_KEY, name);
    if (id !== null && id !== this.storedId) writeText(SESSION_KEY, id);
  }

  /** Nobody is logged in any more; `forget`: the session id is of no use either. */
  end(forget: boolean): void {
    this.name = null;
    this.registered = false;
    this.elo = null;
    this.rank = null;
    if (forget) writeText(SESSION_KEY, null);
  }
}

export const session = new Session();
