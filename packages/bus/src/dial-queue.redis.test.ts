import { DIAL_DEADLINE_MS } from '@ramal/calls';
import { DIAL_QUEUE, type DialJob } from '@ramal/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newTenant, openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { createDialQueue, type DialQueue, toRetryDelayMs } from './dial-queue.ts';

let test: TestBus;
let queue: DialQueue;
beforeAll(async () => {
  test = await openTestBus();
  queue = createDialQueue(test.redis);
});
afterAll(async () => {
  await queue.close();
  await test.close();
});
afterEach(async () => {
  for (const key of await test.redis.keys(`${DIAL_QUEUE.prefix}:*`)) await test.redis.del(key);
});

describe('the dial queue', () => {
  const job = (over: Partial<DialJob> = {}): DialJob => ({
    tenant: newTenant(),
    intentId: 'click:1',
    ...over,
  });
  const jobKeys = async () =>
    (await test.redis.keys(`${DIAL_QUEUE.prefix}:*`)).filter((key) => key.includes(':dial-'));

  it('threat 4 holds ids only, and no name of ours needs escaping in it', async () => {
    const one = job();
    await queue.add({ ...one, to: '4732100123' } as DialJob, false);
    const [key] = await jobKeys();
    const stored = await test.redis.hgetall(key ?? '');
    expect(JSON.parse(stored['data'] ?? '')).toEqual(one);
    expect(key).toMatch(/:dial-[\w-]{43}$/);
  });

  it('takes the same dial once, and tells apart what only looks the same', async () => {
    const one = job({ tenant: 'a', intentId: 'b:c' });
    await Promise.all([queue.add(one, false), queue.add(one, true), queue.add(one, false)]);
    expect(await queue.waiting()).toBe(1);
    await queue.add(job({ tenant: 'a:b', intentId: 'c' }), false);
    expect(await queue.waiting()).toBe(2);
  });

  it('R42 an urgent dial goes before those that wait', async () => {
    const [slow, fast] = [job(), job()];
    await queue.add(slow, false);
    await queue.add(fast, true);
    const order = await test.redis.zrange(`${DIAL_QUEUE.prefix}:${DIAL_QUEUE.name}:prioritized`, '0', '-1');
    const tenants = await Promise.all(
      order.map(async (id) => {
        const data = await test.redis.hget(`${DIAL_QUEUE.prefix}:${DIAL_QUEUE.name}:${id}`, 'data');
        return (JSON.parse(data ?? '{}') as DialJob).tenant;
      }),
    );
    expect(tenants).toEqual([fast.tenant, slow.tenant]);
  });

  it('waits longer before each attempt, six in all inside the deadline', () => {
    const delays = [1, 2, 3, 4, 5].map(toRetryDelayMs);
    expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000]);
    expect(delays.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(DIAL_DEADLINE_MS);
  });
});
