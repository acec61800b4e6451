import type { Alarms } from '../alarms.ts';
import { RamalError } from '../ramal-error.ts';
import type { ServerClock } from '../server-clock.ts';
import { type LinkSettings, REFRESH_APART_MS } from './link-settings.ts';
import type { StatusReason } from './link-status.ts';
import { type AgentTokenHeld, type TokenSource, toSpareMs } from './token-source.ts';

export interface LinkTokenDeps {
  tokens: TokenSource;
  clock: ServerClock;
  alarms: Alarms<'refresh'>;
  settings: LinkSettings;
  /** Whether a token is of the person whose connection this is. */
  isOurs(token: AgentTokenHeld): boolean;
  /** None for this person, or somebody else's. */
  onDenied(reason: StatusReason): void;
  /** Shows the gateway the next token. @throws RamalError */
  show(token: string): Promise<{ expiresAt: number }>;
}

/** The token of a connection: asked for before it opens, and renewed while it stands. */
export class LinkToken {
  readonly #deps: LinkTokenDeps;
  #held: AgentTokenHeld | null = null;
  /** Counts what is waited for: an answer to an older question is nobody's. */
  #round = 0;

  constructor(deps: LinkTokenDeps) {
    this.#deps = deps;
  }

  get text(): string {
    return this.#held?.token ?? '';
  }

  ask(onCame: () => void, onMissing: () => void): void {
    const { tokens, clock } = this.#deps;
    this.#await(
      () => tokens.get(clock.now()),
      (token) => {
        this.#held = token;
        onCame();
      },
      onMissing,
    );
  }

  /** Nobody waits any more for what was asked. */
  dismiss(): void {
    this.#round += 1;
  }

  /** Asks for the next token well before this one ends; after a failure soon again. */
  planRefresh(): void {
    const { alarms, clock } = this.#deps;
    const { expiresAtMs } = this.#held ?? { expiresAtMs: null };
    if (expiresAtMs === null) return;
    const lifeMs = expiresAtMs - clock.now();
    alarms.set('refresh', Math.max(lifeMs - toSpareMs(lifeMs), REFRESH_APART_MS), () => this.#refresh());
  }

  /** What goes wrong here is tried again, and in the end mended by a new connection with a new token. */
  #refresh(): void {
    const { tokens, clock, alarms, settings, show } = this.#deps;
    alarms.set('refresh', settings.connectTimeoutMs, () => this.planRefresh());
    this.#await(
      () => tokens.renew('refresh', clock.now()),
      (token) => {
        show(token.token).then(
          ({ expiresAt }) => {
            this.#held = { ...token, expiresAtMs: expiresAt };
            this.planRefresh();
          },
          () => undefined,
        );
      },
      () => this.planRefresh(),
    );
  }

  /** Hands on what `ask` brings, if that is still asked for and of the same person. */
  #await(
    ask: () => Promise<AgentTokenHeld>,
    onToken: (token: AgentTokenHeld) => void,
    onMissing: () => void,
  ): void {
    const { isOurs, onDenied } = this.#deps;
    const round = this.#round;
    const isLate = () => round !== this.#round;
    ask().then(
      (token) => {
        if (isLate()) return;
        if (isOurs(token)) onToken(token);
        else onDenied('agent_changed');
      },
      (error: unknown) => {
        if (isLate()) return;
        if (error instanceof RamalError && !error.retryable) onDenied('token_denied');
        else onMissing();
      },
    );
  }
}
