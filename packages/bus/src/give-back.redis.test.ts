import { randomBytes } from 'node:crypto';
import { DIAL_DEADLINE_MS, planCallback, reduceCall } from '@ramal/calls';
import { toUuidV7 } from '@ramal/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenant, openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { createDialIntents, type DialIntent, type DialIntents } from './dial-intents.ts';

let test: TestBus;
let intents: DialIntents;
beforeAll(async () => {
  test = await openTestBus();
  const newCallId = (nowMs: number) => toUuidV7(nowMs, randomBytes(10));
  intents = createDialIntents({
    redis: test.redis,
    names: test.names,
    bus: test.bus,
    queue: null,
    newCallId,
  });
});
afterAll(() => test.close());

const requesting = { type: 'dial.requesting', fence: 'f', attempt: 1 } as const;

/** A dial that was sent under the fence `f`. */
async function sent(): Promise<DialIntent> {
  const dial = { tenant: newTenant(), user: 'ana', ramal: '3501', intentId: 'click:1', to: '4732100123' };
  await intents.request({ ...dial, direction: 'outbound', via: 'agent', urgent: false });
  const intent = await get(dial);
  await intents.claim(intent, 'f');
  await intents.step(intent, requesting);
  return get(dial);
}

async function get({ tenant, intentId }: { tenant: string; intentId: string }): Promise<DialIntent> {
  const found = await intents.find(tenant, intentId);
  if (found === null) throw new Error('no such intent');
  return found.intent;
}

async function pass(intent: DialIntent, ms: number): Promise<void> {
  await test.redis.hincrby(test.names.intent(intent.tenant, intent.intentId), 'deadlineMs', -ms);
}

const finalsOf = async ({ tenant, user }: DialIntent) =>
  (await test.inbox.read(tenant, user, 0)).entries
    .map(({ body }) => JSON.parse(body) as { op: string; data: { reason?: string } })
    .filter(({ op }) => op.startsWith('dial.') && op !== 'dial.queued' && op !== 'dial.requesting')
    .map(({ op, data }) => `${op} ${data.reason}`);

describe('I1 the way back from `sent`', () => {
  it('leads to `queued`, for another attempt under another fence', async () => {
    const intent = await sent();
    expect(await intents.requeue(intent, 'f')).toBe('applied');
    expect((await get(intent)).state).toBe('queued');
    expect((await intents.claim(intent, 'g')).outcome).toBe('applied');
    expect(await intents.step(intent, { ...requesting, fence: 'g', attempt: 2 })).toBe('applied');
    expect((await get(intent)).state).toBe('sent');
  });

  it('gone twice is gone once, as after a resend', async () => {
    const intent = await sent();
    expect(await intents.requeue(intent, 'f')).toBe('applied');
    expect(await intents.requeue(intent, 'f')).toBe('applied');
    await intents.claim(intent, 'g');
    expect(await intents.requeue(intent, 'f')).toBe('conflict');
    expect((await get(intent)).state).toBe('claimed');
  });

  it('is closed to who does not hold the fence, after the deadline, and after the end', async () => {
    const intent = await sent();
    expect(await intents.requeue(intent, 'g')).toBe('conflict');
    await pass(intent, DIAL_DEADLINE_MS);
    expect(await intents.requeue(intent, 'f')).toBe('late');
    await intents.step(intent, { type: 'dial.failed', fence: 'f', reason: 'cti_busy' });
    expect(await intents.requeue(intent, 'f')).toBe('conflict');
    expect((await get(intent)).state).toBe('failed');
  });

  it('keeps out the commit to `sent` that is still on its way, and every other step of the old fence', async () => {
    const dial = { tenant: newTenant(), user: 'ana', ramal: '3501', intentId: 'click:1', to: '4732100123' };
    await intents.request({ ...dial, direction: 'outbound', via: 'agent', urgent: false });
    const intent = await get(dial);
    await intents.claim(intent, 'f');
    expect(await intents.requeue(intent, 'f')).toBe('applied');
    expect(await intents.step(intent, requesting)).toBe('conflict');
    expect(await intents.step(intent, { type: 'dial.failed', fence: 'f', reason: 'cti_busy' })).toBe(
      'conflict',
    );
    expect((await get(intent)).state).toBe('queued');
  });

  it('of two dialers at once, one sends: fifty give it back while fifty claim it', async () => {
    const intent = await sent();
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        await intents.requeue(intent, 'f');
        const fence = `g${i}`;
        if ((await intents.claim(intent, fence)).outcome !== 'applied') return 'conflict';
        return intents.step(intent, { ...requesting, fence, attempt: 2 });
      }),
    );
    expect(outcomes.filter((outcome) => outcome === 'applied')).toHaveLength(1);
  });

  it('I2 ends in exactly one final state when its dialer dies: expired', async () => {
    const intent = await sent();
    await intents.requeue(intent, 'f');
    await pass(intent, DIAL_DEADLINE_MS);
    const verdicts = await Promise.all([1, 2, 3].map(() => intents.step(intent, { type: 'dial.expired' })));
    expect(verdicts.filter((outcome) => outcome === 'applied')).toHaveLength(1);
    expect(await finalsOf(intent)).toEqual(['dial.expired deadline_passed']);
  });
});

