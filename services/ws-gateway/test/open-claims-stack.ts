import {
  connectRedis,
  createAgentFeed,
  createAgentInbox,
  createCallBus,
  createSocketRegistry,
  readRedisIdentities,
  type RedisRole,
} from '@ramal/bus';
import { createNames, type Names, type Popup, popup, toUuidV7 } from '@ramal/contracts';
import { type RestartableServer, sleepUntil, startTestRedis } from '@ramal/testkit';
import { randomBytes, randomUUID } from 'node:crypto';
import { createAgentHub } from '../src/agent-hub.ts';
import { type ConnectionDeps, openConnection } from '../src/connection.ts';
import { startPresenceKeeper } from '../src/presence-keeper.ts';
import { createRedisLink } from '../src/redis-link.ts';
import { admitSocket } from './admit-socket.ts';
import { createFakeSocket, type FakeSocket, type Frame } from './fake-socket.ts';
import { createNotedEvents } from './noted-events.ts';
import { toVerified } from './verified-agent.ts';

type Redis = Awaited<ReturnType<typeof connectRedis>>;

/** A page of an agent: what it was told adds up to what it brings to the front. */
export interface TestPage {
  socket: FakeSocket;
  /** What the page knows itself to bring to the front, of what it was shown and was not hidden. */
  claimed(): string[];
  /** The pop-ups it has. */
  shown(): string[];
  ask(op: string, data?: object): Promise<Frame>;
  /** Asks without waiting. */
  send(op: string): void;
  /** Where it would resume. */
  resumeAt(): { epoch: string; seq: number };
  /** As when a tab is closed. */
  close(): void;
}

interface PageOptions {
  tenant?: string;
  user?: string;
  tab?: string;
  focused?: boolean;
  resume?: { epoch: string; seq: number };
}

/** One gateway process without its listener. */
export interface TestProcess {
  open(options?: PageOptions): Promise<TestPage>;
  /** As kill -9 does: its pages lose their sockets, and Redis hears nothing. */
  kill(): void;
  /** The feed's own connection. */
  subscriber: Redis;
  /** What happened, as `event` or `event what`. */
  noted(): readonly string[];
}

/** Any number of gateways on one Redis. */
export interface ClaimsStack {
  server: RestartableServer;
  names: Names;
  redis: Redis;
  startGateway(options?: { leaseMs?: number; beatMs?: number }): Promise<TestProcess>;
  /** Tells an agent of a pop-up; a new one unless given. */
  tell(
    change: 'show' | 'hide',
    options?: { tenant?: string; user?: string; popup?: Popup | undefined },
  ): Promise<Popup>;
  close(): Promise<void>;
}

export async function openClaimsStack(): Promise<ClaimsStack> {
  const server = await startTestRedis();
  const log = { info: () => undefined, warn: () => undefined };
  const connections: Redis[] = [];
  const connect = async (role: RedisRole) => {
    const connection = await connectRedis({ url: server.url, role, name: 'claims-test', log });
    connections.push(connection);
    return connection;
  };
  const names = createNames(2);
  const redis = await connect('commands');
  const bus = createCallBus(redis, names);
  const stops: (() => Promise<void>)[] = [];
  let gateways = 0;

  return {
    server,
    names,
    redis,
    async startGateway({ leaseMs, beatMs = 50 } = {}) {
      const events = createNotedEvents();
      const [commands, subscriber] = [await connect('commands'), await connect('subscriber')];
      gateways += 1;
      const registry = createSocketRegistry({
        redis: commands,
        names,
        gateway: `g${gateways}`,
        ...(leaseMs === undefined ? {} : { leaseMs }),
      });
      const presence = await startPresenceKeeper({ registry, events, beatMs });
      commands.on('ready', () => presence.restore());
      const feed = createAgentFeed(subscriber, names);
      const hub = createAgentHub(feed, events);
      const link = createRedisLink({
        feed,
        hub,
        events,
        readIdentity: () => readRedisIdentities(commands),
        identity: await readRedisIdentities(commands),
      });
      feed.onReconnected(link.reconnected);
      let killed = false;
      stops.push(async () => {
        link.stop();
        if (!killed) await presence.stop();
      });
      const deps: ConnectionDeps = {
        hub,
        link,
        inbox: createAgentInbox(commands, names, createCallBus(commands, names)),
        presence,
        requests: {
          dial: () => Promise.reject(new Error('nobody dials here')),
          cancelDial: () => Promise.reject(new Error('nobody dials here')),
          react: () => Promise.reject(new Error('nobody reacts here')),
          tenantState: async () => ({ active: true, cti: { enabled: true, state: 'ok' } }),
        },
        events,
        verify: async (token) => {
          const { tenant, user } = JSON.parse(token) as { tenant: string; user: string };
          return toVerified({ tenant, user, ramal: null }, 600_000);
        },
        requireStanding: () => undefined,
        login: () => Promise.reject(new Error('nobody speaks the legacy dialect here')),
        authTimeoutMs: 10_000,
        heartbeatMs: 25_000,
        maxSocketsPerAgent: 20,
        messagesPerSec: 1_000,
        bytesPerSec: 0,
        maxFrameBytes: 16_384,
      };
      return {
        subscriber,
        noted: () => events.noted,
        open: (options) => openPage(deps, options),
        kill() {
          killed = true;
          commands.disconnect();
          subscriber.disconnect();
          void presence.stop();
        },
      };
    },
    async tell(change, { tenant = 'acme', user = 'ana', popup: given } = {}) {
      const callId = toUuidV7(Date.now(), randomBytes(10));
      const shown = given ?? toPopup(callId);
      const event = {
        type: 'call.incoming' as const,
        eventId: randomUUID(),
        tenant,
        callId,
        at: Date.now(),
        direction: 'inbound' as const,
        user,
        matchedBy: 'created' as const,
      };
      const data = change === 'hide' ? { ...shown, hidden: 'ended' } : shown;
      const message = {
        op: `popup.${change}` as const,
        ts: Date.now(),
        data,
        popup: { change, popup: shown },
      };
      await bus.commit({
        tenant,
        callId,
        commitId: event.eventId,
        expectedVersion: 0,
        events: [event],
        ended: false,
        lines: [],
        deliveries: [{ user, messages: [message] }],
      });
      return shown;
    },
    async close() {
      for (const stop of stops.splice(0)) await stop();
      for (const connection of connections) connection.disconnect();
      await server.stop();
    },
  };
}

