import { afterEach, expect, test } from 'vitest';
import { createProgressCheck, type ProgressCheck } from './progress-check.ts';

let check: ProgressCheck | undefined;
afterEach(() => check?.stop());

function open() {
  const scene = { nowMs: 0, away: false };
  const opened = createProgressCheck({
    name: 'worker',
    problem: 'the worker makes no progress',
    stalledAfterMs: 60_000,
    isAway: () => scene.away,
    now: () => scene.nowMs,
    lookEveryMs: 1,
  });
  check = opened;
  return { scene, opened, at: (ms: number) => ((scene.nowMs = ms), opened.check()) };
}

test('liveness is lost when nothing comes round for too long, and is back with the next round', () => {
  const { opened, at } = open();
  expect(at(59_999)).toBeNull();
  expect(at(60_000)).toBe('the worker makes no progress for 60 s');
  opened.progressed();
  expect(at(100_000)).toBeNull();
  expect(at(120_000)).not.toBeNull();
});

test('what waits for something that is away is alive, however long, and has its whole time afterwards', () => {
  const { scene, at } = open();
  scene.away = true;
  expect(at(600_000)).toBeNull();
  scene.away = false;
  expect(at(659_999)).toBeNull();
  expect(at(660_000)).not.toBeNull();
});

test('an absence that nobody asked during counts too', async () => {
  const { scene, at } = open();
  scene.away = true;
  scene.nowMs = 600_000;
  // The check's own look.
  await new Promise((resolve) => setTimeout(resolve, 30));
  scene.away = false;
  expect(at(601_000)).toBeNull();
});
