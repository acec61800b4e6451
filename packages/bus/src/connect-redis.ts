import { parseRedisUrl, type RedisCluster, type RedisTarget } from '@ramal/contracts';
import { type Cluster, Redis, type RedisOptions } from 'ioredis';
import { toKeySlot } from './key-slot.ts';
import { ClusterCommands, COMMAND_TIMEOUT_MS } from './cluster-commands.ts';
import { createPrimaryConnector } from './primary-connector.ts';
import { shareTopology } from './redis-topology.ts';

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

export interface ConnectRedisOptions {
  /** In any form that `parseRedisUrl` knows. */
  url: string;
  role: RedisRole;
  name: string;
  log: RedisLog;
  /**
   * A key, or a channel, that it is all about: on a cluster it then speaks to the primary of that slot alone. There all roles but
   * `commands` need one.
   */
  key?: string;
  /** Does not wait for the first connection: for who can do its work without Redis for a while. */
  patient?: boolean;
}

const BLOCKING_TIMEOUT_MS = 5_000;
/**
 * A reply to a blocking read may be this late before the client gives it up. What was delivered with a reply that
 * was given up waits until it is reclaimed, so a busy machine must not be taken for a dead server.
 */
const BLOCKING_GRACE_MS = 2_500;
/** Without any data for this long while a reply is due, a connection is dead: nobody said so, but it is. */
const SILENCE_MS = 3_000;
const BLOCKING_SILENCE_MS = 6_000;
/** The queue library waits for up to 10 s at a time. */
const QUEUE_SILENCE_MS = 15_000;
/** How often a subscriber asks for a sign of life: it waits in silence otherwise, also on a dead connection. */
const PROBE_EVERY_MS = 1_000;
const CONNECT_TIMEOUT_MS = 3_000;
const FIRST_CONNECT_TIMEOUT_MS = 30_000;
/**
 * How often one that loads its data is asked whether it is done. It says itself how long it will take, and the client believes it:
 * after a second, of a tenth of the data, that may be ten times as long as it takes.
 */
const LOADING_EVERY_MS = 200;
/** How often a cluster's slots are looked up: a node that is frozen never says that it has none any more. */
const SLOTS_EVERY_MS = 2_000;

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
  queue: { socketTimeout: QUEUE_SILENCE_MS, maxRetriesPerRequest: null },
};

const toRetryMs = (times: number) => Math.min(50 * 2 ** Math.min(times, 4), 600) * (0.5 + Math.random() / 2);

/**
 * Errors of a server that is not, or not yet, the one to ask: a replica that was the primary a moment ago, one that loads its
 * data, one that has given the slot away. Connecting anew finds the right one, and the command is sent again.
 */
const ELSEWHERE = /^(READONLY|LOADING|MASTERDOWN|MOVED|CLUSTERDOWN)\b/;

/**
 * Opens a connection and waits until it is ready; afterwards it reconnects for ever, logging the first failure of each outage
 * and its end. With Sentinels, and on a cluster with a `key`, it follows the primary. On a cluster without a `key` it stands
 * for connections to all primaries: each command goes where its keys are, and one without keys to any of them.
 * @throws when Redis does not answer within 30 s, unless `patient`
 * @throws RedisUrlInvalidError
 */
export async function connectRedis(options: ConnectRedisOptions): Promise<Redis> {
  const { url, role, name, log, key, patient = false } = options;
  const redis = createRedis(url, parseRedisUrl(url), role, name, key);
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

/** Does what it is told by address, role and key, and opens nothing. */
function createRedis(
  url: string,
  target: RedisTarget,
  role: RedisRole,
  name: string,
  key: string | undefined,
): Redis {
  const options: Options = {
    ...ROLE_OPTIONS[role],
    lazyConnect: true,
    connectionName: `ramal:${name}`,
    // Redis 7.0 does not know the command, and so no user is given the right to it.
    disableClientInfo: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxLoadingRetryTime: LOADING_EVERY_MS,
    keepAlive: 10_000,
    retryStrategy: toRetryMs,
    reconnectOnError: (error) => (ELSEWHERE.test(error.message) ? 2 : false),
  };
  if (target.kind === 'single') return new Redis(url, options);
  const login = {
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.tls ? { tls: {} } : {}),
  };
  if (target.kind === 'cluster' && key === undefined) {
    if (role !== 'commands') throw new TypeError(`on a cluster a connection for ${role} needs a key`);
    return createClusterRedis(target, { ...options, ...login });
  }
  return new Redis({
    ...options,
    ...login,
    ...(target.kind === 'sentinel' ? { db: target.db } : {}),
    Connector: createPrimaryConnector(
      shareTopology(url, target),
      key === undefined ? 0 : toKeySlot(key),
      target.tls,
    ),
  });
}

function createClusterRedis(target: RedisCluster, options: Options): Redis {
  // To a node that is gone nobody reconnects: the slots are looked up instead. Redirections are followed by the library.
  const { retryStrategy: _, reconnectOnError: __, enableOfflineQueue: ___, ...redisOptions } = options;
  const cluster = new ClusterCommands([...target.nodes], {
    lazyConnect: true,
    clusterRetryStrategy: toRetryMs,
    slotsRefreshInterval: SLOTS_EVERY_MS,
    // Names are left to whoever connects, so that certificates are held against them.
    dnsLookup: (host, callback) => callback(null, host),
    natMap: (address) => target.nat.get(address) ?? null,
    redisOptions,
  });
  // It answers to all the commands, events and states that are used here, which its type does not say.
  return cluster as unknown as Redis;
}

/** On one server the connection itself, on a cluster one to each primary. */
export function toPrimaries(redis: Redis): Redis[] {
  return redis.isCluster ? (redis as unknown as Cluster).nodes('master') : [redis];
}

function probe(redis: Redis): void {
  const timer = setInterval(() => {
    if (redis.status === 'ready') redis.ping().catch(() => undefined);
  }, PROBE_EVERY_MS);
  redis.once('end', () => clearInterval(timer));
}
