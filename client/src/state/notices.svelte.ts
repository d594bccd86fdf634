// Short texts that come and go, and what is only said to screen readers.

export interface Notice {
  readonly id: number;
  readonly kind: "info" | "error";
  readonly text: string;
  readonly action: NoticeAction | null;
}

export interface NoticeAction {
  readonly label: string;
  /** The match that it leads to; looking at the match makes the notice superfluous. */
  readonly match?: string;
  /** Whether the notice stays until it is dismissed. */
  readonly stays?: boolean;
  run(): void;
}

const SHOWN_MS = 7_000;
const SHOWN_WITH_ACTION_MS = 20_000;
const MOST = 4;
const TOGETHER_MS = 100;

class Notices {
  list = $state<Notice[]>([]);
  spoken = $state("");
  private next = 0;
  private saidAt = 0;

  show(text: string, kind: Notice["kind"] = "info", action: NoticeAction | null = null): void {
    const id = (this.next += 1);
    const others = this.list.filter((notice) => notice.text !== text);
    this.list = [...others, { id, kind, text, action }].slice(-MOST);
    if (action?.stays) return;
    setTimeout(() => this.dismiss(id), action === null ? SHOWN_MS : SHOWN_WITH_ACTION_MS);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  /** The user looks at a match: nobody needs to lead there. */
  dismissFor(match: string): void {
    this.list = this.list.filter((notice) => notice.action?.match !== match);
  }

  /** Says a text to screen readers; what is said in one go is said together. */
  say(text: string): void {
    const now = Date.now();
    const goesOn = now - this.saidAt < TOGETHER_MS;
    this.saidAt = now;
    if (goesOn) this.spoken = `${this.spoken} ${text}`;
    // A live region keeps quiet if its text does not change.
    else this.spoken = text === this.spoken ? `${text}\u00a0` : text;
  }
}

export const notices = new Notices();
