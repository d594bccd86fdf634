// Starts the client: what is stored, language, appearance, the connection, the service worker.
import { mount } from "svelte";

import App from "./App.svelte";
import { i18n, negotiate } from "./i18n/i18n.svelte.ts";
import { bots } from "./state/bots.svelte.ts";
import { client } from "./state/client.ts";
import { clock } from "./state/clock.svelte.ts";
import { install } from "./state/install.svelte.ts";
import { localGame } from "./state/local-game.svelte.ts";
import { watchPage } from "./state/page.svelte.ts";
import { router } from "./state/router.svelte.ts";
import { settings } from "./state/settings.svelte.ts";
import "./styles/tokens.css";
import "./styles/base.css";

settings.load();
localGame.load();
bots.load();
router.start();
clock.start();
install.start();
await i18n.use(negotiate(settings.language, navigator.languages));
watchPage();
client.resume(router.challenge === null ? null : { invite: router.challenge });

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no place for the client");
mount(App, { target });

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  void navigator.serviceWorker.register("/service-worker.js").catch(() => undefined);
}
