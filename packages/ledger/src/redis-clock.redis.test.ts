import { expect, it } from 'vitest';
import { readRedisClock } from './redis-clock.ts';

it("knows how Redis' clock stands to ours, and how well it knows it", async () => {
  const { offsetMs, uncertaintyMs } = await readRedisClock(process.env['REDIS_URL'] ?? '');
  // A server of this machine has this machine's clock.
  expect(Math.abs(offsetMs)).toBeLessThanOrEqual(uncertaintyMs);
});
