import { randomBytes } from 'node:crypto';
import { toUuidV7 } from '@ramal/contracts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  commitOf,
  incoming,
  message,
  newTenant,
  openTestBus,
  popupOf,
  type TestBus,
} from '../test/open-test-bus.ts';
import { createAgentFeed } from './agent-feed.ts';
import { createCallBus } from './call-bus.ts';
import { createDialIntents } from './dial-intents.ts';
import type { DialQueue } from './dial-queue.ts';
import type { NewTrace, TraceRecorder } from './trace-recorder.ts';

let servers: TestBus;
let noted: (NewTrace & { tenant: string })[] = [];
const recorder: TraceRecorder = {
  record: (tenant, trace) => void noted.push({ ...trace, tenant }),
  stop: async () => undefined,
};
beforeAll(async () => {
  servers = await openTestBus();
});
beforeEach(() => {
  noted = [];
});
afterAll(() => servers.close());

test('a commit tells which pop-ups it published, to whom, and whether anybody listened', async () => {
  const bus = createCallBus(servers.redis, servers.names, { recorder });
  const tenant = newTenant();
  const feed = createAgentFeed(await servers.connect('subscriber'), servers.names);
  await feed.subscribe(tenant, 'ana', () => undefined);
  const event = incoming(tenant);
  const [anas, brunos] = [popupOf(event), popupOf(event)];
  const deliveries = [
    { user: 'ana', messages: [message(1), message(2, { change: 'show', popup: anas })] },
    { user: 'bruno', messages: [message(1, { change: 'show', popup: brunos })] },
    { user: 'clara', messages: [message(1, { change: 'hide', popup: popupOf(event) })] },
  ];
  const commit = commitOf(event, [], { deliveries });
  expect((await bus.commit(commit)).outcome).toBe('applied');
  const told = { tenant, callId: event.callId, step: 'popup.published' };
  const expected = [
    { ...told, user: 'ana', popupId: anas.popupId, detail: { kind: 'incoming', connected: true } },
    { ...told, user: 'bruno', popupId: brunos.popupId, detail: { kind: 'incoming', connected: false } },
  ];
  expect(noted).toEqual(expected);
  // What changed nothing published nothing.
  expect((await bus.commit(commit)).outcome).toBe('duplicate');
  expect((await bus.commit(commitOf(incoming(tenant, { callId: event.callId })))).outcome).toBe('conflict');
  expect(noted).toEqual(expected);
});

test('a click tells that its job is queued, once it is', async () => {
  const { redis, names, bus } = servers;
  let full = true;
  const queue = {
    add: async () => {
      if (full) throw new Error('Redis is full');
    },
  } as unknown as DialQueue;
  const newCallId = (nowMs: number) => toUuidV7(nowMs, randomBytes(10));
  const intents = createDialIntents({ redis, names, bus, queue, newCallId, recorder });
  const dial = {
    tenant: newTenant(),
    user: 'ana',
    ramal: '3501',
    intentId: 'click-1',
    to: '4732100123',
    direction: 'outbound',
    via: 'agent',
    urgent: true,
  } as const;
  await expect(intents.request(dial)).rejects.toThrow();
  expect(noted).toEqual([]);
  full = false;
  const outcome = await intents.request(dial);
  expect(noted).toEqual([
    {
      tenant: dial.tenant,
      callId: outcome.kind === 'repeated' ? outcome.callId : '',
      step: 'job.queued',
      user: 'ana',
      detail: { urgent: true },
    },
  ]);
});
