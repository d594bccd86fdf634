// Which view is shown, as the fragment of the address says: it works with "back", and needs
// nothing of the server. The one real path is /challenge/NAME, a link that one can send.

export type Route =
  | { readonly view: "home" | "computer" | "local" | "top" | "settings" }
  | { readonly view: "match" | "analysis"; readonly id: string };

const CHALLENGE = /^\/challenge\/([A-Za-z0-9_-]{3,16})\/?$/;

export function parse(fragment: string): Route {
  const [view, id] = fragment.replace(/^#?\/?/, "").split("/");
  if ((view === "match" || view === "analysis") && id) {
    try {
      return { view, id: decodeURIComponent(id) };
    } catch {
      return { view: "home" };
    }
  }
  if (view === "computer" || view === "local" || view === "top" || view === "settings")
    return { view };
  return { view: "home" };
}

export function href(route: Route): string {
  if (route.view === "home") return "#/";
  return "id" in route ? `#/${route.view}/${encodeURIComponent(route.id)}` : `#/${route.view}`;
}

/** The name in the path of a challenge link, folded, or null. */
export function challengeIn(path: string): string | null {
  return CHALLENGE.exec(path)?.[1]?.toLowerCase() ?? null;
}

class Router {
  route = $state.raw<Route>({ view: "home" });
  /** Name of the player whose challenge link was opened. */
  challenge = $state<string | null>(null);

  start(): void {
    this.challenge = challengeIn(location.pathname);
    if (location.pathname !== "/") history.replaceState(null, "", `/${location.hash}`);
    this.read();
    addEventListener("hashchange", () => this.read());
  }

  go(route: Route): void {
    location.hash = href(route).slice(1);
    this.route = route;
  }

  private read(): void {
    this.route = parse(location.hash);
  }
}

export const router = new Router();
