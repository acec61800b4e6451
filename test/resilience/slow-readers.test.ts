import { randomUUID } from 'node:crypto';
import { SUBPROTOCOL } from '@ramal/contracts';
import { type AgentClient, type ServerEvent, sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { openTenant, type TestTenant } from '../harness/open-tenant.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';
import { readMemoryMiB } from './herd-rows.ts';

/** Tabs of one agent that stop reading, and one that goes on. */
const SLOW = 10;
const MAX_BACKPRESSURE_BYTES = 64 * 1024;
/** Each pop-up of such a call weighs about 10 KiB: what the system's own buffers take is soon full. */
const CONTEXT = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`field-${i}`, 'x'.repeat(500)]));
/** Their events still fit into the inbox: a thousand. */
const MOST_DIALS = 300;
const AT_ONCE = 10;
/** What all that waits for ten slow tabs may come to, with what a busy process has lying about. */
const GROWTH_MIB = 150;

let system: TestStack;
let company: TestTenant;

beforeAll(async () => {
  system = await startTestStack({
    only: ['ws-gateway'],
    env: {
      'ws-gateway': {
        GATEWAY_MAX_BACKPRESSURE_BYTES: String(MAX_BACKPRESSURE_BYTES),
        GATEWAY_MESSAGES_PER_SEC: '10000',
        GATEWAY_BYTES_PER_SEC: '100000000',
      },
    },
  });
  company = await openTenant(system, 'slow', {
    settings: {
      dialLimits: { agentPerMinute: 1_000_000, agentPerHour: 1_000_000, tenantPerMinute: 1_000_000 },
    },
  });
});
afterAll(async () => {
  await company?.close();
  await system?.stop();
});

interface SlowTab {
  events: ServerEvent[];
  resumeAt: { epoch: string; seq: number };
  closed: boolean;
  pause(): void;
  /** Reads on: what the system still holds for it, and then the end. */
  resume(): void;
}

async function openSlowTab(): Promise<SlowTab> {
  const token = await system.signToken('slow', 'agent-1', '3501');
  const socket = new WebSocket(`${system.dev.gatewayUrl}/v1/agent`, SUBPROTOCOL);
  const tab: SlowTab = {
    events: [],
    resumeAt: { epoch: '', seq: 0 },
    closed: false,
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
  socket.on('open', () => socket.send(JSON.stringify({ op: 'auth', id: 'a', data: { token } })));
  socket.on('error', () => undefined); // the close that follows tells it
  socket.on('close', () => {
    tab.closed = true;
  });
  socket.on('message', (data) => {
    const event = JSON.parse((data as Buffer).toString('utf8')) as ServerEvent & {
      data: { resume?: SlowTab['resumeAt'] };
    };
    if (event.op === 'ready') tab.resumeAt = { ...event.data.resume };
    if (event.seq === undefined) return;
    tab.events.push(event);
    tab.resumeAt.seq = event.seq;
  });
  await sleepUntil(() => tab.resumeAt.epoch !== '', { timeoutMs: 20_000, describe: 'ready' });
  return tab;
}

const openSockets = async (): Promise<number> => {
  const ops = system.dev.services['ws-gateway']?.opsUrl ?? '';
  const text = await (await fetch(`${ops}/metrics`)).text();
  return Number(/^ramal_gateway_sockets(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1]);
};
const seqsOf = (events: readonly ServerEvent[]) => events.flatMap(({ seq }) => seq ?? []);

test('I5 threat 9: slow readers are cut before they cost much memory, and miss nothing after they resume', async () => {
  const fast = await company.connect();
  const tabs = await Promise.all(Array.from({ length: SLOW }, openSlowTab));
  const before = await readMemoryMiB(system);
  for (const tab of tabs) tab.pause();
  let dials = 0;
  while ((await openSockets()) > 1 && dials < MOST_DIALS) {
    const clicks = Array.from({ length: AT_ONCE }, () => {
      dials += 1;
      const to = String(4_735_000_000 + dials);
      return fast.request('dial', { intentId: randomUUID(), to, context: CONTEXT });
    });
    await Promise.all(clicks);
  }
  expect(await openSockets()).toBe(1);
  const after = await readMemoryMiB(system);
  expect(after - before).toBeLessThan(GROWTH_MIB);

  for (const tab of tabs) tab.resume();
  await sleepUntil(() => tabs.every(({ closed }) => closed), {
    timeoutMs: 20_000,
    describe: 'the slow tabs’ end',
  });
  const returned: AgentClient[] = [];
  for (const tab of tabs) returned.push(await company.connect('agent-1', tab.resumeAt));
  // The last word comes to all, so that what was to come before it has come.
  const last = randomUUID();
  await fast.request('dial', { intentId: last, to: '4735999999' });
  const isLast = (event: ServerEvent) => event.op === 'dial.queued' && event.data.intentId === last;
  await Promise.all([fast, ...returned].map((agent) => agent.waitFor(isLast, { timeoutMs: 30_000 })));

  const hidden = new Set(
    fast.events.flatMap(({ op, data }) => (op === 'popup.hide' && 'popupId' in data ? [data.popupId] : [])),
  );
  /** All but pop-ups that are over by now: those are not shown again. */
  const due = fast.events.filter(
    ({ seq, op, data }) =>
      seq !== undefined &&
      !((op === 'popup.show' || op === 'popup.update') && 'popupId' in data && hidden.has(data.popupId)),
  );
  expect(due.length).toBeGreaterThan(dials);
  for (const [i, tab] of tabs.entries()) {
    const back = returned[i];
    expect(back?.ready.resume.status).toBe('resumed');
    const seen = seqsOf([...tab.events, ...(back?.events ?? [])]);
    expect(new Set(seen).size).toBe(seen.length);
    const known = new Set(seen);
    expect(seqsOf(due).filter((seq) => !known.has(seq))).toEqual([]);
  }
  console.log(
    `${SLOW} slow tabs were cut after ${dials} dials, at most ${MAX_BACKPRESSURE_BYTES} bytes each; the gateway grew from ${before} to ${after} MiB; ` +
      `${due.length} events due to each, 0 missed, 0 twice`,
  );
}, 120_000);
