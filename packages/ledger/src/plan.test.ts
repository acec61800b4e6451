import { beforeAll, describe, expect, it } from 'vitest';
import { toLedgerTenants } from './ledger-tenants.ts';
import { type LedgerPlan, makePlan, type PlannedCall } from './plan.ts';

const tenants = toLedgerTenants(10_000);
let plan: LedgerPlan;
beforeAll(() => {
  plan = makePlan({ calls: 10_000, seed: 3, tenants });
});

const countBy = (calls: readonly PlannedCall[], word: (call: PlannedCall) => string) => {
  const counts = new Map<string, number>();
  for (const call of calls) counts.set(word(call), (counts.get(word(call)) ?? 0) + 1);
  return counts;
};

describe('makePlan', () => {
  it('makes the same plan of the same seed and another one of another', () => {
    expect(makePlan({ calls: 500, seed: 3, tenants })).toEqual(makePlan({ calls: 500, seed: 3, tenants }));
    expect(makePlan({ calls: 500, seed: 3, tenants })).not.toEqual(
      makePlan({ calls: 500, seed: 4, tenants }),
    );
  });

  it('has calls of every shape, dials by the hundred among them', () => {
    const shapes = countBy(plan.calls, ({ shape }) => shape);
    expect([...shapes.keys()].sort()).toEqual([
      'answered',
      'dial',
      'internal',
      'missed',
      'orphan',
      'outbound',
    ]);
    expect(shapes.get('dial')).toBeGreaterThan(200);
    expect([...shapes.values()].reduce((a, b) => a + b)).toBe(10_000);
  });

  it('sends one callback in ten twice, half of them at the same moment', () => {
    const callbacks = plan.calls.flatMap((call) => call.callbacks);
    const doubled = callbacks.filter(({ copyDueMs }) => copyDueMs !== null);
    expect(doubled.length / callbacks.length).toBeCloseTo(0.1, 1);
    const atOnce = doubled.filter(({ dueMs, copyDueMs }) => dueMs === copyDueMs);
    expect(atOnce.length / doubled.length).toBeCloseTo(0.5, 1);
  });

  it('shuffles the callbacks of many calls', () => {
    const shuffled = plan.calls.filter(({ callbacks }) =>
      callbacks.some(({ dueMs }, i) => dueMs < (callbacks[i - 1]?.dueMs ?? 0)),
    );
    expect(shuffled.length).toBeGreaterThan(4000);
  });

  it('lets two calls of one company share their numbers only a minute apart, and their ids never', () => {
    const last = new Map<string, number>();
    let repeated = 0;
    for (const { tenant, origin, destination, startMs } of plan.calls) {
      const pair = [tenant.tenant, ...[origin, destination].sort()].join(' ');
      const before = last.get(pair);
      if (before !== undefined) {
        repeated += 1;
        expect(startMs - before).toBeGreaterThanOrEqual(65_000);
      }
      last.set(pair, startMs);
    }
    expect(repeated).toBeGreaterThan(50);
    const named = plan.calls.filter(({ externalCallId }) => externalCallId !== null);
    const ids = countBy(named, ({ tenant, externalCallId }) => `${tenant.tenant} ${externalCallId}`);
    expect(ids.size).toBe(named.length);
  });

  it('gives the companies the same extensions, far ends and ids', () => {
    const shared = (left: string, right: string, read: (call: PlannedCall) => string | null) => {
      const wordsOf = (name: string) => plan.calls.filter((one) => one.tenant.tenant === name).map(read);
      const known = new Set(wordsOf(left));
      return new Set(wordsOf(right).filter((word) => known.has(word))).size;
    };
    expect(shared('ids-a', 'ids-b', ({ externalCallId }) => externalCallId)).toBeGreaterThan(2000);
    const toWords = ({ origin, destination }: PlannedCall) => `${origin} ${destination}`;
    expect(shared('numbers-a', 'numbers-b', toWords)).toBeGreaterThan(10);
  });

  it('has agents with two tabs, with one and with none, and never lets the last kind dial', () => {
    expect(new Set(plan.agents.map(({ tabs }) => tabs.length))).toEqual(new Set([0, 1, 2]));
    const away = new Set(plan.agents.filter(({ tabs }) => tabs.length === 0).map(({ agent }) => agent));
    const dials = plan.calls.filter(({ shape }) => shape === 'dial');
    expect(dials.filter(({ agents }) => agents.some((agent) => away.has(agent)))).toEqual([]);
  });
});
