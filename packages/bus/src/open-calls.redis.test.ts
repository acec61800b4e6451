import { randomUUID } from 'node:crypto';
import { planReap } from '@ramal/calls';
import type { CallEvent } from '@ramal/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitOf, incoming, newTenant, openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { createCallBus } from './call-bus.ts';
import { createOpenCalls, type OpenCalls } from './open-calls.ts';

let test: TestBus;
let open: OpenCalls;
beforeAll(async () => {
  test = await openTestBus();
  open = createOpenCalls(test.redis, test.names);
});
afterAll(() => test.close());

const HOUR_MS = 60 * 60 * 1000;
const memberOf = ({ tenant, callId }: CallEvent) => JSON.stringify([tenant, callId]);
const keyOf = ({ tenant }: CallEvent) => test.names.openCalls(test.names.partitionOf(tenant));
const scoreOf = async (event: CallEvent) => {
  const score = await test.redis.zscore(keyOf(event), memberOf(event));
  return score === null ? null : Number(score);
};
const another = (event: CallEvent, type: CallEvent['type']) =>
  ({ ...event, type, eventId: randomUUID(), at: event.at + 1 }) as CallEvent;
const refOf = ({ tenant, callId }: CallEvent) => ({ tenant, callId });
const keptMs = ({ tenant, callId }: CallEvent) => test.redis.pttl(test.names.call(tenant, callId));

describe('the calls without an end', () => {
  it('gain a call with its first commit, to be looked at a minute after each', async () => {
    const event = incoming(newTenant());
    const { nowMs } = await test.bus.commit(commitOf(event));
    expect(await scoreOf(event)).toBe(nowMs + 60_000);
    await test.redis.zadd(keyOf(event), 1, memberOf(event));
    const later = await test.bus.commit(commitOf(another(event, 'call.answered'), [event]));
    expect(await scoreOf(event)).toBe(later.nowMs + 60_000);
  });

  it('are looked at when their tenant’s time has come, where whoever commits knows it', async () => {
    const times = new Map<string, number>();
    const bus = createCallBus(test.redis, test.names, { maxCallMsOf: (tenant) => times.get(tenant) ?? null });
    const event = incoming(newTenant());
    const { nowMs } = await bus.commit(commitOf(event));
    expect(await scoreOf(event)).toBe(nowMs + 60_000);
    times.set(event.tenant, HOUR_MS);
    const answer = another(event, 'call.answered');
    await bus.commit(commitOf(answer, [event]));
    expect(await scoreOf(event)).toBe(answer.at + HOUR_MS);
    await bus.commit(commitOf(another(answer, 'call.ended'), [event, answer], { ended: true }));
    expect(await scoreOf(event)).toBeNull();
  });

  it('lose it with its end, and gain none by a commit that comes to nothing', async () => {
    const event = incoming(newTenant());
    await test.bus.commit(commitOf(event));
    const end = another(event, 'call.ended');
    await test.bus.commit(commitOf(end, [event], { ended: true }));
    expect(await scoreOf(event)).toBeNull();
    expect((await test.bus.commit(commitOf(event))).outcome).toBe('duplicate');
    expect((await test.bus.commit(commitOf(another(event, 'call.answered'), [event]))).outcome).toBe(
      'conflict',
    );
    expect(await scoreOf(event)).toBeNull();
  });

  it('are due by Redis’ clock, the longest overdue first, so many and no more, one partition’s alone', async () => {
    const tenant = newTenant();
    const events = Array.from({ length: 5 }, () => incoming(tenant));
    for (const event of events) await test.bus.commit(commitOf(event));
    const partition = test.names.partitionOf(tenant);
    const due = async (limit = 100) =>
      (await open.due(partition, limit)).filter((call) => call.tenant === tenant).map(({ callId }) => callId);
    expect(await due()).toEqual([]);
    const [a, b, c] = events as [CallEvent, CallEvent, CallEvent];
    await test.redis.zadd(keyOf(a), 3, memberOf(a), 1, memberOf(b), 2, memberOf(c));
    expect(await due()).toEqual([b.callId, c.callId, a.callId]);
    expect(await due(2)).toEqual([b.callId, c.callId]);
    expect((await open.due(1 - partition, 100)).filter((call) => call.tenant === tenant)).toEqual([]);
  });

  it('I6 tenants whose names look alike are told apart', async () => {
    const odd = incoming('","');
    await test.bus.commit(commitOf(odd));
    await test.redis.zadd(keyOf(odd), 1, memberOf(odd));
    expect(await open.due(test.names.partitionOf(odd.tenant), 100)).toContainEqual(refOf(odd));
    await open.lookAgain(refOf(odd), 1, null);
  });
});

