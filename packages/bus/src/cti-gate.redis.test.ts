import { sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenant, openTestBus, type TestBus } from '../test/open-test-bus.ts';
import {
  createCtiGate,
  createDownCtis,
  type CtiGate,
  type CtiGateTimes,
  type CtiOutcome,
  type CtiQuestion,
} from './cti-gate.ts';

const NEVER_MS = 600_000;
const LIMITS = { maxConcurrentDials: 10, maxDialsPerSecond: 200 };

let test: TestBus;
beforeAll(async () => {
  test = await openTestBus();
});
afterAll(() => test.close());

let fences = 0;
function question(over: Partial<CtiQuestion> = {}): CtiQuestion {
  fences += 1;
  const base = { fence: `fence-${fences}`, waited: false, again: false, leftMs: 10_000, limits: LIMITS };
  return { ...base, ...over };
}
const gateWith = (times: Partial<CtiGateTimes> = {}) => createCtiGate(test.redis, test.names, times);
const downNow = async (tenant: string) =>
  (await createDownCtis(test.redis, test.names, { keepMs: NEVER_MS })()).has(tenant);

/** One dial, in and out; says how it was let in. */
async function dial(gate: CtiGate, tenant: string, outcome: CtiOutcome, over: Partial<CtiQuestion> = {}) {
  const ask = question(over);
  const { kind } = await gate.enter(tenant, ask);
  if (kind === 'in') await gate.leave(tenant, ask.fence, outcome);
  return kind;
}
async function fail(gate: CtiGate, tenant: string, times: number) {
  for (let i = 0; i < times; i++) expect(await dial(gate, tenant, 'failed')).toBe('in');
}
/** Lets the time pass that the breaker stays open. */
async function passOpenTime(tenant: string) {
  await test.redis.hset(test.names.cti(tenant), 'until', '1');
}
const openForMs = async (tenant: string) => Number(await test.redis.hget(test.names.cti(tenant), 'cooldown'));

describe('places at a CTI', () => {
  it('are as many as the tenant says, for all dialers together, and come free when a dial ends', async () => {
    const tenant = newTenant();
    const [one, other] = [gateWith(), createCtiGate(await test.connect('commands'), test.names)];
    const asked = Array.from({ length: 30 }, () => question());
    const answers = await Promise.all(asked.map((ask, i) => (i % 2 ? one : other).enter(tenant, ask)));
    const inside = asked.filter((_, i) => answers[i]?.kind === 'in');
    expect(inside).toHaveLength(10);
    await other.leave(tenant, inside[0]?.fence ?? '', 'ok');
    expect(await one.enter(tenant, question({ waited: true }))).toEqual({ kind: 'in' });
    expect(await other.enter(tenant, question({ waited: true }))).toMatchObject({ kind: 'wait' });
    expect(await one.enter(newTenant(), question())).toEqual({ kind: 'in' });
  });

  it('come back by themselves when nobody gives them back', async () => {
    const tenant = newTenant();
    const gate = gateWith({ leaseMs: 300 });
    const limits = { ...LIMITS, maxConcurrentDials: 2 };
    const killed = [question({ limits }), question({ limits })];
    for (const ask of killed) expect(await gate.enter(tenant, ask)).toEqual({ kind: 'in' });
    expect(await gate.enter(tenant, question({ limits }))).toMatchObject({ kind: 'wait' });
    // Both places: whoever takes them now keeps them.
    const lasting = gateWith({ leaseMs: 60_000 });
    for (const _ of killed) {
      await sleepUntil(
        async () => (await lasting.enter(tenant, question({ limits, waited: true }))).kind === 'in',
      );
    }
    // What the dead dialer would have said comes too late to count.
    for (const ask of killed) expect(await gate.leave(tenant, ask.fence, 'failed')).toBe('unchanged');
    expect(await test.redis.hget(test.names.cti(tenant), 'failures')).toBeNull();
  });

  it('a question sent twice takes one place, and an end told twice counts once', async () => {
    const tenant = newTenant();
    const gate = gateWith();
    const ask = question({ limits: { ...LIMITS, maxConcurrentDials: 1 } });
    expect(await gate.enter(tenant, ask)).toEqual({ kind: 'in' });
    expect(await gate.enter(tenant, ask)).toEqual({ kind: 'in' });
    for (let i = 0; i < 9; i++) await gate.leave(tenant, ask.fence, 'failed');
    expect(await dial(gate, tenant, 'ok')).toBe('in');
    expect(await downNow(tenant)).toBe(false);
  });

  it('hostile tenants and fences reach nobody else', async () => {
    const gate = gateWith();
    for (const tenant of ['a:b', '{x}', '*', '__proto__', 'until', '']) {
      expect(await dial(gate, tenant, 'ok', { fence: 'x y 0 {"}' })).toBe('in');
    }
  });
});

