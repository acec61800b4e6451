import { type RedisAddress, type RedisCluster, type RedisSentinel, toHostPort } from '@ramal/contracts';
import { type AskedServer, createAskedServer } from './asked-server.ts';

/** Who holds the data at one moment. */
export interface TopologyView {
  /** Of two views the one with the greater epoch is the newer one. */
  readonly epoch: number;
  /** The primary of a slot; of Sentinels' one primary, whatever the slot. Undefined for a slot that nobody serves. */
  primaryOf(slot: number): RedisAddress | undefined;
  /** All that hold data, primaries first. */
  readonly servers: readonly RedisAddress[];
}

/** What Sentinels, or the nodes of a cluster, say about who holds the data. */
export interface RedisTopology {
  /** Asks now. @throws RedisTopologyUnknownError when nobody answers, or nobody knows */
  look(): Promise<TopologyView>;
  /** Looks twice a second for as long as somebody watches; what fails is not told. @returns how to end it */
  watch(listener: (view: TopologyView) => void): () => void;
}

/** Neither Sentinels nor nodes say who holds the data; it may be chosen just now. */
class RedisTopologyUnknownError extends Error {
  readonly code = 'redis_topology_unknown';
  override readonly name = 'RedisTopologyUnknownError';
}

const LOOK_EVERY_MS = 500;
/** After the first answer, how long others may take that perhaps know better. */
const OTHERS_MS = 100;
/** How many of a cluster's nodes are asked at a time. */
const MOST_ASKED = 5;

/** One view for all connections of this process to the same servers. */
const shared = new Map<string, RedisTopology>();

/** @param key the same for the same target */
export function shareTopology(key: string, target: RedisSentinel | RedisCluster): RedisTopology {
  const known = shared.get(key);
  if (known !== undefined) return known;
  const topology = createTopology(target);
  shared.set(key, topology);
  return topology;
}

function createTopology(target: RedisSentinel | RedisCluster): RedisTopology {
  const given = target.kind === 'sentinel' ? target.sentinels : target.nodes;
  const asked = new Map<string, AskedServer>();
  const listeners = new Set<(view: TopologyView) => void>();
  /** Nodes of the cluster as last seen: those that were given may have left it. */
  let seen: readonly RedisAddress[] = [];
  let looking: Promise<TopologyView> | null = null;
  let timer: NodeJS.Timeout | undefined;

  const askOne = async (address: RedisAddress): Promise<TopologyView> => {
    const key = toHostPort(address);
    const server = asked.get(key) ?? createAskedServer(target, address);
    asked.set(key, server);
    const view = target.kind === 'sentinel' ? await server.askSentinel(target.name) : await server.askNode();
    return withNat(view, target.nat);
  };
  const closeAll = () => {
    for (const server of asked.values()) server.close();
    asked.clear();
  };
  const lookOnce = async (): Promise<TopologyView> => {
    const addresses = new Map([...given, ...seen].map((address) => [toHostPort(address), address]));
    const some = [...addresses.values()].slice(0, Math.max(given.length, MOST_ASKED));
    const view = await newest(some.map(askOne));
    if (target.kind === 'cluster') seen = view.servers;
    return view;
  };
  const look = () => {
    looking ??= lookOnce().finally(() => {
      looking = null;
      if (listeners.size === 0) closeAll();
    });
    return looking;
  };
  const tick = () => {
    look().then(
      (view) => {
        for (const listener of listeners) listener(view);
      },
      // Whoever needs to know asks, and is told.
      () => undefined,
    );
  };
  return {
    look,
    watch(listener) {
      listeners.add(listener);
      timer ??= setInterval(tick, LOOK_EVERY_MS).unref();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
        if (looking === null) closeAll();
      };
    },
  };
}

/** The newest of the views that come within a moment of the first one: whoever is cut off from the others knows less. */
async function newest(answers: readonly Promise<TopologyView>[]): Promise<TopologyView> {
  const views: TopologyView[] = [];
  const all = Promise.allSettled(answers.map((answer) => answer.then((view) => views.push(view))));
  try {
    await Promise.any(answers);
  } catch (error) {
    const [why] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
    throw new RedisTopologyUnknownError(`nobody says who holds the data: ${toText(why)}`, { cause: why });
  }
  let moment: NodeJS.Timeout | undefined;
  const others = new Promise<void>((resolve) => {
    moment = setTimeout(resolve, OTHERS_MS);
  });
  await Promise.race([all, others]);
  clearTimeout(moment);
  const [newestView] = views.toSorted((a, b) => b.epoch - a.epoch);
  if (newestView === undefined) throw new RedisTopologyUnknownError('nobody says who holds the data');
  return newestView;
}

function withNat(view: TopologyView, nat: ReadonlyMap<string, RedisAddress>): TopologyView {
  if (nat.size === 0) return view;
  const toHere = (address: RedisAddress) => nat.get(toHostPort(address)) ?? address;
  return {
    epoch: view.epoch,
    servers: view.servers.map(toHere),
    primaryOf: (slot) => {
      const primary = view.primaryOf(slot);
      return primary === undefined ? undefined : toHere(primary);
    },
  };
}

function toText(why: unknown): string {
  return why instanceof Error ? why.message : String(why);
}
