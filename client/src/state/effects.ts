// What the user hears and sees besides the board when a match changes: sounds, spoken sentences,
// notices, browser notifications.
import { i18n } from "../i18n/i18n.svelte.ts";
import { resultSentence, turnSentence } from "../i18n/phrases.ts";
import { cellAt } from "../rules/game.ts";
import { playSound, type Sound } from "../sound/sounds.ts";
import { bots } from "./bots.svelte.ts";
import { isTurnOf, markOf, opponentOf, type Match } from "./match.ts";
import { notices, type NoticeAction } from "./notices.svelte.ts";
import { router } from "./router.svelte.ts";
import { settings } from "./settings.svelte.ts";

export function sound(name: Sound): void {
  if (settings.sound) playSound(name);
}

/** A match has begun by what the opponent did. */
export function tellStart(match: Match, me: string): void {
  const name = bots.called(opponentOf(match, me));
  sound("start");
  notices.show(i18n.t.match.started(name), "info", openAction(match));
  const title = isTurnOf(match, me) ? i18n.t.notify.turnTitle : i18n.t.match.against(name);
  notify(title, i18n.t.notify.started(name), match);
}

/** The position of a known match has changed. */
export function tellMove(before: Match, after: Match, me: string): void {
  const move = after.confirmed.lastMove;
  if (move === null || after.moves === before.moves) return;
  const t = i18n.t;
  const mark = cellAt(after.confirmed, move);
  const own = mark === markOf(after, me);
  const value = after.confirmed.boards[move.board] ?? 0;
  const closed = value !== 0 && before.confirmed.boards[move.board] === 0;
  // The own move was heard when it was made.
  if (after.result === null && (closed || !own)) sound(closed ? "board" : "other");
  const mover = own ? t.match.you : bots.called(opponentOf(after, me));
  const place = t.compass.boards[move.board] ?? "";
  const sentences = [t.match.moved(mover, place, t.compass.cells[move.cell] ?? "")];
  if (closed)
    sentences.push(value === 3 ? t.match.drawnBoard(place) : t.match.wonBoard(mover, place));
  if (after.result === null) sentences.push(turnSentence(t, after, me));
  if (isShown(after)) notices.say(sentences.join(" "));
  if (!own && isTurnOf(after, me)) {
    notify(t.notify.turnTitle, t.notify.turn(bots.called(opponentOf(after, me))), after);
  }
}

/** A match has ended. `away`: while nobody was looking. */
export function tellEnd(match: Match, me: string, away: boolean): void {
  const t = i18n.t;
  const text = resultSentence(t, match, me);
  const name = bots.called(opponentOf(match, me));
  if (away) notices.show(t.result.away(name, text), "info", openAction(match));
  else if (!isShown(match))
    notices.show(`${t.match.against(name)}: ${text}`, "info", openAction(match));
  if (isShown(match)) notices.say(text);
  if (away) return;
  if (match.result === "drawn") sound("drawn");
  else if (match.winner !== null) sound(match.winner === me ? "won" : "lost");
  notify(t.match.against(name), text, match);
}

function isShown(match: Match): boolean {
  return router.route.view === "match" && router.route.id === match.id;
}

function openAction(match: Match): NoticeAction {
  return {
    match: match.id,
    label: i18n.t.nav.open,
    run: () => {
      router.go({ view: "match", id: match.id });
    },
  };
}

function notify(title: string, body: string, match: Match): void {
  if (!settings.notify || !document.hidden || !("Notification" in window)) return;
  if (Notification.permission !== "granted") return;
  const options = { body, tag: match.id, icon: "/icons/icon-192.png" };
  try {
    const notification = new Notification(title, options);
    notification.onclick = () => {
      window.focus();
      router.go({ view: "match", id: match.id });
      notification.close();
    };
  } catch {
    // Android allows notifications through the service worker only.
    void navigator.serviceWorker.ready.then((worker) => worker.showNotification(title, options));
  }
}