describe('the pace of a CTI', () => {
  it('lets twice a second’s dials in at once and gives the others one turn after the other', async () => {
    const tenant = newTenant();
    const gate = gateWith();
    const limits = { maxConcurrentDials: 200, maxDialsPerSecond: 10 };
    const answers = [];
    for (let i = 0; i < 60; i++) answers.push(await gate.enter(tenant, question({ limits })));
    const entered = answers.filter(({ kind }) => kind === 'in').length;
    expect(entered).toBeGreaterThanOrEqual(20);
    expect(answers.slice(0, 20).every(({ kind }) => kind === 'in')).toBe(true);
    const waits = answers.flatMap((answer) => (answer.kind === 'wait' ? [answer.ms] : []));
    expect(waits).toHaveLength(60 - entered);
    // Each turn is a tenth of a second after the one before, less what the test itself took in between.
    expect(waits.at(-1)).toBeGreaterThan(waits[0] ?? Infinity);
    expect(Math.max(...waits)).toBeLessThanOrEqual(100 * waits.length);
  });

  it('who comes anew does not overtake those who wait, and who has waited goes in', async () => {
    const tenant = newTenant();
    const gate = gateWith();
    const limits = { maxConcurrentDials: 200, maxDialsPerSecond: 0.5 };
    expect(await gate.enter(tenant, question({ limits }))).toEqual({ kind: 'in' });
    expect(await gate.enter(tenant, question({ limits }))).toMatchObject({ kind: 'wait' });
    // The pace allows one more by now.
    await test.redis.hset(test.names.cti(tenant), 'tokens', '1');
    expect(await gate.enter(tenant, question({ limits }))).toMatchObject({ kind: 'wait' });
    expect(await gate.enter(tenant, question({ limits, waited: true }))).toEqual({ kind: 'in' });
  });

  it('dials whose turn would be after their deadline put off nobody else’s', async () => {
    const tenant = newTenant();
    const gate = gateWith();
    const limits = { maxConcurrentDials: 200, maxDialsPerSecond: 1 };
    for (let i = 0; i < 2; i++) await gate.enter(tenant, question({ limits }));
    for (let i = 0; i < 500; i++) await gate.enter(tenant, question({ limits, leftMs: 3_000 }));
    const last = await gate.enter(tenant, question({ limits }));
    expect(last).toMatchObject({ kind: 'wait' });
    expect(last.kind === 'wait' ? last.ms : 0).toBeLessThanOrEqual(4_000);
  });
});

