/** A reader of the screen has had the time to say it. */
const KEPT_MS = 10_000;

export interface Announcement {
  id: number;
  text: string;
}

/** What a screen reader is to say, politely, one line for each piece of news; lines go again after a while. */
export class Announcer {
  #lines: readonly Announcement[] = [];
  #lastId = 0;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get lines(): readonly Announcement[] {
    return this.#lines;
  }

  add(text: string): void {
    const line = { id: ++this.#lastId, text };
    this.#lines = [...this.#lines, line];
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#lines = this.#lines.filter(({ id }) => id !== line.id);
      this.#onChange();
    }, KEPT_MS);
    this.#timers.add(timer);
    this.#onChange();
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#lines = [];
  }
}
