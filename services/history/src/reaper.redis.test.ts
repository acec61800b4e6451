import { reduceCall } from '@ramal/calls';
import { sleepUntil } from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BegunCall, newTenant, openTestReaping, type TestReaping } from '../test/open-test-reaping.ts';
import { type ReaperOptions, startReaper } from './reaper.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let test: TestReaping;
let reapers: { stop(): Promise<void> }[] = [];
beforeAll(async () => {
  test = await openTestReaping();
});
afterAll(() => test?.close());
beforeEach(() => {
  test.noted.length = 0;
});
afterEach(async () => {
  await Promise.all(reapers.map((reaper) => reaper.stop()));
  reapers = [];
});

/** A reaper that lets each tenant's calls last as long as `limits` says, else four hours. */
function start(limits: Record<string, number | Error> = {}, over: Partial<ReaperOptions> = {}): void {
  const { bus, openCalls, events } = test;
  const reaper = startReaper({
    bus,
    openCalls,
    events,
    partitions: 2,
    everyMs: 20,
    maxCallMsOf: async (tenant) => {
      const limit = limits[tenant] ?? 4 * HOUR_MS;
      if (limit instanceof Error) throw limit;
      return limit;
    },
    ...over,
  });
  reapers.push(reaper);
}

const typesOf = async (call: BegunCall) => (await test.streamOf(call)).map(({ type }) => type);
const reapedOf = (call: BegunCall) => test.noted.filter((note) => note === `reaped ${call.callId} redis`);
const untilReaped = (call: BegunCall) =>
  sleepUntil(() => reapedOf(call).length > 0, { describe: () => test.noted.join('; ') });
/** Waits until a call that is surely due has had its turn, after all that were due before it. */
async function untilLookedAt(...calls: BegunCall[]): Promise<void> {
  for (const call of calls) {
    await sleepUntil(async () => (await test.dueAt(call)) !== 1, {
      describe: `${call.tenant} to be looked at`,
    });
  }
}

describe('a call whose end nobody told', () => {
  it('is closed as unknown once its tenant’s own time has passed, and not before', async () => {
    const [quick, slow, usual] = [newTenant(), newTenant(), newTenant()];
    const agoMs = 30 * MINUTE_MS;
    const gone = await test.begin(quick, agoMs);
    const stays = [await test.begin(slow, agoMs), await test.begin(usual, agoMs)];
    const tooLong = await test.begin(usual, 4 * HOUR_MS + 1000);
    start({ [quick]: 20 * MINUTE_MS, [slow]: 40 * MINUTE_MS });
    await untilReaped(gone);
    await untilReaped(tooLong);
    await untilLookedAt(...stays);
    for (const call of stays) expect(await typesOf(call)).toEqual(['call.incoming']);
    const events = await test.streamOf(gone);
    expect(events.map(({ type }) => type)).toEqual(['call.incoming', 'call.reaped']);
    expect(reduceCall(events)).toMatchObject({ state: 'ended', result: 'unknown', durationSec: null });
    // Those that stay are looked at again when their time has come, not every minute.
    const [slowOne, usualOne] = stays as [BegunCall, BegunCall];
    expect(await test.dueAt(slowOne)).toBe(slowOne.at + 40 * MINUTE_MS);
    expect(await test.dueAt(usualOne)).toBe(usualOne.at + 4 * HOUR_MS);
    await sleepUntil(async () => (await test.dueAt(gone)) !== 1);
  });

  it('tells its agent that it is over', async () => {
    const tenant = newTenant();
    const call = await test.begin(tenant, 5 * HOUR_MS);
    start();
    await untilReaped(call);
    const inbox = await test.redis.xrange(test.names.inbox(tenant, 'ana'), '-', '+');
    const told = inbox.map(([, fields]) => JSON.parse(fields[1] ?? '{}') as { op: string; data: object });
    expect(told.find(({ op }) => op === 'call.ended')?.data).toMatchObject({ state: 'ended' });
  });

  it('is closed once by three who look at it at once, thirty calls over', async () => {
    const tenant = newTenant();
    const calls: BegunCall[] = [];
    for (let n = 0; n < 30; n++)
      calls.push(await test.begin(tenant, 5 * HOUR_MS, { peer: `47321${1000 + n}` }));
    for (let n = 0; n < 3; n++) start({}, { everyMs: 1 });
    for (const call of calls) await untilReaped(call);
    for (const call of calls) {
      expect(await typesOf(call)).toEqual(['call.incoming', 'call.reaped']);
      expect(reapedOf(call)).toHaveLength(1);
    }
  });

  it('R46 and its end told at the same moment make one right call, whoever is first', async () => {
    const tenant = newTenant();
    for (let n = 0; n < 3; n++) start({}, { everyMs: 1 });
    for (let n = 0; n < 60; n++) {
      const call = await test.begin(tenant, 5 * HOUR_MS, {
        peer: `47322${1000 + n}`,
        origin: `47322${1000 + n}`,
        ...(n % 2 === 0 ? { externalCallId: `x${n}` } : {}),
      });
      // One in three is surely told too late; of the others whoever is faster is first.
      if (n % 3 === 0) await untilReaped(call);
      expect(await test.tellEnd(call, { result: 'completed', durationSec: 77 })).toBe(call.callId);
      await untilLookedAt(call);
      const events = await test.streamOf(call);
      const types = events.map(({ type }) => type);
      expect(types.filter((type) => type === 'call.ended')).toHaveLength(1);
      expect(types.filter((type) => type === 'call.reaped').length).toBeLessThanOrEqual(1);
      const end = events.find(({ type }) => type === 'call.ended');
      expect(reduceCall(events)).toMatchObject({
        state: 'ended',
        result: 'completed',
        durationSec: 77,
        endedAt: end?.at,
      });
    }
  });

  it('is left alone when something is told of it while it is looked at', async () => {
    const tenant = newTenant();
    const call = await test.begin(tenant, 5 * HOUR_MS);
    const busy = {
      ...test.bus,
      async view(query: Parameters<typeof test.bus.view>[0]) {
        const seen = await test.bus.view(query);
        if (query.callId === call.callId && seen.calls[0]?.version === 1) {
          await test.tellEnd(call, { kind: 'answered' });
        }
        return seen;
      },
    };
    start({}, { bus: busy });
    await untilLookedAt(call);
    await sleepUntil(async () => (await typesOf(call)).length === 2);
    expect(await typesOf(call)).toEqual(['call.incoming', 'call.answered']);
    // The word that came in between counts: its time begins anew.
    await test.makeDue(call);
    await untilLookedAt(call);
    const [, answered] = await test.streamOf(call);
    expect(await test.dueAt(call)).toBe((answered?.at ?? 0) + 4 * HOUR_MS);
  });

  it('ends also when the CTI has given its id to another call meanwhile', async () => {
    const tenant = newTenant();
    const old = await test.begin(tenant, 5 * HOUR_MS, { externalCallId: '17' });
    // Redis has let go of the id, and the CTI has begun to count anew.
    await test.redis.del(test.names.external(tenant, '17'));
    const fresh = await test.begin(tenant, 1000, { externalCallId: '17' });
    start();
    await untilReaped(old);
    expect(await test.redis.get(test.names.external(tenant, '17'))).toBe(fresh.callId);
    expect(await test.tellEnd(fresh)).toBe(fresh.callId);
  });
});