describe('the circuit breaker', () => {
  type Row = [title: string, dials: (CtiOutcome | 'retry failed')[], opens: boolean];
  it.each<Row>([
    ['four failures', ['failed', 'failed', 'failed', 'failed'], false],
    ['five failures', ['failed', 'failed', 'failed', 'failed', 'failed'], true],
    ['an answer among them', ['failed', 'failed', 'failed', 'failed', 'ok', 'failed'], false],
    [
      'what was not the CTI’s doing',
      ['failed', 'failed', 'neutral', 'failed', 'failed', 'neutral', 'failed'],
      true,
    ],
    ['what was not the CTI’s doing alone', Array<CtiOutcome>(9).fill('neutral'), false],
    ['one dial tried again and again', ['failed', ...Array<'retry failed'>(5).fill('retry failed')], false],
    [
      'two dials tried again and again',
      ['failed', 'failed', ...Array<'retry failed'>(10).fill('retry failed')],
      false,
    ],
    [
      'three dials, two of them tried again',
      ['failed', 'retry failed', 'failed', 'retry failed', 'failed'],
      true,
    ],
    ['three dials tried four times', ['failed', 'retry failed', 'failed', 'failed'], false],
    [
      'an answer between their retries',
      ['failed', 'retry failed', 'failed', 'ok', 'retry failed', 'failed'],
      false,
    ],
  ])('after %s: %j, opens: %s', async (_, dials, opens) => {
    const [tenant, gate] = [newTenant(), gateWith()];
    for (const outcome of dials) {
      const again = outcome === 'retry failed';
      expect(await dial(gate, tenant, again ? 'failed' : outcome, { again })).toBe('in');
    }
    expect(await dial(gate, tenant, 'ok')).toBe(opens ? 'down' : 'in');
    expect(await downNow(tenant)).toBe(opens);
  });

  it('open: lets nobody in and says until when; other tenants don’t feel it', async () => {
    const [tenant, gate] = [newTenant(), gateWith()];
    await fail(gate, tenant, 5);
    const { nowMs } = await test.bus.view({ tenant });
    const answer = await gate.enter(tenant, question());
    expect(answer.kind === 'down' ? answer.untilMs - nowMs : 0).toBeGreaterThan(5_000);
    expect(answer.kind === 'down' ? answer.untilMs - nowMs : Infinity).toBeLessThanOrEqual(10_000);
    expect(await dial(gate, newTenant(), 'ok')).toBe('in');
  });

  it('half-open: one of fifty from two dialers is let in, and the next only when that one has ended', async () => {
    const tenant = newTenant();
    const [one, other] = [gateWith(), createCtiGate(await test.connect('commands'), test.names)];
    await fail(one, tenant, 5);
    await passOpenTime(tenant);
    const asked = Array.from({ length: 50 }, () => question());
    const answers = await Promise.all(asked.map((ask, i) => (i % 2 ? one : other).enter(tenant, ask)));
    const probes = asked.filter((_, i) => answers[i]?.kind === 'in');
    expect(probes).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === 'down')).toHaveLength(49);
    expect(await downNow(tenant)).toBe(true);
    // It did not ask the CTI: the next one is the probe.
    await one.leave(tenant, probes[0]?.fence ?? '', 'neutral');
    expect(await dial(other, tenant, 'ok')).toBe('in');
    expect(await downNow(tenant)).toBe(false);
    await Promise.all(Array.from({ length: 5 }, () => dial(one, tenant, 'ok')));
    expect(await dial(one, tenant, 'ok')).toBe('in');
  });

  it('a probe that fails opens it for twice as long, a minute at most, whatever retry it is; a good one starts over', async () => {
    const [tenant, gate] = [newTenant(), gateWith()];
    await fail(gate, tenant, 5);
    const times = [await openForMs(tenant)];
    for (let i = 0; i < 4; i++) {
      await passOpenTime(tenant);
      expect(await dial(gate, tenant, 'failed', { again: true })).toBe('in');
      expect(await dial(gate, tenant, 'ok')).toBe('down');
      times.push(await openForMs(tenant));
    }
    expect(times).toEqual([10_000, 20_000, 40_000, 60_000, 60_000]);
    await passOpenTime(tenant);
    expect(await dial(gate, tenant, 'ok')).toBe('in');
    await fail(gate, tenant, 5);
    expect(await openForMs(tenant)).toBe(10_000);
  });

  it('a probe whose dialer was killed is followed by another one', async () => {
    const [tenant, gate] = [newTenant(), gateWith({ leaseMs: 200 })];
    await fail(gate, tenant, 5);
    await passOpenTime(tenant);
    expect((await gate.enter(tenant, question())).kind).toBe('in');
    expect((await gate.enter(tenant, question())).kind).toBe('down');
    await sleepUntil(async () => (await gate.enter(tenant, question())).kind === 'in');
  });

  it('what began before it opened changes nothing, neither while it is open nor after it closed', async () => {
    const [tenant, gate] = [newTenant(), gateWith()];
    const slow = Array.from({ length: 6 }, () => question({ limits: { ...LIMITS, maxConcurrentDials: 20 } }));
    for (const ask of slow) expect((await gate.enter(tenant, ask)).kind).toBe('in');
    await fail(gate, tenant, 4);
    expect(await dial(gate, tenant, 'failed', { limits: { ...LIMITS, maxConcurrentDials: 20 } })).toBe('in');
    expect(await gate.leave(tenant, slow.pop()?.fence ?? '', 'ok')).toBe('unchanged');
    expect(await dial(gate, tenant, 'ok')).toBe('down');
    await passOpenTime(tenant);
    expect(await dial(gate, tenant, 'ok')).toBe('in');
    for (const ask of slow) expect(await gate.leave(tenant, ask.fence, 'failed')).toBe('unchanged');
    expect(await dial(gate, tenant, 'ok')).toBe('in');
  });

  it('is forgotten when nobody dials for long, and then the CTI is not told to be down either', async () => {
    const keepMs = 1_500;
    const [tenant, gate] = [newTenant(), gateWith({ shortestMs: 100, keepMs })];
    const readDown = createDownCtis(test.redis, test.names, { keepMs });
    await fail(gate, tenant, 5);
    expect((await readDown()).has(tenant)).toBe(true);
    await sleepUntil(async () => !(await readDown()).has(tenant), { timeoutMs: 30_000 });
    await sleepUntil(async () => (await test.redis.exists(test.names.cti(tenant))) === 0, {
      timeoutMs: 30_000,
    });
    expect(await dial(gate, tenant, 'failed')).toBe('in');
  });

  it('a CTI that Redis told to be down and forgot why is up with its next answer', async () => {
    const [tenant, gate] = [newTenant(), gateWith()];
    await fail(gate, tenant, 5);
    await test.redis.del(test.names.cti(tenant));
    expect(await downNow(tenant)).toBe(true);
    expect(await dial(gate, tenant, 'ok')).toBe('in');
    expect(await downNow(tenant)).toBe(false);
  });
});
