/** A token this close to its end is not worth connecting with. */
const SPARE_MS = 30_000;

/** An agent's token, fetched again when it nears its end. */
export class AgentSession {
  #load;
  #current = null;
  #goodUntilMs = 0;

  /** @param load asks for a session, as `POST /v1/sessions` answers it; throws RequestError */
  constructor(load) {
    this.#load = load;
  }

  /** The session, fresh enough to be used. Throws RequestError. */
  async get() {
    if (this.#current === null || performance.now() > this.#goodUntilMs) await this.renew();
    return this.#current;
  }

  async renew() {
    const startedMs = performance.now();
    this.#current = await this.#load();
    const lifetimeMs = toLifetimeMs(this.#current);
    this.#goodUntilMs = startedMs + lifetimeMs - Math.min(SPARE_MS, lifetimeMs / 4);
    return this.#current;
  }

  /** When to ask for the next token, in ms from now. */
  get renewInMs() {
    return Math.max(1_000, (this.#goodUntilMs - performance.now()) * 0.8);
  }

  forget() {
    this.#goodUntilMs = 0;
  }
}

/** From the length if it is given, which a machine's wrong clock can't spoil. */
function toLifetimeMs({ expiresInSec, expiresAt }) {
  return expiresInSec === undefined ? Date.parse(expiresAt) - Date.now() : expiresInSec * 1000;
}
