import { randomBytes, randomUUID } from 'node:crypto';
import { DIAL_QUEUE, toUuidV7 } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newTenant, openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { createDialIntents, type DialIntents, type NewDial } from './dial-intents.ts';
import { createDialQueue, type DialQueue } from './dial-queue.ts';

let test: TestBus;
let queue: DialQueue;
let intents: DialIntents;
beforeAll(async () => {
  test = await openTestBus();
  queue = createDialQueue(test.redis);
  const newCallId = (nowMs: number) => toUuidV7(nowMs, randomBytes(10));
  intents = createDialIntents({ redis: test.redis, names: test.names, bus: test.bus, queue, newCallId });
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

const opsOf = async ({ tenant, user }: { tenant: string; user: string }) =>
  (await test.inbox.read(tenant, user, 0)).entries.map(({ body }) => (JSON.parse(body) as { op: string }).op);

async function known({ tenant, intentId }: { tenant: string; intentId: string }) {
  const found = await intents.find(tenant, intentId);
  if (found === null) throw new Error('no such intent');
  return found.intent;
}

describe('I1 a second click on a number', () => {
  it('is the first one: one call, one pop-up, one job, and the first’s name', async () => {
    const click = dial();
    const first = await intents.request(click);
    const second = await intents.request({ ...click, intentId: 'click:2', via: 'api' });
    expect(second).toEqual({ ...first, kind: 'repeated', intentId: 'click:1' });
    expect(await opsOf(click)).toEqual(['call.created', 'dial.queued', 'popup.show']);
    expect(await queue.waiting()).toBe(1);
  });

  it('fifty at once under fifty names are one', async () => {
    const click = dial();
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => intents.request({ ...click, intentId: randomUUID() })),
    );
    expect(outcomes.filter(({ kind }) => kind === 'recorded')).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'repeated')).toHaveLength(49);
    expect(new Set(outcomes.map((outcome) => ('callId' in outcome ? outcome.callId : null))).size).toBe(1);
    expect(new Set(outcomes.map((outcome) => ('intentId' in outcome ? outcome.intentId : null))).size).toBe(
      1,
    );
    expect(await opsOf(click)).toEqual(['call.created', 'dial.queued', 'popup.show']);
    expect(await queue.waiting()).toBe(1);
  });

  it('under its own name again gives the same answer, for a day and not for two seconds', async () => {
    const click = dial();
    await intents.request(click);
    const again = { ...click, intentId: 'click:2' };
    const second = await intents.request(again);
    await test.redis.del(test.names.recentDial(click.tenant, click.user, click.to));
    expect(await intents.request(again)).toEqual(second);
    const keptMs = await test.redis.pttl(test.names.intent(click.tenant, 'click:2'));
    expect(keptMs).toBeGreaterThan(23 * 60 * 60 * 1000);
    for (const other of [{ to: '4732100124' }, { user: 'bruno' }]) {
      expect(await intents.request({ ...again, ...other })).toEqual({ kind: 'conflict' });
    }
  });

  it('takes the first one back', async () => {
    const click = dial();
    await intents.request(click);
    await intents.request({ ...click, intentId: 'click:2' });
    const intent = await known({ ...click, intentId: 'click:2' });
    expect(intent.intentId).toBe('click:1');
    expect(await intents.step(intent, { type: 'dial.canceled' })).toBe('applied');
    expect((await known(click)).state).toBe('canceled');
  });

  it('is queued again, should the first one’s gateway have died in between', async () => {
    const click = dial();
    await intents.request(click);
    for (const key of await test.redis.keys(`${DIAL_QUEUE.prefix}:*`)) await test.redis.del(key);
    await intents.request({ ...click, intentId: 'click:2' });
    expect(await queue.waiting()).toBe(1);
  });

  it('is never claimed, sent or settled under its own name', async () => {
    const click = dial();
    await intents.request(click);
    await intents.request({ ...click, intentId: 'click:2' });
    const alias = { ...(await known(click)), intentId: 'click:2' };
    expect((await intents.claim(alias, 'f')).outcome).toBe('conflict');
    expect(await intents.requeue(alias, 'f')).toBe('conflict');
    const due = test.names.dueIntents(test.names.partitionOf(click.tenant));
    const members = await test.redis.zrange(due, '0', '-1');
    expect(members.filter((member) => member.includes(click.tenant))).toEqual([
      JSON.stringify([click.tenant, 'click:1']),
    ]);
  });

  it.each(['accepted', 'uncertain'] as const)(
    'after the first one was %s is still the first one',
    async (state) => {
      const click = dial();
      const first = await intents.request(click);
      const intent = await known(click);
      await intents.claim(intent, 'f');
      await intents.step(intent, { type: 'dial.requesting', fence: 'f', attempt: 1 });
      await intents.step(
        intent,
        state === 'accepted'
          ? { type: 'dial.accepted', fence: 'f', status: 200, latencyMs: 1 }
          : { type: 'dial.uncertain', fence: 'f', reason: 'cti_reset' },
      );
      expect(await intents.request({ ...click, intentId: 'click:2' })).toEqual({
        ...first,
        kind: 'repeated',
      });
      expect((await known({ ...click, intentId: 'click:2' })).state).toBe(state);
    },
  );
});

describe('a click of its own is', () => {
  it.each(['failed', 'canceled', 'expired'] as const)('one after the first was %s', async (state) => {
    const click = dial();
    await intents.request(click);
    const intent = await known(click);
    await intents.claim(intent, 'f');
    if (state === 'failed')
      await intents.step(intent, { type: 'dial.failed', fence: 'f', reason: 'cti_rejected' });
    if (state === 'canceled') await intents.step(intent, { type: 'dial.canceled' });
    if (state === 'expired') {
      await test.redis.hset(test.names.intent(click.tenant, 'click:1'), 'deadlineMs', '1');
      await intents.step(intent, { type: 'dial.expired' });
    }
    expect((await known(click)).state).toBe(state);
    const second = await intents.request({ ...click, intentId: 'click:2' });
    expect(second).toMatchObject({ kind: 'recorded', intentId: 'click:2' });
    // And it is the one that a third click is a second click of.
    expect(await intents.request({ ...click, intentId: 'click:3' })).toEqual({ ...second, kind: 'repeated' });
  });

  it.each<[string, Partial<NewDial>]>([
    ['one on another number', { to: '4732100124' }],
    ['one with a + in front, which is dialled otherwise', { to: '+4732100123' }],
    ['one of another agent', { user: 'bruno' }],
    ['I6 one of another company', { tenant: newTenant() }],
  ])('%s', async (_, other) => {
    const click = dial();
    await intents.request(click);
    expect(await intents.request({ ...click, intentId: 'click:2', ...other })).toMatchObject({
      kind: 'recorded',
      intentId: 'click:2',
    });
  });

  it('one that comes two seconds later, by Redis’ clock, however often was clicked meanwhile', async () => {
    const click = dial();
    await intents.request(click);
    const key = test.names.recentDial(click.tenant, click.user, click.to);
    const left = await test.redis.pttl(key);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(2_000);
    await test.redis.pexpire(key, 300);
    await intents.request({ ...click, intentId: 'click:2' });
    expect(await test.redis.pttl(key)).toBeLessThanOrEqual(300);
    await sleepUntil(async () => (await test.redis.exists(key)) === 0);
    expect(await intents.request({ ...click, intentId: 'click:3' })).toMatchObject({ kind: 'recorded' });
  });
});
