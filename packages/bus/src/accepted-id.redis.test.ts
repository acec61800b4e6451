import { randomBytes, randomUUID } from 'node:crypto';
import { matchCallback, reduceCall } from '@ramal/calls';
import { toUuidV7 } from '@ramal/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenant, openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { createDialIntents, type DialIntent, type DialIntents } from './dial-intents.ts';

let test: TestBus;
let intents: DialIntents;
beforeAll(async () => {
  test = await openTestBus();
  intents = createDialIntents({
    redis: test.redis,
    names: test.names,
    bus: test.bus,
    queue: null,
    newCallId: (nowMs) => toUuidV7(nowMs, randomBytes(10)),
  });
});
afterAll(() => test.close());

/** A dial whose request is out, under a fence. */
async function sent(tenant: string, to: string): Promise<{ intent: DialIntent; fence: string }> {
  const intentId = `click:${to}`;
  const fence = randomUUID();
  await intents.request({
    tenant,
    user: 'ana',
    ramal: '3501',
    intentId,
    to,
    direction: 'outbound',
    via: 'agent',
    urgent: false,
  });
  const found = await intents.find(tenant, intentId);
  if (found === null) throw new Error('no such intent');
  await intents.claim(found.intent, fence);
  await intents.step(found.intent, { type: 'dial.requesting', fence, attempt: 1 });
  return { intent: found.intent, fence };
}

const accept = ({ intent, fence }: { intent: DialIntent; fence: string }, externalCallId: string) =>
  intents.step(intent, { type: 'dial.accepted', fence, status: 200, latencyMs: 7, externalCallId });

const callOf = async ({ intent: { tenant, callId } }: { intent: DialIntent }) => {
  const call = (await test.bus.view({ tenant, callId })).calls[0];
  if (call === undefined) throw new Error('no such call');
  return reduceCall(call.events);
};

describe("the CTI's id in its answer to a dial", () => {
  it('names the call: a callback finds it by that alone', async () => {
    const dial = await sent(newTenant(), '4732100123');
    expect(await accept(dial, 'cti-17')).toBe('applied');
    expect((await callOf(dial)).externalCallId).toBe('cti-17');
    const { tenant, callId } = dial.intent;
    const { calls, nowMs } = await test.bus.view({ tenant, externalCallId: 'cti-17' });
    const callback = { kind: 'answered', direction: 'unknown', externalCallId: 'cti-17', legs: [] } as const;
    const match = matchCallback(callback, calls, nowMs);
    expect(match).toMatchObject({ matchedBy: 'external_id', call: { callId } });
  });

  it('I2 that names another live call keeps no dial from its end', async () => {
    const tenant = newTenant();
    const [first, second] = [await sent(tenant, '4732100123'), await sent(tenant, '4732100124')];
    await accept(first, 'cti-17');
    expect(await accept(second, 'cti-17')).toBe('applied');
    expect((await intents.find(tenant, second.intent.intentId))?.intent.state).toBe('accepted');
    expect((await callOf(second)).externalCallId).toBeNull();
    const { calls } = await test.bus.view({ tenant, externalCallId: 'cti-17' });
    expect(calls.map(({ callId }) => callId)).toEqual([first.intent.callId]);
    // Told again it is a duplicate, as any other step.
    expect(await accept(second, 'cti-17')).toBe('duplicate');
  });

  it('is kept though other events slip in between', async () => {
    const dial = await sent(newTenant(), '4732100123');
    const { tenant, callId } = dial.intent;
    const slip = () => test.redis.hincrby(test.names.call(tenant, callId), 'v', 1);
    const [outcome] = await Promise.all([accept(dial, 'cti-18'), slip(), slip(), slip()]);
    expect(outcome).toBe('applied');
    expect((await callOf(dial)).externalCallId).toBe('cti-18');
  });
});
