import type { RegisteredSocket, SocketRegistry } from '@ramal/bus';
import type { AgentIdentity } from '@ramal/contracts';
import type { Events } from './events.ts';

/** How an agent's socket presents itself. */
export interface SocketManners {
  /** The name of its tab, where it has one. */
  tab?: string | undefined;
  /** False for a tab in the background. */
  focused?: boolean | undefined;
}

/** Keeps what is written down of this gateway's sockets true, also after Redis was away or lost it all (R44). */
export interface PresenceKeeper {
  /** @throws when Redis is away; nobody is there then */
  join(agent: AgentIdentity, manners: SocketManners): Promise<RegisteredSocket>;
  /** A person looks at this socket now. @throws when Redis is away */
  focus(socket: RegisteredSocket): Promise<void>;
  /** @throws when Redis is away; the agent still counts as logged in then */
  logOut(socket: RegisteredSocket): Promise<void>;
  /** The socket is closed; told as soon as Redis can be told. */
  leave(socket: RegisteredSocket): void;
  /** Redis was away: writes all sockets down anew. */
  restore(): void;
  /** Once all sockets are closed. */
  stop(): Promise<void>;
}

/** Three of these may fail before a lease runs out. */
const BEAT_MS = 10_000;
/** Every socket is written down anew once in so many beats: in 5 minutes, far sooner than it is forgotten. */
const BEATS_A_ROUND = 30;
/** So many at once that they take little time, and so few that other commands get their turn. */
const BATCH = 200;

/** @throws when Redis is away: without a lease nobody would count as logged in here */
export async function startPresenceKeeper(options: {
  registry: SocketRegistry;
  events: Events;
  /** How often leases are renewed, ms. */
  beatMs?: number;
}): Promise<PresenceKeeper> {
  const { registry, events, beatMs = BEAT_MS } = options;
  const sockets = new Set<RegisteredSocket>();
  /** To be written down anew. */
  const due = new Set<RegisteredSocket>();
  /** Closed, and Redis may not know it yet. */
  const left = new Set<RegisteredSocket>();
  let knownDead = new Set<string>();
  let turn = sockets.values();
  let running: Promise<void> | null = null;
  let again = false;

  const putAllDue = () => {
    for (const socket of sockets) due.add(socket);
  };
  const putNextDue = () => {
    for (let i = Math.ceil(sockets.size / BEATS_A_ROUND); i > 0; i--) {
      const next = turn.next();
      if (next.done === true) {
        turn = sockets.values();
        return;
      }
      due.add(next.value);
    }
  };

  const tellLeft = async (socket: RegisteredSocket) => {
    await registry.break(socket);
    left.delete(socket);
  };
  const renew = async (socket: RegisteredSocket) => {
    due.delete(socket);
    if (!sockets.has(socket)) return;
    await registry.renew(socket).catch((error: unknown) => {
      due.add(socket);
      throw error;
    });
  };

  const beat = async () => {
    const { lost, dead } = await registry.renewLeases();
    // A pop-up may have been claimed on a gateway that died: each agent's next socket in line is on one that lives.
    if (lost || dead.some((gateway) => !knownDead.has(gateway))) putAllDue();
    knownDead = new Set(dead);
    putNextDue();
    await inBatches([...left], tellLeft);
    await inBatches([...due], renew);
  };

  const run = (): Promise<void> => {
    again = running !== null;
    running ??= beat()
      .catch((error: unknown) => events.backgroundFailed('presence', error))
      .finally(() => {
        running = null;
        if (again) void run();
      });
    return running;
  };

  await registry.renewLeases();
  const timer = setInterval(() => void run(), beatMs);

  const leave = async (socket: RegisteredSocket) => {
    sockets.delete(socket);
    left.add(socket);
    await tellLeft(socket).catch((error: unknown) => events.backgroundFailed('presence', error));
  };

  return {
    async join(agent, { tab, focused }) {
      const socket = registry.prepare(agent, tab ?? null);
      try {
        await registry.join(socket, focused !== false);
      } catch (error) {
        // It may have been written down all the same.
        left.add(socket);
        throw error;
      }
      sockets.add(socket);
      return socket;
    },
    focus: (socket) => registry.focus(socket),
    async logOut(socket) {
      // At once: written down anew while this is under way it would be logged in again.
      sockets.delete(socket);
      try {
        await registry.logOut(socket);
      } catch (error) {
        sockets.add(socket);
        throw error;
      }
    },
    leave: (socket) => void leave(socket),
    restore() {
      putAllDue();
      void run();
    },
    async stop() {
      clearInterval(timer);
      again = false;
      await running;
      for (const socket of sockets) left.add(socket);
      sockets.clear();
      try {
        await inBatches([...left], tellLeft);
        await registry.endLeases();
      } catch (error) {
        // The leases run out by themselves.
        events.backgroundFailed('presence', error);
      }
    },
  };
}

async function inBatches<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let i = 0; i < items.length; i += BATCH) await Promise.all(items.slice(i, i + BATCH).map(work));
}
