// Short texts that come and go, and what is only said to screen readers.

export interface Notice {
  readonly id: number;
  readonly kind: "info" | "error";
  readonly text: string;
  readonly action: { readonly label: string; run(): void } | null;
}

const SHOWN_MS = 7_000;
const MOST = 4;

class Notices {
  list = $state<Notice[]>([]);
  spoken = $state("");
  private next = 0;

  show(text: string, kind: Notice["kind"] = "info", action: Notice["action"] = null): void {
    const id = (this.next += 1);
    const others = this.list.filter((notice) => notice.text !== text);
    this.list = [...others, { id, kind, text, action }].slice(-MOST);
    if (action === null) setTimeout(() => this.dismiss(id), SHOWN_MS);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  /** Says a text to screen readers; what is said in one go is said together. */
  say(text: string): void {
    // A live region keeps quiet if its text does not change.
    this.spoken = text === this.spoken ? `${text}\u00a0` : text;
  }
}

export const notices = new Notices();
