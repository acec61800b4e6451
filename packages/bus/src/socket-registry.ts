import type { Names } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { loadScript } from './load-script.ts';

/** One agent's socket as it is written down; the gateway that has it keeps this to write it down anew. */
export interface RegisteredSocket {
  readonly tenant: string;
  readonly user: string;
  /** Its name, unique among the sockets of all gateways. */
  readonly socket: string;
  /** The tab's own name, which it keeps when it reconnects; null for a client that does not say. */
  readonly tab: string | null;
  /** When it joined: Redis time, epoch ms. */
  sinceMs: number;
  /** When a person last looked at it: Redis time, epoch ms. */
  focusedMs: number;
}

/** What the renewal of a gateway's leases brought to light. */
interface LeaseReport {
  /** A lease of ours had not stood: what was written down under it may be gone. */
  lost: boolean;
  /** Gateways that died; each is told of for a while. */
  dead: string[];
}

/**
 * One gateway's sockets, written down for all processes: who is logged in, and which socket of an agent brings a
 * pop-up to the front. An open socket counts as long as its gateway's lease lives, so that those of a gateway that died
 * run out by themselves and only the lease costs anything while nothing happens.
 *
 * Each pop-up that stands is claimed by one socket as long as one is connected. It goes to the one that was looked
 * at last and stays there, until that one goes or its tab comes back on another socket.
 */
export interface SocketRegistry {
  readonly gateway: string;
  /** Renews the leases by Redis' clock: one command a partition, however many sockets there are. */
  renewLeases(): Promise<LeaseReport>;
  /** The gateway stops in order, its sockets are closed: nobody need think that it died. */
  endLeases(): Promise<void>;
  /** A name for a socket that is about to join. */
  prepare(agent: { tenant: string; user: string }, tab: string | null): RegisteredSocket;
  /**
   * The socket is its agent's from now on.
   * @param focused false for a tab in the background, which comes after all that were looked at
   */
  join(socket: RegisteredSocket, focused: boolean): Promise<void>;
  /** Writes down once more what may have been lost. */
  renew(socket: RegisteredSocket): Promise<void>;
  /** A person looks at this socket now. */
  focus(socket: RegisteredSocket): Promise<void>;
  /** It broke: for a while its agent still counts as logged in, and its claims pass on at once. */
  break(socket: RegisteredSocket): Promise<void>;
  /** Its agent is gone for good. */
  logOut(socket: RegisteredSocket): Promise<void>;
}

export interface SocketRegistryOptions {
  redis: Redis;
  names: Names;
  /** This process, told apart from all others that ever ran; without blanks. */
  gateway: string;
  /** How long the sockets of a gateway that died count on; default 45 s. */
  leaseMs?: number;
  /** How long a socket that broke counts on, for an agent who is just reconnecting; default 45 s. */
  graceMs?: number;
}

const LEASE_MS = 45_000;
const GRACE_MS = 45_000;
/** How often a gateway may fail to renew its leases in the time that the death of another one is told. */
const TOLD_FOR_LEASES = 4;
/** Whoever is connected for longer is written down anew meanwhile. */
const KEEP_MS = 30 * 60 * 1000;
/** As long as the pop-ups themselves. */
const CLAIMS_MS = 12 * 60 * 60 * 1000;

export function createSocketRegistry(options: SocketRegistryOptions): SocketRegistry {
  const { redis, names, gateway, leaseMs = LEASE_MS, graceMs = GRACE_MS } = options;
  const lease = loadScript(redis, 'lease');
  const script = loadScript(redis, 'agent-socket', 'live-sockets');
  const partitions = Array.from({ length: names.partitions }, (_, partition) => partition);
  let lastSocket = 0;

  const step = async (socket: RegisteredSocket, what: string, more: object = {}): Promise<number> => {
    const { tenant, user, tab } = socket;
    const keys = [
      names.gateways(names.partitionOf(tenant)),
      names.presence(tenant, user),
      names.focus(tenant, user),
      names.claims(tenant, user),
      names.popups(tenant, user),
      names.agentChannel(tenant, user),
    ];
    const body = {
      what,
      socket: socket.socket,
      gateway,
      ...(tab === null ? {} : { tab }),
      sinceMs: socket.sinceMs,
      focusedMs: socket.focusedMs,
      graceMs,
      keepMs: KEEP_MS,
      claimsMs: CLAIMS_MS,
      ...more,
    };
    return Number(await script(keys, [JSON.stringify(body)]));
  };

  return {
    gateway,
    async renewLeases() {
      const renewals = await Promise.all(
        partitions.map((partition) =>
          lease([names.gateways(partition)], [gateway, leaseMs, leaseMs * TOLD_FOR_LEASES]),
        ),
      );
      const reports = renewals as [number, string[]][];
      return {
        lost: reports.some(([stood]) => stood !== 1),
        dead: [...new Set(reports.flatMap(([, dead]) => dead))],
      };
    },
    async endLeases() {
      await Promise.all(partitions.map((partition) => redis.zrem(names.gateways(partition), gateway)));
    },
    prepare({ tenant, user }, tab) {
      lastSocket += 1;
      return { tenant, user, socket: `${gateway}:${lastSocket}`, tab, sinceMs: 0, focusedMs: 0 };
    },
    async join(socket, focused) {
      const nowMs = await step(socket, 'join', { focused });
      socket.sinceMs = nowMs;
      socket.focusedMs = focused ? nowMs : 1;
    },
    async renew(socket) {
      await step(socket, 'renew');
    },
    async focus(socket) {
      socket.focusedMs = await step(socket, 'focus');
    },
    async break(socket) {
      await step(socket, 'break');
    },
    async logOut(socket) {
      await step(socket, 'logout');
    },
  };
}
