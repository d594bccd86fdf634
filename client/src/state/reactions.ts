// What each message of the server does to the stores. Commands are in client.ts.
import { i18n } from "../i18n/i18n.svelte.ts";
import { signed } from "../i18n/phrases.ts";
import type {
  AnalysisAnswer,
  Answer,
  BotData,
  EloData,
  ErrorData,
  LoginData,
  MatchData,
  ReconnectData,
  ToClient,
} from "../protocol/messages.ts";
import { analyses } from "./analyses.svelte.ts";
import { bots } from "./bots.svelte.ts";
import { tellEnd, tellMove, tellStart } from "./effects.ts";
import { lobby } from "./lobby.svelte.ts";
import { markOf, opponentOf, type Match } from "./match.ts";
import { matches } from "./match-list.svelte.ts";
import { notices } from "./notices.svelte.ts";
import { router } from "./router.svelte.ts";
import { session } from "./session.svelte.ts";
import { readText, writeText } from "./storage.ts";
import { Unanswered, type Intent } from "./unanswered.ts";
import { checkVersion } from "./version.ts";

const REFUSED_KEY = "uttt.refused";
/** For so long after a login, updates tell the state, not news. */
const SYNC_MS = 1500;

/** What a message may make the client ask for by itself. */
interface Commands {
  invite: (name: string) => void;
  search: () => void;
  searchAgain: () => void;
  askForBots: () => void;
  analyse: (match: string) => void;
  leave: (forget: boolean) => void;
}

export class Reactions {
  readonly unanswered = new Unanswered();
  private readonly commands: Commands;
  private name = "";
  private intent: Intent = null;
  private mentioned: Set<string> | null = null;
  private syncTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(commands: Commands) {
    this.commands = commands;
  }

  /** A first message is about to be sent. */
  begin(name: string, intent: Intent): void {
    this.name = name;
    this.intent = intent;
  }

  /** The connection broke. */
  lost(): void {
    clearTimeout(this.syncTimer);
    this.mentioned = null;
    this.unanswered.lose();
  }

  hear(message: ToClient): void {
    switch (message.type) {
      case "login_response":
        return this.login(message.data);
      case "reconnect_response":
        return this.reconnection(message.data);
      case "match_update":
        return this.match(message.data);
      case "elo_update":
        return this.elo(message.data);
      case "friends_update":
        return lobby.setFriends(message.data);
      case "match_request_response":
        return this.matchRequest(message.data);
      case "cancel_match_request_response":
        this.endSearch();
        return notices.say(i18n.t.home.searchStopped);
      case "friend_request_response":
        return this.friend(message.data, i18n.t.home.added);
      case "unfriend_request_response":
        return this.friend(message.data, i18n.t.home.removed);
      case "bots":
        return bots.hear(message.data.bots);
      case "bot_offer":
        return this.offer(message.data);
      case "analysis_request_response":
        return this.analysisRequest(message.data);
      case "analysis_progress": {
        const { match_id, done, total } = message.data;
        return analyses.set(match_id, { kind: "running", done, total });
      }
      case "analysis":
        return analyses.set(message.data.match_id, { kind: "ready", data: message.data });
      case "analysis_failed":
        return this.analysisFailed(message.data.match_id, message.data.code, message.data.msg);
      case "error":
        return this.error(message.data);
      default:
        // A newer server may say more than this client knows.
        message satisfies never;
    }
  }

  private login(data: LoginData): void {
    if (!data.success) {
      session.problem = i18n.t.refused.login(data.msg, data.registered);
      return;
    }
    this.welcome(data.id, this.name, data.registered);
  }

  private reconnection(data: ReconnectData): void {
    if (data.success && data.user !== null) {
      writeText(REFUSED_KEY, null);
      this.welcome(data.id, data.user, data.registered);
      return;
    }
    // The refusal may be a passing one: the id is forgotten when it is refused a second time.
    const id = session.storedId;
    const again = readText(REFUSED_KEY) === id;
    writeText(REFUSED_KEY, again ? null : id);
    this.commands.leave(again);
    session.problem = i18n.t.connection.ended;
  }

  private welcome(id: string | null, name: string, registered: boolean): void {
    if (session.name !== name) this.forgetOther();
    session.begin(id, name, registered);
    matches.startFor(name);
    this.mentioned = new Set();
    clearTimeout(this.syncTimer);
    this.syncTimer = setTimeout(() => this.synced(), SYNC_MS);
    void checkVersion();
    this.commands.askForBots();
    for (const id of analyses.awaited) this.commands.analyse(id);
    const intent = this.intent;
    this.intent = null;
    if (intent === "search") this.commands.search();
    else if (intent === "computer") router.go({ view: "computer" });
    else if (intent !== null) this.commands.invite(intent.invite);
    else if (lobby.search !== "off") this.commands.searchAgain();
  }

