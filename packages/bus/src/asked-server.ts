import type { RedisAddress, RedisCluster, RedisSentinel } from '@ramal/contracts';
import { Redis } from 'ioredis';
import type { TopologyView } from './redis-topology.ts';

/** A Sentinel or a node of a cluster that is asked who holds the data, over a connection that is kept. */
export interface AskedServer {
  /** @throws when it does not answer within a second, or does not know the primary */
  askSentinel(name: string): Promise<TopologyView>;
  /** @throws when it does not answer within a second, or its cluster is down as far as it can tell */
  askNode(): Promise<TopologyView>;
  close(): void;
}

const TIMEOUT_MS = 1_000;

export function createAskedServer(target: RedisSentinel | RedisCluster, address: RedisAddress): AskedServer {
  let redis: Redis | null = null;
  const connection = async (): Promise<Redis> => {
    if (redis !== null && redis.status !== 'end') return redis;
    redis = new Redis({
      ...address,
      ...toLogin(target),
      lazyConnect: true,
      // Their answers as lists, whatever the server can do.
      protocol: 2,
      connectionName: 'ramal:topology',
      disableClientInfo: true,
      enableReadyCheck: false,
      connectTimeout: TIMEOUT_MS,
      commandTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      disconnectTimeout: TIMEOUT_MS,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
    });
    redis.on('error', () => undefined); // the question that fails tells
    return redis;
  };
  return {
    async askSentinel(name) {
      const fields = toFields((await (await connection()).call('SENTINEL', 'MASTER', name)) as string[]);
      const primary = toAddress(fields.get('ip'), fields.get('port'), address);
      return { epoch: Number(fields.get('config-epoch')), primaryOf: () => primary, servers: [primary] };
    },
    async askNode() {
      const asked = await connection();
      const [info, ranges] = await Promise.all([
        asked.call('CLUSTER', 'INFO') as Promise<string>,
        asked.call('CLUSTER', 'SLOTS') as Promise<unknown[][]>,
      ]);
      const facts = toFacts(info);
      if (facts.get('cluster_state') !== 'ok') throw new Error('CLUSTERDOWN as far as a node can tell');
      return toClusterView(Number(facts.get('cluster_current_epoch')), ranges, address);
    },
    close() {
      redis?.disconnect();
      redis = null;
    },
  };
}

function toLogin(target: RedisSentinel | RedisCluster) {
  const isCluster = target.kind === 'cluster';
  const username = isCluster ? target.username : target.sentinelUsername;
  const password = isCluster ? target.password : target.sentinelPassword;
  const tls = isCluster ? target.tls : target.sentinelTls;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
  };
}

/** @param ranges of CLUSTER SLOTS: first and last slot, then the primary and its replicas, each with host and port */
function toClusterView(epoch: number, ranges: readonly unknown[][], asked: RedisAddress): TopologyView {
  const shards = ranges.map(([first, last, ...servers]) => ({
    first: Number(first),
    last: Number(last),
    servers: servers.map((server) => {
      const [host, port] = server as [string | null, number];
      return toAddress(host, port, asked);
    }),
  }));
  const primaries = shards.flatMap(({ servers }) => servers.slice(0, 1));
  return {
    epoch,
    primaryOf: (slot) => shards.find(({ first, last }) => first <= slot && slot <= last)?.servers[0],
    servers: [...primaries, ...shards.flatMap(({ servers }) => servers.slice(1))],
  };
}

/** A server that does not know its own host is where it was asked. */
function toAddress(host: unknown, port: unknown, asked: RedisAddress): RedisAddress {
  return { host: typeof host === 'string' && host !== '' ? host : asked.host, port: Number(port) };
}

function toFields(flat: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) fields.set(flat[i] ?? '', flat[i + 1] ?? '');
  return fields;
}

/** Lines of `name:value`. */
function toFacts(info: string): Map<string, string> {
  return new Map(info.split('\r\n').map((line) => line.split(':', 2) as [string, string]));
}
