import type { Alarms } from '../alarms.ts';
import type { ServerClock } from '../server-clock.ts';
import { type LinkSettings, SLOW_ANSWER_MS } from './link-settings.ts';

export type PulseAlarm = 'heartbeat' | 'pong' | 'slow';

export interface PulseDeps {
  alarms: Alarms<PulseAlarm>;
  clock: ServerClock;
  settings: LinkSettings;
  now(): number;
  ping(): Promise<{ ts: number }>;
  /** A ping was not answered in time. */
  onSilent(): void;
}

/** Whether anybody is at the other end of a connection, whatever the socket believes. */
export class Pulse {
  readonly #deps: PulseDeps;

  constructor(deps: PulseDeps) {
    this.#deps = deps;
  }

  /** Pings from time to time, until `stop`. */
  begin(everyMs: number): void {
    this.#deps.alarms.set('heartbeat', everyMs, () => {
      this.probe();
      this.begin(everyMs);
    });
  }

  stop(): void {
    this.#deps.alarms.clear('heartbeat', 'pong', 'slow');
  }

  probe(): void {
    const { alarms, clock, settings, now, ping, onSilent } = this.#deps;
    // One question at a time: a later one gives nobody more time to answer.
    if (alarms.isSet('pong')) return;
    const sentMs = now();
    alarms.set('pong', settings.pingTimeoutMs, onSilent);
    ping().then(
      ({ ts }) => {
        alarms.clear('pong');
        clock.learn(ts, sentMs, now());
      },
      () => undefined, // the connection went, which is told elsewhere
    );
  }

  /** An answer that takes long is a reason to ask. */
  watch(answer: Promise<unknown>): void {
    const { alarms } = this.#deps;
    alarms.set('slow', SLOW_ANSWER_MS, () => this.probe());
    const settled = () => alarms.clear('slow');
    answer.then(settled, settled);
  }
}
