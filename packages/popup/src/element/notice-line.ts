const SHOWN_MS = 8_000;
/** A page that has just been opened, or a gateway that restarts, is no news to a person. */
const QUIET_MS = 3_000;

export interface Notice {
  text: string;
  kind: 'hint' | 'problem';
}

/** The one line that says how dials and the connection go. A hint goes by itself; `keep` stays until the next one. */
export class NoticeLine {
  #notice: Notice | null = null;
  #hiding: ReturnType<typeof setTimeout> | undefined;
  #troubled: ReturnType<typeof setTimeout> | undefined;
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get current(): Notice | null {
    return this.#notice;
  }

  say(text: string, kind: Notice['kind'] = 'hint', keep = false): void {
    clearTimeout(this.#hiding);
    this.#notice = text === '' ? null : { text, kind };
    if (text !== '' && !keep) this.#hiding = setTimeout(() => this.say(''), SHOWN_MS);
    this.#onChange();
  }

  /** Says it unless the trouble is over soon. */
  troubled(text: string): void {
    this.#troubled ??= setTimeout(() => this.say(text), QUIET_MS);
  }

  calm(): void {
    clearTimeout(this.#troubled);
    this.#troubled = undefined;
  }

  clear(): void {
    clearTimeout(this.#hiding);
    this.calm();
    this.#notice = null;
  }
}
