import { randomUUID } from 'node:crypto';
import { sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenant, openTestBus, type TestBus } from '../test/open-test-bus.ts';
import {
  createDialLimiter,
  type DialAdmission,
  type DialAsked,
  type DialLimiter,
  type DialRates,
  MOST_RECORDED_REFUSALS,
} from './dial-limits.ts';

let test: TestBus;
/** Two processes. */
let limiters: DialLimiter[];
beforeAll(async () => {
  test = await openTestBus();
  limiters = await Promise.all(
    Array.from({ length: 2 }, async () => createDialLimiter(await test.connect('commands'), test.names)),
  );
});
afterAll(() => test.close());

const PLENTY: DialRates = {
  agentPerMinute: 1000,
  agentPerHour: 1000,
  tenantPerMinute: 1000,
  tenantPerHour: 1000,
  destinationPerMinute: 1000,
  destinationPerHour: 1000,
};
const NOW = expect.any(Number) as number;
const IN: DialAdmission = { kind: 'in', nowMs: NOW };
const TOO_OFTEN: DialAdmission = { kind: 'refused', reason: 'dial_rate_exceeded', nowMs: NOW };

/** The n-th dial, of an agent and to a number of its own. */
function nth(tenant: string, n: number, over: Partial<DialAsked> = {}): DialAsked {
  const to = `47321${String(n).padStart(5, '0')}`;
  return { tenant, user: `agent-${n}`, intentId: randomUUID(), to, destination: `+55${to}`, ...over };
}

const ask = (dial: DialAsked, rates: DialRates | null, denied: Parameters<DialLimiter['admit']>[1] = null) =>
  (limiters[Math.floor(Math.random() * 2)] as DialLimiter).admit(dial, denied, rates);
const countIn = (admissions: DialAdmission[]) => admissions.filter((one) => one.kind === 'in').length;
const many = (count: number, one: (n: number) => Promise<DialAdmission>) =>
  Promise.all(Array.from({ length: count }, (_, n) => one(n)));

describe('threat 1 of 200 dials at once exactly 20 pass', () => {
  it.each<[string, Partial<DialRates>, Partial<DialAsked>]>([
    ['an agent’s in a minute', { agentPerMinute: 20 }, { user: 'ana' }],
    ['an agent’s in an hour', { agentPerHour: 20 }, { user: 'ana' }],
    ['a company’s in a minute', { tenantPerMinute: 20 }, {}],
    ['a company’s in an hour', { tenantPerHour: 20 }, {}],
    ['those to one number in a minute', { destinationPerMinute: 20 }, { destination: '+554732100123' }],
    ['those to one number in an hour', { destinationPerHour: 20 }, { destination: '+554732100123' }],
  ])('of %s', async (_, limit, same) => {
    const tenant = newTenant();
    const all = await many(200, (n) => ask(nth(tenant, n, same), { ...PLENTY, ...limit }));
    expect(countIn(all)).toBe(20);
    // I6: what one company has used up, another has not.
    const other = await many(5, (n) => ask(nth(newTenant(), n, same), { ...PLENTY, ...limit }));
    expect(countIn(other)).toBe(5);
  });
});

it('a refused dial uses nothing up', async () => {
  const tenant = newTenant();
  const rates = { ...PLENTY, agentPerMinute: 1, destinationPerMinute: 2 };
  const to = { destination: '+554732100123' };
  expect(await ask(nth(tenant, 1, { user: 'ana', ...to }), rates)).toEqual(IN);
  for (let n = 0; n < 3; n++) {
    expect(await ask(nth(tenant, n, { user: 'ana', ...to }), rates)).toEqual(TOO_OFTEN);
  }
  expect(await ask(nth(tenant, 2, to), rates)).toEqual(IN);
  expect(await ask(nth(tenant, 3, to), rates)).toEqual(TOO_OFTEN);
});

it('I1 the same intent, however often and at once, counts once', async () => {
  const tenant = newTenant();
  const rates = { ...PLENTY, agentPerMinute: 2 };
  const first = nth(tenant, 1, { user: 'ana' });
  expect(countIn(await many(50, () => ask(first, rates)))).toBe(50);
  expect(await ask(nth(tenant, 2, { user: 'ana' }), rates)).toEqual(IN);
  expect(await ask(nth(tenant, 3, { user: 'ana' }), rates)).toEqual(TOO_OFTEN);
  expect(await ask(first, rates)).toEqual(IN);
});

it('I1 an intent that is recorded is known, whatever the counts are, and counts nothing', async () => {
  const tenant = newTenant();
  const rates = { ...PLENTY, agentPerMinute: 1 };
  const click = nth(tenant, 1, { user: 'ana' });
  await test.redis.hset(test.names.intent(tenant, click.intentId), 'state', 'accepted');
  const beforeMs = Number((await test.redis.time())[0]) * 1000;
  for (const denied of [null, 'dials_blocked'] as const) {
    const admission = await ask(click, rates, denied);
    expect(admission).toEqual({ kind: 'known', nowMs: NOW });
    expect(admission.nowMs).toBeGreaterThanOrEqual(beforeMs);
  }
  expect(await test.redis.keys(`${test.names.dialRate(tenant, 'agent', '').slice(0, -6)}*`)).toEqual([]);
  expect(await ask(nth(tenant, 2, { user: 'ana' }), rates)).toEqual(IN);
});

