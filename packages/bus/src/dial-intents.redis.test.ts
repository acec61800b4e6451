import { randomBytes, randomUUID } from 'node:crypto';
import { DIAL_DEADLINE_MS, reduceCall, SENT_GRACE_MS } from '@ramal/calls';
import { DIAL_QUEUE, toUuidV7 } from '@ramal/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newTenant, openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { createDialIntents, type DialIntent, type DialIntents, type NewDial } from './dial-intents.ts';
import { createDialQueue, type DialQueue } from './dial-queue.ts';

let test: TestBus;
let queue: DialQueue;
let intents: DialIntents;
beforeAll(async () => {
  test = await openTestBus();
  queue = createDialQueue(test.redis);
  intents = createDialIntents({
    redis: test.redis,
    names: test.names,
    bus: test.bus,
    queue,
    newCallId: (nowMs) => toUuidV7(nowMs, randomBytes(10)),
  });
});
afterAll(async () => {
  await queue.close();
  await test.close();
});
afterEach(async () => {
  for (const key of await test.redis.keys(`${DIAL_QUEUE.prefix}:*`)) await test.redis.del(key);
});

function dial(over: Partial<NewDial> = {}): NewDial {
  return {
    tenant: newTenant(),
    user: 'ana',
    ramal: '3501',
    intentId: 'click:1',
    to: '4732100123',
    direction: 'outbound',
    via: 'agent',
    urgent: false,
    ...over,
  };
}

async function requested(over: Partial<NewDial> = {}): Promise<DialIntent> {
  const click = dial(over);
  await intents.request(click);
  return get(click);
}

async function get({ tenant, intentId }: { tenant: string; intentId: string }): Promise<DialIntent> {
  const found = await intents.find(tenant, intentId);
  if (found === null) throw new Error('no such intent');
  return found.intent;
}

/** Moves an intent's deadline, as if the time between had passed. */
async function pass(intent: DialIntent, ms: number): Promise<void> {
  const key = test.names.intent(intent.tenant, intent.intentId);
  await test.redis.hincrby(key, 'deadlineMs', -ms);
  const due = test.names.dueIntents(test.names.partitionOf(intent.tenant));
  await test.redis.zincrby(due, -ms, JSON.stringify([intent.tenant, intent.intentId]));
}

const opsOf = async ({ tenant, user }: { tenant: string; user: string }) =>
  (await test.inbox.read(tenant, user, 0)).entries.map(({ body }) => (JSON.parse(body) as { op: string }).op);

describe('R43 the click', () => {
  it('records the intent, shows the pop-up and queues the dial', async () => {
    const click = dial({ context: { ticket: '42' } });
    const outcome = await intents.request(click);
    const intent = await get(click);
    expect(outcome).toEqual({ kind: 'recorded', intentId: click.intentId, callId: intent.callId });
    expect(intent).toMatchObject({ state: 'queued', to: '4732100123', user: 'ana', ramal: '3501' });
    expect(Math.abs(intent.deadlineMs - Date.now() - DIAL_DEADLINE_MS)).toBeLessThan(2_000);
    expect(await opsOf(click)).toEqual(['call.created', 'dial.queued', 'popup.show']);
    expect(await queue.waiting()).toBe(1);
  });

  it('I2 counts the deadline from the click, however late it comes here', async () => {
    const click = dial({ ageMs: 9_000 });
    await intents.request(click);
    const intent = await get(click);
    expect(intent.deadlineMs - Date.now()).toBeLessThanOrEqual(1_000);
    const tooLate = dial({ ageMs: 10_000 });
    await intents.request(tooLate);
    expect((await intents.claim(await get(tooLate), 'fence')).outcome).toBe('late');
  });

  it('I1 twice is once: same call, one pop-up, one job', async () => {
    const click = dial();
    const first = await intents.request(click);
    expect(await intents.request(click)).toEqual({ ...first, kind: 'repeated' });
    expect(await queue.waiting()).toBe(1);
    expect(await opsOf(click)).toHaveLength(3);
  });

  it('I1 fifty times at once is once', async () => {
    const click = dial();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => intents.request(click)));
    expect(outcomes.filter(({ kind }) => kind === 'recorded')).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'repeated')).toHaveLength(49);
    const { callId } = await get(click);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ callId });
    expect(await queue.waiting()).toBe(1);
    expect(await opsOf(click)).toHaveLength(3);
  });

  it.each([{ to: '4732100124' }, { user: 'bruno' }])(
    'with the same intentId for another (%j) is a conflict',
    async (other) => {
      const click = dial();
      await intents.request(click);
      expect(await intents.request({ ...click, ...other })).toEqual({ kind: 'conflict' });
      const both = await Promise.all([intents.request(click), intents.request({ ...click, ...other })]);
      expect(both.map(({ kind }) => kind)).toEqual(['repeated', 'conflict']);
      expect(await queue.waiting()).toBe(1);
    },
  );

  it('two at once with one intentId for two numbers: one is recorded, one a conflict', async () => {
    const click = dial();
    const both = await Promise.all([intents.request(click), intents.request({ ...click, to: '190' })]);
    expect(both.map(({ kind }) => kind).toSorted()).toEqual(['conflict', 'recorded']);
  });

  it('I6 the same intentId of another tenant is another intent', async () => {
    const a = await requested();
    const b = await requested({ intentId: a.intentId });
    expect(a.callId).not.toBe(b.callId);
    expect(await intents.find(newTenant(), a.intentId)).toBeNull();
  });

  it('again after the end gives the same answer and dials nothing', async () => {
    const click = dial();
    const first = await intents.request(click);
    const intent = await get(click);
    await intents.step(intent, { type: 'dial.canceled' });
    for (const key of await test.redis.keys(`${DIAL_QUEUE.prefix}:*`)) await test.redis.del(key);
    expect(await intents.request(click)).toEqual({ ...first, kind: 'repeated' });
    expect(await queue.waiting()).toBe(0);
  });
});

