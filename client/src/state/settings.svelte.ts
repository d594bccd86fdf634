// What the user has chosen on this device, kept in localStorage.
import { readJson, writeJson } from "./storage.ts";

export type Theme = "auto" | "light" | "dark";

const KEY = "uttt.settings";

class Settings {
  language = $state<string | null>(null);
  theme = $state<Theme>("auto");
  sound = $state(false);
  confirmMoves = $state(false);
  notify = $state(false);

  load(): void {
    const stored = readJson(KEY);
    if (typeof stored !== "object" || stored === null) return;
    const { language, theme, sound, confirmMoves, notify } = stored as Partial<Settings>;
    if (typeof language === "string") this.language = language;
    if (theme === "light" || theme === "dark") this.theme = theme;
    this.sound = sound === true;
    this.confirmMoves = confirmMoves === true;
    this.notify = notify === true;
  }

  save(): void {
    const { language, theme, sound, confirmMoves, notify } = this;
    writeJson(KEY, { language, theme, sound, confirmMoves, notify });
  }
}

export const settings = new Settings();
