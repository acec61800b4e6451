import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleepUntil } from '../sleep-until.ts';
import { toFacts, toFields } from './ask-redis.ts';
import { type RedisNode, startRedisNode } from './redis-node.ts';

/** A primary, replicas, and three Sentinels that choose among them. */
export interface SentinelRedis {
  /** `redis+sentinel://…`, for those who follow the primary. */
  readonly url: string;
  /** All that hold data, whichever is the primary. */
  readonly nodes: readonly RedisNode[];
  readonly sentinels: readonly RedisNode[];
  /** The primary as most Sentinels know it. */
  primary(): Promise<RedisNode>;
  /** Those that are not. */
  replicas(): Promise<RedisNode[]>;
  /** After how long without an answer a primary is given up, from now on; 30 s until it is said. */
  setDownAfter(ms: number): Promise<void>;
  /** Has another one made primary, as an operator would; resolves when it is and takes writes. */
  failOver(): Promise<RedisNode>;
  /** Resolves when the primary is another one than `old`, and takes writes. */
  waitForFailover(old: RedisNode): Promise<RedisNode>;
  /** Resolves when so many replicas follow the primary. */
  waitForReplicas(count: number): Promise<void>;
  /** Kills all of them and removes their data. */
  stop(): Promise<void>;
}

const NAME = 'ramal';
const SENTINELS = 3;
const FAILOVER_TIMEOUT_MS = 20_000;

/** @param options.replicas default 1 */
export async function startSentinelRedis(options: { replicas?: number } = {}): Promise<SentinelRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'ramal-sentinel-'));
  const started: RedisNode[] = [];
  const stop = async () => {
    await Promise.all(started.map((node) => node.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  const start = async (...args: Parameters<typeof startRedisNode>) => {
    const node = await startRedisNode(...args);
    started.push(node);
    return node;
  };
  try {
    const first = await start({ dataDir: join(folder, 'node-0') });
    const replicas = await Promise.all(
      Array.from({ length: options.replicas ?? 1 }, (_, i) =>
        start({
          dataDir: join(folder, `node-${i + 1}`),
          args: ['--replicaof', '127.0.0.1', String(first.port)],
        }),
      ),
    );
    const sentinels = await Promise.all(
      Array.from({ length: SENTINELS }, (_, i) => {
        const dataDir = join(folder, `sentinel-${i}`);
        return start({ dataDir, sentinelFile: (port) => writeSentinelFile(dataDir, port, first.port) });
      }),
    );
    const group = toGroup([first, ...replicas], sentinels, stop);
    await group.waitForReplicas(replicas.length);
    await sleepUntil(() => knowEachOther(sentinels, replicas.length), {
      timeoutMs: 30_000,
      describe: 'the Sentinels to know one another and the replicas',
    });
    return group;
  } catch (error) {
    await stop();
    throw error;
  }
}

function toGroup(
  nodes: readonly RedisNode[],
  sentinels: readonly RedisNode[],
  stop: () => Promise<void>,
): SentinelRedis {
  const primaryPort = async (): Promise<number> => {
    const answers = await Promise.allSettled(
      sentinels.map((one) => one.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)),
    );
    const ports = answers.flatMap((one) =>
      one.status === 'fulfilled' ? [Number((one.value as string[])[1])] : [],
    );
    const most = ports.find((port) => ports.filter((other) => other === port).length * 2 > sentinels.length);
    if (most === undefined) throw new Error('the Sentinels do not agree on a primary');
    return most;
  };
  const primary = async () => {
    const port = await primaryPort();
    const node = nodes.find((one) => one.port === port);
    if (node === undefined) throw new Error(`no node on port ${port}`);
    return node;
  };
  const waitForFailover = (old: RedisNode) =>
    sleepUntil(
      async () => {
        const now = await primary();
        if (now === old) return undefined;
        return toFacts(await now.ask('INFO', 'replication')).get('role') === 'master' ? now : undefined;
      },
      { timeoutMs: FAILOVER_TIMEOUT_MS, everyMs: 20, describe: 'another primary' },
    );
  return {
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`,
    nodes,
    sentinels,
    primary,
    replicas: async () => {
      const now = await primary();
      return nodes.filter((node) => node !== now);
    },
    async setDownAfter(ms) {
      await Promise.all(
        sentinels.map((one) => one.ask('SENTINEL', 'SET', NAME, 'down-after-milliseconds', ms)),
      );
    },
    async failOver() {
      const old = await primary();
      // Refused while the last failover is a moment ago.
      await sleepUntil(() => sentinels[0]?.ask('SENTINEL', 'FAILOVER', NAME), {
        timeoutMs: FAILOVER_TIMEOUT_MS,
      });
      return waitForFailover(old);
    },
    waitForFailover,
    async waitForReplicas(count) {
      await sleepUntil(
        async () => {
          const info = String(await (await primary()).ask('INFO', 'replication'));
          return info.split('\r\n').filter((line) => /^slave\d+:.*state=online/.test(line)).length >= count;
        },
        { timeoutMs: 30_000, describe: `${count} replicas that follow the primary` },
      );
    },
    stop,
  };
}

async function writeSentinelFile(dataDir: string, port: number, primaryPort: number): Promise<string> {
  const file = join(dataDir, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dataDir}`,
    'loglevel warning',
    `sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} 2`,
    // A busy machine is no dead one: a test that kills says how soon that counts.
    `sentinel down-after-milliseconds ${NAME} 30000`,
    `sentinel failover-timeout ${NAME} 4000`,
    `sentinel parallel-syncs ${NAME} 2`,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

async function knowEachOther(sentinels: readonly RedisNode[], replicas: number): Promise<boolean> {
  const known = await Promise.all(
    sentinels.map(async (one) => toFields(await one.ask('SENTINEL', 'MASTER', NAME))),
  );
  return known.every(
    (fields) =>
      Number(fields.get('num-other-sentinels')) === SENTINELS - 1 &&
      Number(fields.get('num-slaves')) === replicas,
  );
}