describe('I1 given back in doubt', () => {
  it('it ends uncertain when its dialer dies, never expired', async () => {
    const intent = await sent();
    await intents.requeue(intent, 'f', 'cti_reset');
    expect((await get(intent)).doubt).toBe('cti_reset');
    await pass(intent, DIAL_DEADLINE_MS);
    expect(await intents.step(intent, { type: 'dial.expired' })).toBe('applied');
    expect((await get(intent)).state).toBe('uncertain');
    expect(await finalsOf(intent)).toEqual(['dial.uncertain cti_reset']);
  });

  it('it can’t be canceled any more: the phone may ring', async () => {
    const intent = await sent();
    await intents.requeue(intent, 'f', 'cti_reset');
    expect(await intents.step(intent, { type: 'dial.canceled' })).toBe('conflict');
    expect((await get(intent)).state).toBe('queued');
  });

  it('and failed at the next attempt, it is uncertain all the same', async () => {
    const intent = await sent();
    await intents.requeue(intent, 'f', 'cti_timeout');
    await intents.claim(intent, 'g');
    await intents.step(intent, { type: 'dial.failed', fence: 'g', reason: 'cti_unreachable' });
    expect((await get(intent)).state).toBe('uncertain');
    expect(await finalsOf(intent)).toEqual(['dial.uncertain cti_timeout']);
  });
});

describe('R43 an uncertain dial', () => {
  it('is settled by the CTI’s callback: on the record, in the call and in the start pop-up', async () => {
    const intent = await sent();
    await intents.step(intent, { type: 'dial.uncertain', fence: 'f', reason: 'cti_reset' });
    expect((await get(intent)).state).toBe('uncertain');
    const view = await test.bus.view({ tenant: intent.tenant, callId: intent.callId });
    const plan = planCallback(
      {
        kind: 'answered',
        direction: 'outbound',
        legs: [{ ramal: '3501', user: 'ana' }],
        peer: '4732100123',
        callId: intent.callId,
      } as Parameters<typeof planCallback>[0],
      {
        tenant: intent.tenant,
        nowMs: view.nowMs,
        candidates: view.calls,
        lines: [],
        presentUsers: new Set(['ana']),
        newCallId: toUuidV7(view.nowMs, randomBytes(10)),
      },
    );
    if (plan.kind !== 'commit') throw new Error('nothing planned');
    expect(plan.commit.callId).toBe(intent.callId);
    expect((await test.bus.commit(plan.commit)).outcome).toBe('applied');
    expect((await get(intent)).state).toBe('accepted');
    expect(reduceCall(plan.commit.events)).toMatchObject({ state: 'answered', reason: null });
    const { entries } = await test.inbox.read(intent.tenant, 'ana', 0);
    const updates = entries
      .map(
        ({ body }) =>
          JSON.parse(body) as { op: string; data: { kind?: string; reason?: string; state?: string } },
      )
      .filter(({ op, data }) => op === 'popup.update' && data.kind === 'start')
      .map(({ data }) => `${data.state} ${data.reason}`);
    expect(updates.slice(-2)).toEqual(['requesting cti_reset', 'answered undefined']);
    // The agent has heard the dial's last word already, and hears no second one.
    expect(await finalsOf(intent)).toEqual(['dial.uncertain cti_reset']);
  });
});
