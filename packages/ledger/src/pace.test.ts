import { expect, test } from 'vitest';
import { createPace } from './pace.ts';

test('fewer calls may be alive while callbacks pile up, and more again when they do not', () => {
  let nowMs = 0;
  let pending = 0;
  const pace = createPace(
    () => pending,
    () => nowMs,
  );
  /** How many calls may begin at this moment. */
  const room = () => {
    let begun = 0;
    for (; !pace.isBehind(); begun++) pace.begin(1000);
    return begun;
  };
  expect(room()).toBe(200);
  expect(room()).toBe(0);
  nowMs = 2000;
  const easy = room();
  expect(easy).toBeGreaterThan(200);
  pending = 500;
  for (; nowMs < 10_000; nowMs += 250) pace.isBehind();
  const behind = room();
  expect(behind).toBeLessThan(easy / 2);
  expect(behind).toBeGreaterThan(0);
});
