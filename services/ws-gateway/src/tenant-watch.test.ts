import { CLOSE, type CtiStatus } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFakeSocket } from '../test/fake-socket.ts';
import { createMemoryInbox } from '../test/memory-inbox.ts';
import { createNotedEvents, type NotedEvents } from '../test/noted-events.ts';
import { type AgentHub, createAgentHub } from './agent-hub.ts';
import { AgentSession } from './agent-session.ts';
import type { TenantState } from './agent-requests.ts';
import type { RedisLink } from './redis-link.ts';
import { startTenantWatch, toTold } from './tenant-watch.ts';

const OK: CtiStatus = { enabled: true, state: 'ok' };
const OFF: CtiStatus = { enabled: false, state: 'disabled' };
const UNAVAILABLE: CtiStatus = { enabled: false, state: 'unavailable' };

let events: NotedEvents;
let hub: AgentHub;
let states: Record<string, TenantState | 'away'>;
let cutOff: boolean;
let changed: () => void;
let link: RedisLink;
let watch: { stop(): void };

beforeEach(() => {
  events = createNotedEvents();
  hub = createAgentHub(createMemoryInbox().feed, events);
  states = { acme: { active: true, cti: OK }, globex: { active: true, cti: OFF } };
  cutOff = false;
  changed = () => undefined;
  link = {
    cutOff: () => cutOff,
    onChange: (listener) => {
      changed = listener;
    },
  } as RedisLink;
  const tenantState = async (tenant: string) => {
    const state = states[tenant];
    if (state === undefined || state === 'away') throw new Error('the directory is away');
    return state;
  };
  watch = startTenantWatch({ hub, tenantState, link, events });
});
afterEach(() => watch.stop());

async function joined(tenant: string, cti: CtiStatus | null) {
  const socket = createFakeSocket();
  const session = new AgentSession(
    { tenant, user: 'ana', ramal: null },
    socket,
    createMemoryInbox().inbox,
    events,
  );
  await hub.join(session);
  session.cti = cti;
  return { session, socket };
}
const told = ({ socket }: { socket: { frames: { data: unknown }[] } }) =>
  socket.frames.map(({ data }) => data);

it('R1 tells each change once, of the tenant it is about', async () => {
  const [ana, other] = [await joined('acme', OK), await joined('globex', OFF)];
  states['acme'] = { active: true, cti: OFF };
  await sleepUntil(() => told(ana).length > 0);
  states['acme'] = { active: true, cti: OK };
  await sleepUntil(() => told(ana).length > 1);
  expect(told(ana)).toEqual([OFF, OK]);
  expect(told(other)).toEqual([]);
});

it('R42 a tenant that is switched off loses its sockets', async () => {
  const [ana, other] = [await joined('acme', OK), await joined('globex', OFF)];
  states['acme'] = { active: false, cti: OFF };
  await sleepUntil(() => ana.socket.closed);
  expect(ana.socket.closedWith?.code).toBe(CLOSE.tenantDisabled.code);
  expect(other.socket.closed).toBe(false);
});

it('threat 7 a user who is switched off loses every socket, and nobody else does', async () => {
  const [ana, again, other] = [
    await joined('acme', OK),
    await joined('acme', null),
    await joined('globex', OFF),
  ];
  states['acme'] = { active: true, cti: OK, inactiveUsers: new Set(['bruno']) };
  states['globex'] = { active: true, cti: OK, inactiveUsers: new Set(['bruno']) };
  await sleepUntil(() => told(other).length > 0);
  expect([ana.socket.closed, again.socket.closed]).toEqual([false, false]);
  states['acme'] = { active: true, cti: OK, inactiveUsers: new Set(['ana']) };
  await sleepUntil(() => ana.socket.closed && again.socket.closed);
  expect(ana.socket.closedWith?.code).toBe(CLOSE.authFailed.code);
  expect(other.socket.closed).toBe(false);
});

it('cut off, it tells everybody at once, also with the directory away, and afterwards each tenant’s own truth', async () => {
  const [ana, other, joining] = [
    await joined('acme', OK),
    await joined('globex', OFF),
    await joined('acme', null),
  ];
  states['acme'] = 'away';
  cutOff = true;
  changed();
  expect([told(ana), told(other)]).toEqual([[UNAVAILABLE], [UNAVAILABLE]]);
  // Its `ready` will say it.
  expect(told(joining)).toEqual([]);
  expect(toTold(OK, link)).toEqual(UNAVAILABLE);

  // The rounds it makes meanwhile don't tell otherwise; this one is about a tenant that leaves a trace of it.
  const gone = await joined('initech', OK);
  states['initech'] = { active: false, cti: OFF };
  await sleepUntil(() => gone.socket.closed);
  expect([told(ana), told(other)]).toEqual([[UNAVAILABLE], [UNAVAILABLE]]);

  states['acme'] = { active: true, cti: OK };
  cutOff = false;
  changed();
  await sleepUntil(() => told(ana).length === 2 && told(other).length === 2);
  expect([told(ana)[1], told(other)[1]]).toEqual([OK, OFF]);
  expect(toTold(OFF, link)).toEqual(OFF);
});
