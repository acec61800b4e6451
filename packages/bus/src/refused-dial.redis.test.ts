import { randomBytes, randomUUID } from 'node:crypto';
import { reduceCall } from '@ramal/calls';
import { type DialReason, toUuidV7 } from '@ramal/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newTenant, openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { createDialIntents, type DialIntents, type NewDial } from './dial-intents.ts';
import { createDialLimiter, type DialLimiter } from './dial-limits.ts';
import { createDialQueue, type DialQueue } from './dial-queue.ts';

let test: TestBus;
let queue: DialQueue;
let intents: DialIntents;
let limiter: DialLimiter;
beforeAll(async () => {
  test = await openTestBus();
  queue = createDialQueue(test.redis);
  const { redis, names, bus } = test;
  limiter = createDialLimiter(redis, names);
  const newCallId = (nowMs: number) => toUuidV7(nowMs, randomBytes(10));
  intents = createDialIntents({ redis, names, bus, queue, newCallId });
});
afterAll(async () => {
  await queue.close();
  await test.close();
});

const click = (over: Partial<NewDial> = {}): NewDial => ({
  tenant: newTenant(),
  user: 'ana',
  ramal: '3501',
  intentId: randomUUID(),
  to: '0900123456',
  direction: 'outbound',
  via: 'agent',
  urgent: false,
  ...over,
});
/** Asks as the services do; `reason` is what the policy says of the number. */
const admit = (dial: NewDial, reason: DialReason | null) => async () => {
  const { tenant, user, intentId, to } = dial;
  const admission = await limiter.admit({ tenant, user, intentId, to, destination: null }, reason, null);
  if (admission.kind === 'flood') throw new Error('flood');
  return admission;
};
const request = (dial: NewDial, reason: DialReason | null) => intents.request(dial, admit(dial, reason));

it('threat 1 a refused dial is recorded with its end, told once, and never queued', async () => {
  const dial = click();
  const { tenant, intentId } = dial;
  const waiting = await queue.waiting();
  const refused = await request(dial, 'destination_premium');
  expect(refused).toMatchObject({ kind: 'refused', intentId, reason: 'destination_premium' });
  const callId = 'callId' in refused ? refused.callId : '';

  const [call] = (await test.bus.view({ tenant, callId })).calls;
  expect(reduceCall(call?.events ?? [])).toMatchObject({
    state: 'ended',
    result: 'failed',
    reason: 'destination_premium',
    peer: { raw: '0900123456' },
  });
  expect((await intents.find(tenant, intentId))?.intent.state).toBe('failed');
  const due = await intents.overdue(test.names.partitionOf(tenant), 1000);
  expect(due.filter((one) => one.tenant === tenant)).toEqual([]);
  expect(await queue.waiting()).toEqual(waiting);

  const stream = await test.redis.xrange(test.names.events(test.names.partitionOf(tenant)), '-', '+');
  const stored = stream
    .map(([, fields]) => JSON.parse(fields[1] ?? '{}') as { tenant: string; type: string })
    .filter((event) => event.tenant === tenant);
  expect(stored.map(({ type }) => type)).toEqual(['call.requested', 'dial.failed']);

  const { entries, popups } = await test.inbox.read(tenant, 'ana', 0);
  const told = entries.map(({ body }) => JSON.parse(body) as { op: string; data: object });
  expect(told.map(({ op }) => op)).toEqual(['call.created', 'dial.failed', 'call.ended', 'popup.show']);
  expect(told[1]?.data).toEqual({ intentId, callId, reason: 'destination_premium' });
  expect(popups).toMatchObject([{ kind: 'start', state: 'ended', reason: 'destination_premium' }]);
});

it('I1 the same intent again is the same answer and is never dialled, whatever the policy says now', async () => {
  const dial = click();
  const first = await request(dial, 'dials_blocked');
  const again = await request(dial, null);
  const callId = 'callId' in first ? first.callId : '';
  expect(again).toMatchObject({ kind: 'repeated', callId });
  expect(await request(dial, 'destination_premium')).toEqual(again);
  const found = await intents.find(dial.tenant, dial.intentId);
  if (found === null) throw new Error('no intent');
  expect((await intents.claim(found.intent, randomUUID())).outcome).toBe('conflict');
  expect(await intents.step(found.intent, { type: 'dial.canceled' })).not.toBe('applied');
  expect(await request({ ...dial, to: '190' }, null)).toEqual({ kind: 'conflict' });
});

it('I1 one intent told ten times at once, refused or not, has one outcome', async () => {
  for (let round = 0; round < 10; round++) {
    const dial = click();
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, n) => request(dial, n % 2 === 0 ? 'dials_blocked' : null)),
    );
    expect(new Set(all.map((one) => ('callId' in one ? one.callId : 'conflict'))).size).toBe(1);
    expect(all.filter(({ kind }) => kind !== 'repeated')).toHaveLength(1);
  }
});

it('a click after a refused one is a click of its own', async () => {
  const tenant = newTenant();
  const refused = await request(click({ tenant }), 'dials_blocked');
  const allowed = await request(click({ tenant }), null);
  expect([refused.kind, allowed.kind]).toEqual(['refused', 'recorded']);
});

it('what refuses to be recorded at all leaves nothing behind', async () => {
  const dial = click();
  await expect(intents.request(dial, () => Promise.reject(new Error('flood')))).rejects.toThrow('flood');
  expect(await intents.find(dial.tenant, dial.intentId)).toBeNull();
  expect((await test.inbox.read(dial.tenant, 'ana', 0)).entries).toEqual([]);
});

it('threat 6 hostile names of tenants, users and intents stay apart', async () => {
  const tenant = 'a:{p0}:*';
  const outcome = await request(click({ tenant, user: 'x:y', intentId: 'i:1' }), 'dials_blocked');
  expect(outcome.kind).toBe('refused');
  expect(await intents.find('a', 'i:1')).toBeNull();
});
