import { sleepUntil } from '@ramal/testkit';
import { expect, test } from 'vitest';
import { createEventLoopCheck } from './event-loop-check.ts';

/** Keeps the loop busy, as a regular expression gone wild does. */
function block(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

test('a loop that crawls is told, and one that runs again is well', async () => {
  const check = createEventLoopCheck();
  try {
    // What is measured is the time between two rounds: none after the last look is none at all.
    let rounds = 0;
    const told = await sleepUntil(
      () => {
        block(1_200);
        rounds += 1;
        return rounds % 3 === 0 ? (check.check() ?? undefined) : undefined;
      },
      { timeoutMs: 60_000, everyMs: 1 },
    );
    expect(told).toMatch(/^runs \d{4,} ms late$/);
    await sleepUntil(() => check.check() === null, { timeoutMs: 30_000, everyMs: 200 });
  } finally {
    check.stop();
  }
}, 100_000);