describe('I1 the claim', () => {
  it('tells what became of the intent, taken or not, and of one that is none', async () => {
    const intent = await requested();
    expect(await intents.claim(intent, 'f')).toEqual({
      outcome: 'applied',
      intent: { ...intent, state: 'claimed' },
      nowMs: expect.any(Number),
    });
    await intents.step(intent, { type: 'dial.requesting', fence: 'f', attempt: 1 });
    expect(await intents.claim(intent, 'g')).toMatchObject({
      outcome: 'conflict',
      intent: { state: 'sent' },
    });
    const none = { ...intent, intentId: 'none' };
    expect(await intents.claim(none, 'g')).toMatchObject({ outcome: 'conflict', intent: null });
  });

  it('of fifty claims that would send, exactly one does', async () => {
    const intent = await requested();
    const sent = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const fence = randomUUID();
        const { outcome } = await intents.claim(intent, fence);
        if (outcome !== 'applied') return outcome;
        return intents.step(intent, { type: 'dial.requesting', fence, attempt: 1 });
      }),
    );
    expect(sent.filter((outcome) => outcome === 'applied')).toHaveLength(1);
    expect(sent.filter((outcome) => outcome === 'conflict')).toHaveLength(49);
    expect((await get(intent)).state).toBe('sent');
  });

  it('taken over by another one can’t send any more, and hears so at once', async () => {
    const intent = await requested();
    await intents.claim(intent, 'first');
    await intents.claim(intent, 'second');
    const startedMs = performance.now();
    expect(await intents.step(intent, { type: 'dial.requesting', fence: 'first', attempt: 1 })).toBe(
      'conflict',
    );
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(
      await intents.step(intent, { type: 'dial.failed', fence: 'first', reason: 'internal_error' }),
    ).toBe('conflict');
    expect(await intents.step(intent, { type: 'dial.requesting', fence: 'second', attempt: 1 })).toBe(
      'applied',
    );
  });

  it('takes nothing that was sent, settled or is unknown', async () => {
    const intent = await requested();
    await intents.claim(intent, 'f');
    await intents.step(intent, { type: 'dial.requesting', fence: 'f', attempt: 1 });
    expect((await intents.claim(intent, 'g')).outcome).toBe('conflict');
    await intents.step(intent, { type: 'dial.accepted', fence: 'f', status: 200, latencyMs: 1 });
    expect((await intents.claim(intent, 'g')).outcome).toBe('conflict');
    expect((await intents.claim({ ...intent, intentId: 'none' }, 'g')).outcome).toBe('conflict');
    expect(await intents.find(intent.tenant, 'none')).toBeNull();
  });

  it('I2 takes and sends nothing after the deadline, by Redis’ clock', async () => {
    const early = await requested();
    await intents.claim(early, 'f');
    await pass(early, DIAL_DEADLINE_MS);
    expect(await intents.step(early, { type: 'dial.requesting', fence: 'f', attempt: 1 })).toBe('late');
    expect((await get(early)).state).toBe('claimed');
    const late = await requested();
    await pass(late, DIAL_DEADLINE_MS);
    expect((await intents.claim(late, 'f')).outcome).toBe('late');
  });
});

