import { isRedisAway } from '@ramal/bus';

/**
 * Whether it is worth to ask Redis at all. `trial`: it answers again, and one record of the journal shows whether it
 * takes writes too, which a full Redis does not.
 */
export type RedisState = 'up' | 'trial' | 'down';

export interface RedisWatch {
  state(): RedisState;
  /** Redis did not take something, or not in time. */
  failed(error: unknown): void;
  /** Redis has taken a write. */
  worked(): void;
  stop(): void;
}

/** Redis has not answered for so long that nobody waits any more. */
export class RedisSilentError extends Error {
  readonly code = 'redis_silent';
}

export interface RedisWatchOptions {
  /** Is there a connection that commands can be sent on? */
  isConnected(): boolean;
  /** See `readRedisIdentities`. */
  readIdentity(): Promise<string>;
  /** Calls back whenever the connection is lost. */
  onConnectionLost(lost: () => void): void;
  /** Is there anything that can show whether Redis takes writes? */
  hasTrial(): boolean;
  /** Another server answers, or one with another past: the last writes may be lost. Comes before anything is told to it. */
  onReplaced(): void;
  onDown(error: unknown): void;
  /** Redis is back. */
  onUp(): void;
  /** Redis is up, or can be tried: there may be something to do. */
  onReady(): void;
  everyMs?: number;
}

const EVERY_MS = 100;
/** While all is well, its identity is looked at so often. */
const WELL_EVERY_MS = 1_000;
/** A Redis that does not take a write is left alone for so long. */
const REST_MS = 300;
const PATIENCE_MS = 1_000;
/** A first connection takes no longer, or Redis is down. */
const START_MS = 2_000;

/** Watches one connection. Begins `down`, until Redis has been heard. */
export function startRedisWatch(options: RedisWatchOptions): RedisWatch {
  const { isConnected, readIdentity, hasTrial, everyMs = EVERY_MS } = options;
  const startedMs = performance.now();
  let state: RedisState = 'down';
  let isOutage = false;
  let identity: string | null = null;
  let lookAtMs = 0;
  let looking = false;
  let losses = 0;

  const goDown = (error: unknown) => {
    losses += 1;
    if (state === 'up') lookAtMs = 0;
    else lookAtMs = performance.now() + REST_MS;
    state = 'down';
    if (isOutage) return;
    isOutage = true;
    options.onDown(error);
  };
  const goUp = () => {
    if (state === 'up') return;
    state = 'up';
    if (isOutage) options.onUp();
    isOutage = false;
    options.onReady();
  };

  const look = async () => {
    const before = losses;
    const found = await withPatience(readIdentity());
    // The connection it came over is another one by now.
    if (before !== losses) return;
    if (identity !== null && found !== identity) options.onReplaced();
    identity = found;
    if (state !== 'down') return;
    if (!isOutage || !hasTrial()) return goUp();
    state = 'trial';
    options.onReady();
  };

  const tick = () => {
    const nowMs = performance.now();
    if (looking || nowMs < lookAtMs) return;
    if (!isConnected()) {
      if (state !== 'down' || nowMs > startedMs + START_MS)
        goDown(new RedisSilentError('there is no connection'));
      return;
    }
    // What was to show it has been put away.
    if (state === 'trial' && !hasTrial()) goUp();
    looking = true;
    lookAtMs = nowMs + (state === 'up' ? WELL_EVERY_MS : 0);
    look()
      .catch(goDown)
      .finally(() => {
        looking = false;
      });
  };

  options.onConnectionLost(() => goDown(new RedisSilentError('the connection was lost')));
  const timer = setInterval(tick, everyMs);
  tick();
  return {
    state: () => (state === 'down' || isConnected() ? state : 'down'),
    failed(error) {
      if (error instanceof RedisSilentError || isRedisAway(error)) goDown(error);
    },
    worked() {
      if (state === 'trial') goUp();
    },
    stop: () => clearInterval(timer),
  };
}

async function withPatience<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RedisSilentError('no answer in time')), PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
    answer.catch(() => undefined);
  }
}
