import { WireError } from '@ramal/runtime';
import { describe, expect, it } from 'vitest';
import { createTenantLanes, type LaneLimit, type TenantLanesOptions } from './tenant-lanes.ts';

const open = (over: Partial<TenantLanesOptions> = {}) => {
  const shed: LaneLimit[] = [];
  const lanes = createTenantLanes({
    concurrency: 2,
    queue: 3,
    perSec: 1_000,
    longestWaitMs: 60_000,
    onShed: (limit) => shed.push(limit),
    now: () => 0,
    ...over,
  });
  /** Work that ends when it is told to. */
  const started: string[] = [];
  const finish = new Map<string, () => void>();
  const run = (tenant: string, name: string) => {
    const done = lanes.run(tenant, async () => {
      started.push(name);
      await new Promise<void>((resolve) => finish.set(name, resolve));
      return name;
    });
    // Who is looked at later must not be an unhandled rejection now.
    done.catch(() => undefined);
    return done;
  };
  return { lanes, shed, started, run, end: (name: string) => finish.get(name)?.() };
};

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('threat 9 a tenant’s lane', () => {
  it('works on so many at once, lets so many wait in their order, and puts off the rest by 503', async () => {
    const { shed, started, run, end } = open();
    const names = ['1', '2', '3', '4', '5', '6'];
    const all = names.map((name) => run('a', name));
    const refused = await all[5]?.catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(WireError);
    expect(refused).toMatchObject({ code: 'unavailable', httpStatus: 503, retryable: true });
    expect([started, shed]).toEqual([['1', '2'], ['tenant_queue']]);
    for (const [index, name] of names.slice(0, 5).entries()) {
      end(name);
      expect(await all[index]).toBe(name);
      await settled();
    }
    expect(started).toEqual(['1', '2', '3', '4', '5']);
  });

  it('is never in another one’s way', async () => {
    const { run, started, end } = open();
    for (const name of ['1', '2', '3', '4', '5', '6']) void run('a', name);
    const other = run('b', 'b1');
    await settled();
    expect(started).toEqual(['1', '2', 'b1']);
    end('b1');
    expect(await other).toBe('b1');
  });

  it('goes on after work that failed', async () => {
    const { lanes } = open({ concurrency: 1 });
    const fails = lanes.run('a', () => Promise.reject(new Error('Redis')));
    const next = lanes.run('a', async () => 'done');
    await expect(fails).rejects.toThrow('Redis');
    expect(await next).toBe('done');
  });

  it('lets nobody wait longer than a CTI would, and passes over who gave up', async () => {
    const { run, shed, started, end } = open({ concurrency: 1, longestWaitMs: 20 });
    const first = run('a', '1');
    await expect(run('a', '2')).rejects.toMatchObject({ code: 'unavailable' });
    expect(shed).toEqual(['tenant_wait']);
    end('1');
    await first;
    const third = run('a', '3');
    await settled();
    expect(started).toEqual(['1', '3']);
    end('3');
    await third;
  });

  it('has a rate, counted for each tenant', async () => {
    const { lanes, shed } = open({ perSec: 5 });
    const work = async () => 'ok';
    for (let i = 0; i < 10; i++) expect(await lanes.run('a', work)).toBe('ok');
    await expect(lanes.run('a', work)).rejects.toMatchObject({ httpStatus: 503 });
    expect(await lanes.run('b', work)).toBe('ok');
    expect(shed).toEqual(['tenant_rate']);
  });
});