describe('a call that was looked at', () => {
  it('is looked at again when told, or never', async () => {
    const event = incoming(newTenant());
    await test.bus.commit(commitOf(event));
    await open.lookAgain(refOf(event), 1, 1_234);
    expect(await scoreOf(event)).toBe(1_234);
    await open.lookAgain(refOf(event), 1, null);
    expect(await scoreOf(event)).toBeNull();
    // Out is out: only a commit puts it in again.
    await open.lookAgain(refOf(event), 1, 1_234);
    expect(await scoreOf(event)).toBeNull();
  });

  it('is left as a commit in between has put it', async () => {
    const event = incoming(newTenant());
    await test.bus.commit(commitOf(event));
    const { nowMs } = await test.bus.commit(commitOf(another(event, 'call.answered'), [event]));
    await open.lookAgain(refOf(event), 1, 1_234);
    await open.lookAgain(refOf(event), 1, null);
    // As if it had been gone when it was looked for, and was told of again.
    await open.lookAgain(refOf(event), 0, null);
    expect(await scoreOf(event)).toBe(nowMs + 60_000);
  });

  it('that Redis has forgotten is dropped', async () => {
    const event = incoming(newTenant());
    await test.bus.commit(commitOf(event));
    await test.redis.del(test.names.call(event.tenant, event.callId));
    await open.lookAgain(refOf(event), 0, null);
    expect(await scoreOf(event)).toBeNull();
  });

  it('can be put off, and only off; and can be called for, and only sooner', async () => {
    const event = incoming(newTenant());
    const { nowMs } = await test.bus.commit(commitOf(event));
    await open.putOff(refOf(event), 1_234);
    expect(await scoreOf(event)).toBe(nowMs + 60_000);
    await open.putOff(refOf(event), nowMs + 90_000);
    expect(await scoreOf(event)).toBe(nowMs + 90_000);
    await open.lookNow(refOf(event), nowMs);
    await open.lookNow(refOf(event), nowMs + 1);
    expect(await scoreOf(event)).toBe(nowMs);
    await open.lookAgain(refOf(event), 1, null);
    await open.putOff(refOf(event), nowMs);
    expect(await scoreOf(event)).toBeNull();
    // One that was never put in, such as a call older than this list.
    await open.lookNow(refOf(event), nowMs);
    expect(await scoreOf(event)).toBe(nowMs);
  });
});

it('R46 a call that was closed for want of an end is kept as long as an open one, until its end is told', async () => {
  const event = incoming(newTenant(), { externalCallId: 'x1' });
  await test.bus.commit(commitOf(event, [], { externalCallId: 'x1' }));
  const external = test.names.external(event.tenant, 'x1');
  for (const key of [test.names.call(event.tenant, event.callId), external]) {
    await test.redis.pexpire(key, HOUR_MS);
  }
  const planned = planReap(event.tenant, { callId: event.callId, version: 1, events: [event] }, event.at + 1);
  expect((await test.bus.commit(planned)).outcome).toBe('applied');
  expect(await keptMs(event)).toBeGreaterThan(11 * HOUR_MS);
  expect(await test.redis.pttl(external)).toBeGreaterThan(11 * HOUR_MS);
  const end = another(event, 'call.ended');
  await test.bus.commit(commitOf(end, planned.events, { ended: true }));
  expect(await keptMs(event)).toBeLessThanOrEqual(3 * HOUR_MS);
  expect(await scoreOf(event)).toBeNull();
});
