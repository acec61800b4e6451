import { requestJson } from './http.js';

/** A token this close to its end is not worth connecting with. */
const SPARE_MS = 30_000;

/** An agent's token, fetched again when it nears its end. */
export class AgentSession {
  #agent;
  #current = null;
  #goodUntilMs = 0;

  constructor(agent) {
    this.#agent = { tenant: agent.tenant, user: agent.user };
  }

  /** The session, fresh enough to be used. Throws RequestError. */
  async get() {
    if (this.#current === null || performance.now() > this.#goodUntilMs) await this.renew();
    return this.#current;
  }

  async renew() {
    const startedMs = performance.now();
    this.#current = await requestJson('/demo/session', { method: 'POST', body: this.#agent });
    // Counted on our own clock: the machine's may be wrong.
    const lifetimeMs = this.#current.expiresInSec * 1000;
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
