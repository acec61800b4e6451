import { createNames, DIAL_QUEUE, type RoleService } from '@ramal/contracts';

/** What a service's user may do in Redis: these commands, with keys and channels of these patterns. */
export interface RedisRights {
  commands: readonly string[];
  /** Glob patterns. */
  keys: readonly string[];
  channels: readonly string[];
}

/** What every connection asks for when it opens, and a sign of life; INFO tells when a server that starts is ready. */
const CONNECT = [
  ...['hello', 'client|setname', 'select', 'info', 'ping', 'quit', 'time'],
  // Of a cluster: who has which slot, and where a slot goes that is on its way.
  ...['cluster|slots', 'cluster|info', 'readonly', 'readwrite', 'asking'],
];
/** A script is a command like any other, and each command in it is judged by itself. */
const SCRIPTS = ['evalsha', 'eval', 'multi', 'exec', 'discard', 'script|load', 'script|exists'];

/** view.lua and commit.lua, which every service runs. */
const CALLS = [
  ...['del', 'exists', 'get', 'set', 'pexpire'],
  ...['hdel', 'hget', 'hgetall', 'hincrby', 'hlen', 'hmget', 'hset', 'hsetnx'],
  ...['zadd', 'zincrby', 'zrem', 'zremrangebyrank', 'zrevrange', 'zscore'],
  ...['xadd', 'spublish'],
];

/** The queue library's, to add a job. */
const QUEUE_ADD = [
  ...['del', 'exists', 'get', 'hget', 'hmget', 'hmset', 'hset', 'incr', 'llen', 'lrange', 'persist', 'pttl'],
  ...['sadd', 'scard', 'set', 'xadd', 'xtrim', 'zadd', 'zrange', 'zrem', 'zrevrangebyscore', 'zscore'],
];

/** The queue library's, to work on jobs and to count those that wait. */
const QUEUE_WORK = [
  ...QUEUE_ADD,
  ...['bzpopmin', 'hdel', 'hexists', 'hgetall', 'hincrby', 'lindex', 'lpush', 'lrem', 'ltrim', 'pexpire'],
  // The last to take up what a worker that died had in hand.
  'rpush',
  ...['rpop', 'rpoplpush', 'smembers', 'srem', 'zcard', 'zcount', 'zpopmin', 'zrangebyscore'],
  ...['zremrangebyrank', 'zremrangebyscore'],
];

/** A gateway's: leases, sockets, inboxes and what is due. */
const GATEWAY = [
  ...['hkeys', 'hvals', 'hsetnx', 'xrange', 'zrange', 'zrangebyscore', 'zremrangebyscore'],
  ...['ssubscribe', 'sunsubscribe', 'expire'],
];

/**
 * Kinds of keys, as `names.ts` spells them: a commit touches any of these. `agent` is a channel, which scripts are given as a
 * key, for its slot.
 */
const CALL_KINDS = [
  ...['call', 'line', 'ramal', 'external', 'intent', 'recent', 'inbox', 'inboxmeta', 'popups'],
  ...['presence', 'focus', 'claims', 'dedupe', 'events', 'due', 'open', 'gateways', 'agent'],
];

/** One key a partition, where the others are of a tenant. */
const PARTITION_KINDS = new Set(['events', 'due', 'open', 'gateways', 'down', 'mark']);

/** Patterns of kinds of keys; the tests hold them against what `names.ts` makes. */
function toPatterns(...kinds: readonly string[]): string[] {
  return kinds.map((kind) => `ramal:{p*}:${kind}${PARTITION_KINDS.has(kind) ? '' : ':*'}`);
}

const queueKeys = [`${DIAL_QUEUE.prefix}:*`];
const agents = toPatterns('agent');

/**
 * The rights of each service's user, and no more (threat 12). This is the only place that says so: the ACL file and the
 * tests are made of it. What a new command or a new kind of key needs is added here.
 */
export const REDIS_RIGHTS: Readonly<Record<RoleService, RedisRights>> = {
  'ws-gateway': {
    commands: [...CONNECT, ...SCRIPTS, ...CALLS, ...GATEWAY, ...QUEUE_ADD],
    keys: [...toPatterns(...CALL_KINDS, 'rate', 'cti', 'down'), ...queueKeys],
    channels: [...agents, ...toPatterns('probe'), createNames().gatewayProbe('ID').replace('ID', '*')],
  },
  dialer: {
    commands: [...CONNECT, ...SCRIPTS, ...CALLS, ...QUEUE_WORK, 'wait'],
    keys: [...toPatterns(...CALL_KINDS, 'cti', 'down', 'mark'), ...queueKeys],
    channels: agents,
  },
  webhook: {
    commands: [...CONNECT, ...SCRIPTS, ...CALLS],
    keys: toPatterns(...CALL_KINDS, 'webhookid'),
    channels: agents,
  },
  // It alone reads, acknowledges and trims the streams of events.
  history: {
    commands: [
      ...[...CONNECT, ...SCRIPTS, ...CALLS],
      ...['xreadgroup', 'xautoclaim', 'xack', 'xpending', 'xtrim', 'xinfo|groups', 'xinfo|stream'],
      ...['xinfo|consumers', 'xgroup|create', 'xgroup|delconsumer', 'zrangebyscore'],
    ],
    keys: toPatterns(...CALL_KINDS),
    channels: agents,
  },
  api: {
    commands: [
      ...[...CONNECT, ...SCRIPTS, ...CALLS, ...QUEUE_ADD, 'hvals', 'xrange', 'zrangebyscore', 'expire'],
      // To erase a person from what is alive.
      ...['scan', 'xdel', 'xpending', 'xinfo|groups'],
    ],
    keys: [...toPatterns(...CALL_KINDS, 'rate', 'cti'), ...queueKeys],
    channels: agents,
  },
};

/** The rules of a user, as ACL SETUSER and an ACL file take them; the password is given beside them. */
export function toAclRules({ commands, keys, channels }: RedisRights): string[] {
  return [
    'resetkeys',
    'resetchannels',
    '-@all',
    ...keys.map((pattern) => `~${pattern}`),
    ...channels.map((pattern) => `&${pattern}`),
    ...[...new Set(commands)].sort().map((command) => `+${command}`),
  ];
}
