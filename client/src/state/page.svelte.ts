// What the page as a whole has to do with the game: its title and badge, its appearance, coming
// back from the background, and other tabs of the same browser.
import { i18n } from "../i18n/i18n.svelte.ts";
import { bots } from "./bots.svelte.ts";
import { client } from "./client.ts";
import { opponentOf } from "./match.ts";
import { matches } from "./match-list.svelte.ts";
import { notices } from "./notices.svelte.ts";
import { router } from "./router.svelte.ts";
import { session, SESSION_KEY } from "./session.svelte.ts";
import { settings } from "./settings.svelte.ts";
import { checkVersion } from "./version.ts";

const SILENCE_CHECK_MS = 10_000;

/** Begins to watch. Called once. */
export function watchPage(): void {
  $effect.root(() => {
    $effect(showAppearance);
    $effect(showBadge);
    $effect(() => {
      if (session.name !== null) router.challenge = null;
    });
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    client.wake();
    void checkVersion();
  });
  addEventListener("online", () => client.wake());
  addEventListener("storage", otherTab);
  setInterval(() => {
    if (!document.hidden) client.checkSilence();
  }, SILENCE_CHECK_MS);
}

function showAppearance(): void {
  const root = document.documentElement;
  if (settings.theme === "auto") delete root.dataset["theme"];
  else root.dataset["theme"] = settings.theme;
}

/** The number of matches in which it is the user's turn: in the title, on the installed icon. */
function showBadge(): void {
  const count = session.name === null ? 0 : matches.turnsOf(session.name).length;
  document.title = `${count > 0 ? `(${count}) ` : ""}${viewTitle()}`;
  if (!("setAppBadge" in navigator)) return;
  const done = count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge();
  void done.catch(() => undefined);
}

function viewTitle(): string {
  const t = i18n.t;
  const route = router.route;
  const match = "id" in route ? matches.get(route.id) : null;
  const parts = [t.title];
  if (match !== null && session.name !== null) {
    parts.unshift(t.match.against(bots.called(opponentOf(match, session.name))));
  }
  if (route.view === "computer") parts.unshift(t.bots.heading);
  else if (route.view !== "home" && route.view !== "match") parts.unshift(t[route.view].heading);
  return parts.join(" – ");
}

/** Another tab logged in or out: this one follows. */
function otherTab(event: StorageEvent): void {
  if (event.key !== SESSION_KEY || event.newValue === event.oldValue) return;
  if (event.newValue !== null) {
    client.resume();
  } else if (session.name !== null) {
    client.leave(false);
    notices.show(i18n.t.connection.elsewhere);
  }
}