describe('the reaper', () => {
  it('drops what Redis has forgotten, and what has ended', async () => {
    const tenant = newTenant();
    const [forgotten, over] = [
      await test.begin(tenant, HOUR_MS),
      await test.begin(tenant, HOUR_MS, { peer: '99' }),
    ];
    await test.redis.del(test.names.call(tenant, forgotten.callId));
    await test.tellEnd(over);
    await test.openCalls.lookNow(over, 1);
    start();
    await sleepUntil(async () => (await test.dueAt(forgotten)) === null && (await test.dueAt(over)) === null);
    expect(await typesOf(over)).toEqual(['call.incoming', 'call.ended']);
  });

  it('waits with calls whose settings nobody knows, tells it once a sweep, and goes on with the others', async () => {
    const [unknown, known] = [newTenant(), newTenant()];
    const waiting = [
      await test.begin(unknown, 5 * HOUR_MS),
      await test.begin(unknown, 5 * HOUR_MS, { peer: '99' }),
    ];
    const call = await test.begin(known, 5 * HOUR_MS);
    const limits: Record<string, number | Error> = { [unknown]: new Error('directory away') };
    start(limits);
    await untilReaped(call);
    await untilLookedAt(...waiting);
    expect(test.noted.filter((note) => note.includes('directory away')).length).toBeLessThanOrEqual(2);
    for (const one of waiting) {
      expect(await typesOf(one)).toEqual(['call.incoming']);
      expect(await test.dueAt(one)).toBeGreaterThan(Date.now());
    }
    limits[unknown] = HOUR_MS;
    for (const one of waiting) await test.makeDue(one);
    for (const one of waiting) await untilReaped(one);
  });

  it('goes on behind a call it can’t read', async () => {
    const tenant = newTenant();
    const broken = await test.begin(tenant, 5 * HOUR_MS);
    await test.redis.hset(test.names.call(tenant, broken.callId), 'd', '{"nonsense');
    const call = await test.begin(tenant, 5 * HOUR_MS, { peer: '99' });
    start();
    await untilReaped(call);
    await untilLookedAt(broken);
    expect(await test.dueAt(broken)).toBeGreaterThan(Date.now());
    await test.openCalls.lookAgain(broken, 1, null);
  });

  it('closes more calls than one batch holds', async () => {
    const tenant = newTenant();
    const calls: BegunCall[] = [];
    for (let n = 0; n < 250; n++)
      calls.push(await test.begin(tenant, 5 * HOUR_MS, { peer: `4733${10_000 + n}` }));
    start();
    await sleepUntil(() => calls.every((call) => reapedOf(call).length === 1), { timeoutMs: 30_000 });
  });

  it('waits while Redis is away, and goes on when it is back', async () => {
    const call = await test.begin(newTenant(), 4 * HOUR_MS);
    start({ [call.tenant]: 8 * HOUR_MS });
    await untilLookedAt(call);
    await test.server.kill();
    await sleepUntil(() => test.noted.some((note) => note.startsWith('failed reaper')), {
      timeoutMs: 30_000,
    });
    await test.server.restart();
    const later = await sleepUntil(() => test.begin(newTenant(), 5 * HOUR_MS).catch(() => undefined), {
      timeoutMs: 30_000,
      describe: 'Redis to be back',
    });
    await untilReaped(later);
  });
});