it('I1 a second click counts no second time, one after a dial that failed does', async () => {
  const tenant = newTenant();
  const rates = { ...PLENTY, agentPerMinute: 1 };
  const click = nth(tenant, 1);
  const recorded = async (state: string) => {
    const intent = test.names.intent(tenant, click.intentId);
    await test.redis.hset(intent, 'state', state);
    await test.redis.hset(test.names.recentDial(tenant, click.user, click.to), 'key', intent);
  };
  expect(await ask(click, rates)).toEqual(IN);
  await recorded('sent');
  expect(await ask({ ...click, intentId: randomUUID() }, rates)).toEqual(IN);
  await recorded('failed');
  expect(await ask({ ...click, intentId: randomUUID() }, rates)).toEqual(TOO_OFTEN);
});

it('an extension may be called as often as one likes, police and ambulance by whoever', async () => {
  const tenant = newTenant();
  const rates = { ...PLENTY, destinationPerMinute: 1, agentPerMinute: 5 };
  const inside = await many(5, (n) => ask(nth(tenant, n, { user: 'ana', destination: null }), rates));
  expect(countIn(inside)).toBe(5);
  expect(await ask(nth(tenant, 6, { user: 'ana', destination: null }), rates)).toEqual(TOO_OFTEN);
  expect(await ask(nth(tenant, 7, { user: 'ana', to: '190' }), null)).toEqual(IN);
});

it('threat 1 refusals are recorded up to a number a minute, and a flood of them not', async () => {
  const tenant = newTenant();
  const all = await many(MOST_RECORDED_REFUSALS * 5, (n) =>
    ask(nth(tenant, n), PLENTY, 'destination_premium'),
  );
  expect(all.filter((one) => one.kind !== 'flood')).toEqual(
    Array.from({ length: MOST_RECORDED_REFUSALS }, () => ({
      kind: 'refused',
      reason: 'destination_premium',
      nowMs: NOW,
    })),
  );
  expect(await ask(nth(tenant, 1, { user: 'ana' }), PLENTY)).toEqual(IN);
  expect(await ask(nth(tenant, 1), PLENTY, 'dials_blocked')).toEqual({ kind: 'flood', nowMs: NOW });
});

it('a dial at a CTI that is down counts and is refused at once, until one may try it again', async () => {
  const tenant = newTenant();
  const rates = { ...PLENTY, agentPerMinute: 2 };
  const dial = () => ask(nth(tenant, 1, { user: 'ana' }), rates);
  const { nowMs } = await test.bus.view({ tenant });
  await test.redis.hset(test.names.cti(tenant), 'until', String(nowMs + 60_000));
  expect(await dial()).toEqual({ kind: 'refused', reason: 'cti_unavailable', nowMs: NOW });
  expect(await ask(nth(newTenant(), 1), rates)).toEqual(IN);
  expect(await ask(nth(tenant, 2), rates, 'dials_blocked')).toMatchObject({ reason: 'dials_blocked' });
  await test.redis.hset(test.names.cti(tenant), 'until', String(nowMs));
  expect(await dial()).toEqual(IN);
  expect(await dial()).toEqual(TOO_OFTEN);
});

it('forgets what is older than its minute and its hour, and keeps no key for ever', async () => {
  const tenant = newTenant();
  const rates = { ...PLENTY, agentPerMinute: 1, agentPerHour: 3 };
  const dial = () => ask(nth(tenant, 1, { user: 'ana' }), rates);
  const key = test.names.dialRate(tenant, 'agent', 'ana');
  /** Moves what is counted back in time. */
  const pass = async (unit: 'm' | 'h', steps: number) => {
    for (const [field, value] of Object.entries(await test.redis.hgetall(key))) {
      if (!field.startsWith(unit)) continue;
      await test.redis.hdel(key, field);
      await test.redis.hset(key, `${unit}${Number(field.slice(1)) - steps}`, value);
    }
  };
  for (let n = 0; n < 3; n++) {
    expect(await dial()).toEqual(IN);
    await pass('m', 11);
    expect(await dial()).toEqual(TOO_OFTEN);
    await pass('m', 2);
  }
  expect(await dial()).toEqual(TOO_OFTEN);
  await pass('h', 13);
  await sleepUntil(async () => (await dial()).kind === 'in');
  expect(await test.redis.hlen(key)).toBe(2);
  for (const name of await test.redis.keys(`${test.names.dialRate(tenant, 'agent', '').slice(0, -6)}*`)) {
    expect(await test.redis.ttl(name)).toBeGreaterThan(0);
  }
});
