import type { AgentIdentity } from '@ramal/contracts';
import { AgentTokenInvalidError, type VerifiedAgent, WireError } from '@ramal/runtime';
import { sleepUntil } from '@ramal/testkit';
import { type AgentHub, createAgentHub } from '../src/agent-hub.ts';
import type { AgentRequests } from '../src/agent-requests.ts';
import { type ConnectionDeps, openConnection } from '../src/connection.ts';
import type { SocketHandlers } from '../src/uws-server.ts';
import { admitSocket, openAdmission } from './admit-socket.ts';
import { createFakeSocket, type FakeSocket, type Frame } from './fake-socket.ts';
import { createMemoryInbox, type MemoryInbox } from './memory-inbox.ts';
import { createNotedEvents, type NotedEvents } from './noted-events.ts';
import { toVerified } from './verified-agent.ts';

interface TestClient {
  socket: FakeSocket;
  /** Sends a message as it is; null stands for one that can't be read. */
  raw(text: string | null): void;
  /** Sends a WebSocket ping or pong with so many bytes in it. */
  control(bytes: number): void;
  /** Sends a frame and waits for what answers it. */
  ask(op: string, data?: object): Promise<Frame | { code: number; reason: string }>;
  /** Sends `auth` and waits until the client is ready or closed. */
  auth(token?: string, data?: object): Promise<void>;
}

/** A gateway without servers, whose every part a test can let fail. */
export interface TestGateway {
  memory: MemoryInbox;
  events: NotedEvents;
  hub: AgentHub;
  /** Users who are logged in. */
  present: Set<string>;
  /** What was told of sockets, by their names. */
  told: string[];
  /** What was asked of the system, in whose name. */
  asked: string[];
  requests: AgentRequests;
  tenantActive: boolean;
  presenceFails: boolean;
  cutOff: boolean;
  /** Whether what let the agent in still counts. */
  stands(agent: VerifiedAgent): boolean;
  onDial: AgentRequests['dial'];
  /** What sockets count against; by default nothing. */
  admission: ReturnType<typeof openAdmission>;
  connect(over?: Partial<ConnectionDeps>): TestClient;
  closeAll(): void;
}

export const opsOf = (socket: FakeSocket) => socket.frames.map(({ op }) => op);
export const errorsOf = (socket: FakeSocket) =>
  socket.frames.filter(({ op }) => op === 'error').map(({ data }) => data.code);

export function createTestGateway(): TestGateway {
  const memory = createMemoryInbox();
  const events = createNotedEvents();
  const open: FakeSocket[] = [];
  const gateway: TestGateway = {
    memory,
    events,
    hub: createAgentHub(memory.feed, events),
    present: new Set(),
    told: [],
    asked: [],
    requests: {
      dial: (agent, data) => {
        note(agent, `dial ${data.to}`);
        return gateway.onDial(agent, data);
      },
      cancelDial: async (agent, intentId) => {
        note(agent, `cancel ${intentId}`);
        throw new WireError('intent_not_found', 'there is none');
      },
      react: async (agent, popupId, reaction) => {
        note(agent, reaction);
        return { popupId };
      },
      tenantState: async () => ({ active: gateway.tenantActive, cti: { enabled: true, state: 'ok' } }),
    },
    tenantActive: true,
    presenceFails: false,
    cutOff: false,
    stands: () => true,
    onDial: async (_agent, { intentId }) => ({ intentId, callId: 'c1' }),
    admission: openAdmission(),
    connect(over = {}) {
      const socket = createFakeSocket();
      const admitted = admitSocket('192.0.2.7', gateway.admission);
      const handlers = openConnection(socket, { ...toDeps(gateway), ...over }, admitted);
      socket.onClose = (code) => {
        admitted.release();
        handlers.onClose(code);
      };
      open.push(socket);
      return toClient(socket, handlers);
    },
    closeAll() {
      for (const socket of open.splice(0)) socket.close(1000, 'test over');
    },
  };
  const note = (agent: AgentIdentity, what: string) => void gateway.asked.push(`${agent.user} ${what}`);
  return gateway;
}

/** A token is `user` or `user/expiry in ms`; `bad` and `old` are refused, and of `away` nobody can tell. */
async function verify(token: string) {
  const [user = '', ttlMs = '60000'] = token.split('/');
  if (user === 'bad') throw new AgentTokenInvalidError('no', false);
  if (user === 'away') throw new WireError('unavailable', 'the identity provider does not answer');
  if (user === 'old') throw new AgentTokenInvalidError('no', true);
  const identity: AgentIdentity = { tenant: 'acme', user, ramal: '3501' };
  return toVerified(identity, Number(ttlMs));
}

function toDeps(gateway: TestGateway): ConnectionDeps {
  const { present, told } = gateway;
  return {
    hub: gateway.hub,
    inbox: gateway.memory.inbox,
    presence: {
      async join({ tenant, user }, { tab = null, focused = true }) {
        if (gateway.presenceFails) throw new Error('Redis is away');
        present.add(user);
        const socket = `s${told.filter((what) => what.startsWith('join')).length + 1}`;
        told.push(`join ${socket} ${tab} ${focused}`);
        return { tenant, user, socket, tab, sinceMs: 0, focusedMs: 0 };
      },
      async focus({ socket }) {
        told.push(`focus ${socket}`);
      },
      async logOut({ user, socket }) {
        if (gateway.presenceFails) throw new Error('Redis is away');
        present.delete(user);
        told.push(`logOut ${socket}`);
      },
      leave: ({ socket }) => void told.push(`leave ${socket}`),
    },
    requests: gateway.requests,
    link: { cutOff: () => gateway.cutOff },
    events: gateway.events,
    verify,
    requireStanding(agent) {
      if (!gateway.stands(agent)) throw new AgentTokenInvalidError('revoked', false);
    },
    login: () => Promise.reject(new Error('nobody speaks the legacy dialect here')),
    authTimeoutMs: 5_000,
    heartbeatMs: 25_000,
    maxSocketsPerAgent: 3,
    messagesPerSec: 20,
    bytesPerSec: 0,
    maxFrameBytes: 16_384,
  };
}

function toClient(socket: FakeSocket, handlers: SocketHandlers): TestClient {
  let nextId = 0;
  const send = (text: string | null) => handlers.onMessage(text, Buffer.byteLength(text ?? ''));
  return {
    socket,
    raw: send,
    control: (bytes) => handlers.onControl(bytes),
    ask(op, data = {}) {
      nextId += 1;
      const id = nextId;
      send(JSON.stringify({ op, id, data }));
      return sleepUntil(() => socket.frames.find(({ replyTo }) => replyTo === id) ?? socket.closedWith, {
        everyMs: 1,
      });
    },
    async auth(token = 'ana', data = {}) {
      send(JSON.stringify({ op: 'auth', id: 'auth', data: { token, ...data } }));
      await sleepUntil(() => socket.frames.some(({ op }) => op === 'ready') || socket.closed, { everyMs: 1 });
    },
  };
}
