import { Redis, type RedisOptions } from 'ioredis';

/** What a connection is for decides how it behaves when Redis does not answer. */
export type RedisRole =
  /** Commands that must fail fast: nothing is queued while the connection is down. */
  | 'commands'
  /** A subscriber: waits for the connection, resubscribes by itself. */
  | 'subscriber'
  /** Blocking reads of at most 2 s. */
  | 'blocking'
  /** Handed to the queue library, which brings its own rules. */
  | 'queue';

export interface RedisLog {
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

const COMMAND_TIMEOUT_MS = 2_000;
const BLOCKING_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 3_000;
const FIRST_CONNECT_TIMEOUT_MS = 30_000;

type Options = Omit<RedisOptions, 'replyMapping'>;

const ROLE_OPTIONS: Record<RedisRole, Options> = {
  commands: { enableOfflineQueue: false, commandTimeout: COMMAND_TIMEOUT_MS, maxRetriesPerRequest: 1 },
  subscriber: { maxRetriesPerRequest: null },
  blocking: {
    blockingTimeout: BLOCKING_TIMEOUT_MS,
    commandTimeout: BLOCKING_TIMEOUT_MS,
    maxRetriesPerRequest: 1,
  },
  queue: { maxRetriesPerRequest: null },
};

/**
 * Opens a connection and waits until it is ready; afterwards it reconnects for ever, logging the
 * first failure of each outage and its end.
 * @throws when Redis does not answer within 30 s
 */
export async function connectRedis(options: {
  url: string;
  role: RedisRole;
  name: string;
  log: RedisLog;
}): Promise<Redis> {
  const { url, role, name, log } = options;
  const redisOptions: Options = {
    ...ROLE_OPTIONS[role],
    lazyConnect: true,
    connectionName: `ramal:${name}`,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: 10_000,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1_000) * (0.5 + Math.random() / 2),
    // A replica that was the primary a moment ago: reconnect, so that the new primary is found, and send again.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  };
  const redis = new Redis(url, redisOptions);
  let down = false;
  redis.on('error', (error: Error) => {
    if (!down) log.warn({ error, connection: name }, 'redis connection lost');
    down = true;
  });
  redis.on('ready', () => {
    if (down) log.info({ connection: name }, 'redis connection back');
    down = false;
  });
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.disconnect();
      reject(
        new Error(
          `Redis does not answer; is REDIS_URL right and the server up? (${FIRST_CONNECT_TIMEOUT_MS / 1000} s)`,
        ),
      );
    }, FIRST_CONNECT_TIMEOUT_MS);
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  // Only the first try can fail here; the client goes on trying, and `ready` tells how that went.
  redis.connect().catch(() => undefined);
  await ready;
  return redis;
}