describe('a step', () => {
  it('told twice is recorded once', async () => {
    const intent = await requested();
    await intents.claim(intent, 'f');
    const step = { type: 'dial.failed', fence: 'f', reason: 'cti_unreachable' } as const;
    expect(await intents.step(intent, step)).toBe('applied');
    expect(await intents.step(intent, step)).toBe('duplicate');
    expect((await opsOf(intent)).filter((op) => op === 'dial.failed')).toHaveLength(1);
  });

  it('I2 of two ends at once one is told', async () => {
    const intent = await requested();
    await intents.claim(intent, 'f');
    const outcomes = await Promise.all([
      intents.step(intent, { type: 'dial.failed', fence: 'f', reason: 'cti_unreachable' }),
      intents.step(intent, { type: 'dial.canceled' }),
      intents.step(intent, { type: 'dial.canceled' }),
    ]);
    expect(outcomes.filter((outcome) => outcome === 'applied')).toHaveLength(1);
    const finals = (await opsOf(intent)).filter((op) => op.startsWith('dial.') && op !== 'dial.queued');
    expect(finals).toHaveLength(1);
  });

  it('goes through though other events of the call slip in between', async () => {
    const intent = await requested();
    await intents.claim(intent, 'f');
    const [call] = (await test.bus.view({ tenant: intent.tenant, callId: intent.callId })).calls;
    const [first] = call?.events ?? [];
    if (first === undefined) throw new Error('no call');
    const slips = Array.from({ length: 3 }, async () => {
      const view = await test.bus.view({ tenant: intent.tenant, callId: intent.callId });
      const known = view.calls[0];
      const seen = { type: 'popup.seen', popupId: randomUUID(), eventId: randomUUID(), user: 'ana' } as const;
      const base = { tenant: intent.tenant, callId: intent.callId };
      await test.bus.commit({
        ...base,
        commitId: seen.eventId,
        expectedVersion: known?.version ?? 0,
        events: [...(known?.events ?? []), { ...base, ...seen, at: Date.now() }],
        ended: false,
        lines: [],
        deliveries: [],
      });
    });
    const [outcome] = await Promise.all([
      intents.step(intent, { type: 'dial.requesting', fence: 'f', attempt: 1 }),
      ...slips,
    ]);
    expect(outcome).toBe('applied');
  });

  it('the whole way of a dial is told in order', async () => {
    const intent = await requested();
    await intents.claim(intent, 'f');
    await intents.step(intent, { type: 'dial.requesting', fence: 'f', attempt: 1 });
    await intents.step(intent, { type: 'dial.accepted', fence: 'f', status: 200, latencyMs: 5 });
    const dialOps = (await opsOf(intent)).filter((op) => op.startsWith('dial.'));
    expect(dialOps).toEqual(['dial.queued', 'dial.requesting', 'dial.accepted']);
    const [call] = (await test.bus.view({ tenant: intent.tenant, callId: intent.callId })).calls;
    expect(reduceCall(call?.events ?? []).state).toBe('ringing');
  });
});

describe('I2 the watchdog’s verdict', () => {
  it('is refused before its time by Redis’ own clock', async () => {
    const intent = await requested();
    expect(await intents.step(intent, { type: 'dial.expired' })).toBe('early');
    await intents.claim(intent, 'f');
    await intents.step(intent, { type: 'dial.requesting', fence: 'f', attempt: 1 });
    await pass(intent, DIAL_DEADLINE_MS);
    expect(await intents.step(intent, { type: 'dial.uncertain', reason: 'cti_timeout' })).toBe('early');
    await pass(intent, SENT_GRACE_MS);
    expect(await intents.step(intent, { type: 'dial.uncertain', reason: 'cti_timeout' })).toBe('applied');
    expect(await opsOf(intent)).toContain('dial.uncertain');
  });

  it('finds what is overdue, until it is settled', async () => {
    const intent = await requested();
    const partition = test.names.partitionOf(intent.tenant);
    const overdue = async () =>
      (await intents.overdue(partition, 100)).filter(({ tenant }) => tenant === intent.tenant);
    expect(await overdue()).toEqual([]);
    await pass(intent, DIAL_DEADLINE_MS);
    expect(await overdue()).toEqual([{ tenant: intent.tenant, intentId: intent.intentId }]);
    expect(await intents.step(intent, { type: 'dial.expired' })).toBe('applied');
    expect(await overdue()).toEqual([]);
    expect((await get(intent)).state).toBe('expired');
  });

  it('forgets an intent that is gone', async () => {
    const intent = await requested();
    await pass(intent, DIAL_DEADLINE_MS);
    await test.redis.del(test.names.intent(intent.tenant, intent.intentId));
    await intents.forget(intent.tenant, intent.intentId);
    const left = await intents.overdue(test.names.partitionOf(intent.tenant), 100);
    expect(left.filter(({ tenant }) => tenant === intent.tenant)).toEqual([]);
  });

  it('an intent whose call is gone conflicts instead of looping', async () => {
    const intent = await requested();
    await test.redis.del(test.names.call(intent.tenant, intent.callId));
    expect(await intents.step(intent, { type: 'dial.canceled' })).toBe('conflict');
  });
});