  /** Somebody else played here before. */
  private forgetOther(): void {
    matches.forgetAll();
    lobby.clear();
    bots.withdraw();
    analyses.clear();
    this.unanswered.clear();
    session.elo = null;
    session.eloChange = null;
  }

  /** All that the server says after a login has been said. */
  private synced(): void {
    const me = session.name;
    if (me === null || this.mentioned === null) return;
    for (const match of matches.endMissing(this.mentioned)) tellEnd(match, me, true);
    this.mentioned = null;
    if (this.unanswered.doubtful.length > 0) notices.show(i18n.t.match.lostMove, "error");
    this.unanswered.doubtful = [];
  }

  private match(data: MatchData): void {
    const me = session.name;
    if (me === null) return;
    this.mentioned?.add(data.id);
    const { before, after } = matches.update(data);
    if (after === null) return;
    this.unanswered.confirm(after.id, after.confirmed.lastMove);
    if (before === null && after.result === null) this.started(after, me);
    else if (before !== null) tellMove(before, after, me);
    const ended = after.result !== null && (before === null || before.result === null);
    if (ended) analyses.forgetFailure(after.id);
    if (ended) tellEnd(after, me, this.mentioned !== null);
  }

  private started(match: Match, me: string): void {
    const opponent = opponentOf(match, me);
    const own = this.unanswered.asksFor(opponent);
    const first = markOf(match, me) === 1;
    const found = !own && (first ? lobby.search === "running" : lobby.search === "asking");
    // Whoever invites the bot that was offered to him is not looked for any more.
    const taken = own && opponent === bots.offered;
    if (taken || (found && match.moves === 0)) this.endSearch();
    if (own || (found && match.moves === 0 && !this.isPlaying())) {
      router.go({ view: "match", id: match.id });
      notices.say(i18n.t.match.started(bots.called(opponent)));
    } else if (this.mentioned === null) {
      tellStart(match, me);
    }
  }

  private endSearch(): void {
    lobby.search = "off";
    bots.withdraw();
  }

  private offer(bot: BotData): void {
    if (lobby.search === "off") return;
    bots.propose(bot);
    const t = i18n.t.bots;
    notices.say(`${t.offerTitle} ${t.offer(t.title(bot.name, bot.title))}`);
  }

  private analysisRequest(data: AnalysisAnswer): void {
    if (data.success) return;
    // The server does not know which match was meant.
    if (data.match_id === "") analyses.failAwaited(this.reason(data.code, data.msg));
    else this.analysisFailed(data.match_id, data.code, data.msg);
  }

  private analysisFailed(match: string, code: string | null, msg: string): void {
    analyses.set(match, { kind: "failed", reason: this.reason(code, msg) });
  }

  private reason(code: string | null, msg: string): string {
    return (code === null ? null : i18n.t.errors[code]) ?? msg;
  }

  /** Whether the user looks at a board that is in play, so that another must not push it away. */
  private isPlaying(): boolean {
    const route = router.route;
    return route.view === "match" && matches.get(route.id)?.result === null;
  }

  private elo(data: EloData): void {
    const before = session.elo;
    lobby.setTop(data);
    session.elo = data.elo;
    session.rank = data.rank;
    session.eloChange = data.elo === null || before === null ? null : data.elo - before;
    if (data.elo === null || !session.eloChange) return;
    notices.show(i18n.t.result.rating(data.elo, signed(session.eloChange)));
  }

  private matchRequest(data: Answer): void {
    const request = this.unanswered.requests.shift();
    if (request?.player === null) {
      // A search that is already running in another tab goes on.
      const goesOn = data.success || (request.again && matches.open.length < 5);
      // He waits from the beginning, and nobody was offered to him yet.
      if (data.success) bots.withdraw();
      if (lobby.search === "asking") {
        if (goesOn) lobby.search = "running";
        else this.endSearch();
      }
      if (data.success || goesOn) return;
    }
    if (!data.success) notices.show(i18n.t.refused.request(data.msg), "error");
  }

  private friend(data: Answer, done: string): void {
    const text = data.success ? done : i18n.t.refused.request(data.msg);
    notices.show(text, data.success ? "info" : "error");
  }

  private error(data: ErrorData): void {
    const reason = this.reason(data.code, data.msg);
    if (data.request === "bots_request") {
      // A server that does not know bots has none; any other refusal is a passing one.
      if (data.code === "unknown_type" || !bots.known) bots.hear([]);
      return;
    }
    if (data.request === "analysis_request") {
      analyses.failAwaited(reason);
      return;
    }
    if (data.request === "match_request") {
      this.matchRequest({ success: false, msg: reason });
      return;
    }
    if (data.request !== "move") {
      notices.show(reason, "error");
      return;
    }
    const sent = this.unanswered.moves.shift();
    if (sent) matches.rollBack(sent.id);
    const text = i18n.t.match.refused(reason);
    notices.show(text, "error");
    notices.say(text);
  }
}
