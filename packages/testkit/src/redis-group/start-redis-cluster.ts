import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../servers/find-free-port.ts';
import { sleepUntil } from '../sleep-until.ts';
import { toFacts } from './ask-redis.ts';
import { type RedisNode, startRedisNode } from './redis-node.ts';

/** A cluster of three primaries, and as many replicas of the first ones as asked for. */
export interface RedisClusterServers {
  /** `redis+cluster://…` */
  readonly url: string;
  readonly nodes: readonly RedisNode[];
  /** The primary of the slot that a key lies in, as those that live see it. */
  primaryOf(key: string): Promise<RedisNode>;
  /** Resolves when a key's slot has another primary than `old`, and it takes writes. */
  waitForFailover(key: string, old: RedisNode): Promise<RedisNode>;
  /** Moves a key's slot, with all that lies in it, to the next primary, a key at a time. @returns which */
  moveSlot(key: string): Promise<RedisNode>;
  /** Kills all of them and removes their data. */
  stop(): Promise<void>;
}

const PRIMARIES = 3;
const SLOTS = 16_384;
/** After so long without an answer a node counts as failed; a busy machine is no dead one. */
const NODE_TIMEOUT_MS = 2_500;

/** @param options.replicas 0 (default) to 3; primary i has one if there are more than i */
export async function startRedisCluster(options: { replicas?: number } = {}): Promise<RedisClusterServers> {
  const folder = await mkdtemp(join(tmpdir(), 'ramal-cluster-'));
  const started: RedisNode[] = [];
  const stop = async () => {
    await Promise.all(started.map((node) => node.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  const busPorts = new Map<RedisNode, number>();
  const startOne = async (i: number) => {
    const busPort = await findFreePort();
    const node = await startRedisNode({
      dataDir: join(folder, `node-${i}`),
      args: [
        ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
        ...['--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--cluster-replica-validity-factor', '0'],
      ],
    });
    started.push(node);
    busPorts.set(node, busPort);
    return node;
  };
  try {
    const count = PRIMARIES + (options.replicas ?? 0);
    const nodes = await Promise.all(Array.from({ length: count }, (_, i) => startOne(i)));
    await joinNodes(nodes, busPorts);
    return toServers(nodes, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Makes one cluster of them: the first three share the slots, the others follow them. */
async function joinNodes(
  nodes: readonly RedisNode[],
  busPorts: ReadonlyMap<RedisNode, number>,
): Promise<void> {
  const primaries = nodes.slice(0, PRIMARIES);
  await Promise.all(nodes.map((node, i) => node.ask('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)));
  await Promise.all(
    primaries.map((node, i) => {
      const from = Math.ceil((SLOTS * i) / PRIMARIES);
      const to = Math.ceil((SLOTS * (i + 1)) / PRIMARIES) - 1;
      return node.ask('CLUSTER', 'ADDSLOTSRANGE', from, to);
    }),
  );
  // Each meets each: hearsay takes seconds.
  await Promise.all(
    nodes.map(async (node, i) => {
      for (const other of nodes.slice(0, i)) {
        await node.ask('CLUSTER', 'MEET', '127.0.0.1', other.port, busPorts.get(other) ?? 0);
      }
    }),
  );
  const know = async (node: RedisNode) =>
    toFacts(await node.ask('CLUSTER', 'INFO')).get('cluster_known_nodes') === String(nodes.length);
  const all = async (is: (node: RedisNode) => Promise<boolean>) =>
    (await Promise.all(nodes.map(is))).every((one) => one);
  await sleepUntil(() => all(know), { timeoutMs: 30_000, describe: 'the nodes of the cluster to meet' });
  await Promise.all(
    nodes.slice(PRIMARIES).map(async (replica, i) => {
      const id = String(await primaries[i]?.ask('CLUSTER', 'MYID'));
      await sleepUntil(() => replica.ask('CLUSTER', 'REPLICATE', id), { timeoutMs: 10_000 });
    }),
  );
  const isWell = async (node: RedisNode) =>
    toFacts(await node.ask('CLUSTER', 'INFO')).get('cluster_state') === 'ok' &&
    nodes.length === (await listServers(node)).length;
  await sleepUntil(() => all(isWell), { timeoutMs: 30_000, describe: 'the cluster to be well' });
  const follows = async (node: RedisNode) =>
    toFacts(await node.ask('INFO', 'replication')).get('master_link_status') !== 'down';
  await sleepUntil(() => all(follows), { timeoutMs: 30_000, describe: 'the replicas to follow' });
}

type Range = [number, number, ...(readonly [string, number, string])[]];

async function listServers(node: RedisNode): Promise<number[]> {
  const ranges = (await node.ask('CLUSTER', 'SLOTS')) as Range[];
  return ranges.flatMap(([, , ...servers]) => servers.map(([, port]) => port));
}

function toServers(nodes: readonly RedisNode[], stop: () => Promise<void>): RedisClusterServers {
  /** What each of those that live says. */
  const askAll = async <T>(ask: (node: RedisNode) => Promise<T>): Promise<T[]> => {
    const answers = await Promise.allSettled(nodes.map(ask));
    return answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  };
  const slotOf = async (key: string) =>
    Number((await askAll((node) => node.ask('CLUSTER', 'KEYSLOT', key)))[0]);
  const primaryOf = async (key: string): Promise<RedisNode> => {
    const slot = await slotOf(key);
    const ports = await askAll(async (node) => {
      const ranges = (await node.ask('CLUSTER', 'SLOTS')) as Range[];
      return ranges.find(([first, last]) => first <= slot && slot <= last)?.[2]?.[1];
    });
    const most = ports.find((port) => ports.filter((other) => other === port).length * 2 > ports.length);
    const node = nodes.find((one) => one.port === most);
    if (node === undefined) throw new Error(`the nodes do not agree on the primary of slot ${slot}`);
    return node;
  };
  const isWell = async (node: RedisNode) =>
    toFacts(await node.ask('CLUSTER', 'INFO')).get('cluster_state') === 'ok' &&
    toFacts(await node.ask('INFO', 'replication')).get('role') === 'master';
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodes,
    primaryOf,
    waitForFailover: (key, old) =>
      sleepUntil(
        async () => {
          const now = await primaryOf(key);
          return now !== old && (await isWell(now)) ? now : undefined;
        },
        { timeoutMs: 30_000, everyMs: 20, describe: `another primary for ${key}` },
      ),
    async moveSlot(key) {
      const [slot, from] = [await slotOf(key), await primaryOf(key)];
      const primaries = await Promise.all(
        nodes.map(async (node) => ((await isWell(node).catch(() => false)) ? [node] : [])),
      );
      const others = primaries.flat().filter((node) => node !== from);
      const [to] = others;
      if (to === undefined) throw new Error('no other primary to move a slot to');
      const [fromId, toId] = [
        String(await from.ask('CLUSTER', 'MYID')),
        String(await to.ask('CLUSTER', 'MYID')),
      ];
      await to.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
      await from.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
      for (;;) {
        const keys = (await from.ask('CLUSTER', 'GETKEYSINSLOT', slot, 20)) as string[];
        if (keys.length === 0) break;
        await from.ask('MIGRATE', '127.0.0.1', to.port, '', 0, 5_000, 'KEYS', ...keys);
      }
      // Told to who gets it first: nobody must think that nobody has it.
      for (const node of [to, from, ...others.slice(1)])
        await node.ask('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
      return to;
    },
    stop,
  };
}
