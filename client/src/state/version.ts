// Whether the server has a newer build of this client than the one that runs.
import { i18n } from "../i18n/i18n.svelte.ts";
import { notices } from "./notices.svelte.ts";

/** The build that runs; empty during development. */
export function ownBuild(): string {
  const build = document.querySelector('meta[name="build"]')?.getAttribute("content") ?? "";
  return build.startsWith("__") ? "" : build;
}

/** Tells quietly of a newer build, if there is one. */
export async function checkVersion(): Promise<void> {
  const own = ownBuild();
  if (own === "") return;
  try {
    const response = await fetch("/version.json", { cache: "no-store" });
    if (!response.ok) return;
    const found: unknown = await response.json();
    if (typeof found !== "object" || found === null || !("build" in found)) return;
    if (found.build === own) return;
  } catch {
    return;
  }
  notices.show(i18n.t.connection.newVersion, "info", {
    label: i18n.t.connection.reload,
    stays: true,
    run: () => {
      location.reload();
    },
  });
}