function toPopup(callId: string): Popup {
  return popup.parse({
    popupId: randomUUID(),
    kind: 'incoming',
    callId,
    direction: 'inbound',
    state: 'ringing',
    peer: { raw: '4732100123', e164: null, display: '4732100123' },
    ramal: null,
    startedAt: Date.now(),
    expiresAt: Date.now() + 600_000,
  });
}

async function openPage(deps: ConnectionDeps, options: PageOptions = {}): Promise<TestPage> {
  const { tenant = 'acme', user = 'ana', tab, focused, resume } = options;
  const socket = createFakeSocket();
  const handlers = openConnection(socket, deps, admitSocket());
  socket.onClose = (code) => handlers.onClose(code);
  let lastId = 0;
  const send = (op: string, data: object = {}) => {
    lastId += 1;
    const text = JSON.stringify({ op, id: lastId, data });
    handlers.onMessage(text, text.length);
    return lastId;
  };
  const ask = async (op: string, data?: object) => {
    const id = send(op, data);
    const fits = ({ op: answer, replyTo }: Frame) => (op === 'auth' ? answer === 'ready' : replyTo === id);
    return sleepUntil(() => socket.frames.find(fits), { everyMs: 1 });
  };
  await ask('auth', { token: JSON.stringify({ tenant, user }), tab, focused, resume });
  return {
    socket,
    ask,
    send: (op) => void send(op),
    claimed: () => [...addUp(socket.frames)].flatMap(([id, claimed]) => (claimed ? [id] : [])),
    shown: () => [...addUp(socket.frames).keys()],
    resumeAt() {
      const { epoch, seq } = (socket.frames[0] as Frame).data.resume as { epoch: string; seq: number };
      return { epoch, seq: Math.max(seq, ...socket.frames.map((frame) => frame.seq ?? 0)) };
    },
    close: () => socket.close(1006, 'gone'),
  };
}

/** What a page has made of all it was told: its pop-ups, and which it brings to the front. */
function addUp(frames: readonly Frame[]): Map<string, boolean> {
  const pages = new Map<string, boolean>();
  for (const { op, claimed, data } of frames) {
    if (op === 'ready' || op === 'resync' || (op === 'ack' && data.popups !== undefined)) {
      pages.clear();
      for (const { popupId } of data.popups as Popup[]) pages.set(popupId, data.claimed.includes(popupId));
    } else if (op === 'popup.show') {
      if (claimed === undefined) throw new Error('a pop-up does not say whose it is');
      pages.set(data.popupId, claimed);
    } else if (op === 'popup.hide') {
      pages.delete(data.popupId);
    } else if (op === 'popup.claim' && pages.has(data.popupId)) {
      pages.set(data.popupId, data.claimed);
    }
  }
  return pages;
}
