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
/**
 * A reply to a blocking read may be this late before the client gives it up. What was delivered with a reply that
 * was given up waits until it is reclaimed, so a busy machine must not be taken for a dead server.
 */
const BLOCKING_GRACE_MS = 2_500;
/** Without any data for this long while a reply is due, a connection is dead: nobody said so, but it is. */
const SILENCE_MS = 3_000;
const BLOCKING_SILENCE_MS = 6_000;
/** How often a subscriber asks for a sign of life: it waits in silence otherwise, also on a dead connection. */
const PROBE_EVERY_MS = 1_000;
const CONNECT_TIMEOUT_MS = 3_000;
const FIRST_CONNECT_TIMEOUT_MS = 30_000;

type Options = Omit<RedisOptions, 'replyMapping'>;

const ROLE_OPTIONS: Record<RedisRole, Options> = {
  commands: {
    enableOfflineQueue: false,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    maxRetriesPerRequest: 1,
  },
  subscriber: { socketTimeout: SILENCE_MS, maxRetriesPerRequest: null },
  blocking: {
    blockingTimeout: BLOCKING_TIMEOUT_MS,
    blockingTimeoutGrace: BLOCKING_GRACE_MS,
    commandTimeout: BLOCKING_TIMEOUT_MS,
    socketTimeout: BLOCKING_SILENCE_MS,
    maxRetriesPerRequest: 1,
  },
  queue: { maxRetriesPerRequest: null },
};

/**
 * Opens a connection and waits until it is ready; afterwards it reconnects for ever, logging the
 * first failure of each outage and its end.
 * @param options.patient does not wait: for who can do its work without Redis for a while
 * @throws when Redis does not answer within 30 s, unless `patient`
 */
export async function connectRedis(options: {
  url: string;
  role: RedisRole;
  name: string;
  log: RedisLog;
  patient?: boolean;
}): Promise<Redis> {
  const { url, role, name, log, patient = false } = options;
  const redisOptions: Options = {
    ...ROLE_OPTIONS[role],
    lazyConnect: true,
    connectionName: `ramal:${name}`,
    // Redis 7.0 does not know the command, and so no user is given the right to it.
    disableClientInfo: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: 10_000,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 5), 1_000) * (0.5 + Math.random() / 2),
    // A replica that was the primary a moment ago: reconnect, so that the new primary is found, and send again.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
  };
  const redis = new Redis(url, redisOptions);
  let down = false;
  const lost = (fields: object) => {
    if (!down) log.warn({ ...fields, connection: name }, 'redis connection lost');
    down = true;
  };
  redis.on('error', (error: Error) => lost({ error }));
  // A server that goes in order closes without an error.
  redis.on('reconnecting', () => lost({}));
  redis.on('ready', () => {
    if (down) log.info({ connection: name }, 'redis connection back');
    down = false;
  });
  const ready = patient
    ? Promise.resolve()
    : new Promise<void>((resolve, reject) => {
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
  if (role === 'subscriber') probe(redis);
  return redis;
}

function probe(redis: Redis): void {
  const timer = setInterval(() => {
    if (redis.status === 'ready') redis.ping().catch(() => undefined);
  }, PROBE_EVERY_MS);
  redis.once('end', () => clearInterval(timer));
}
