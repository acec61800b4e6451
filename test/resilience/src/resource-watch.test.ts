import { expect, test } from 'vitest';
import { judgeLife, LEAST_LIFE_MS, type ProcessLife } from './resource-watch.ts';

const MB = 1024 * 1024;
const MINUTE_MS = 60_000;

/** A life of twenty minutes, looked at every five seconds. */
function toLife(held: (minute: number) => { mb?: number; descriptors?: number }): ProcessLife {
  const samples = Array.from({ length: 241 }, (_, i) => {
    const { mb = 100, descriptors = 40 } = held(i / 12);
    return { atMs: i * 5000, rssBytes: mb * MB, descriptors };
  });
  return { instance: 'webhook', pid: 1, samples };
}

test('a process that warms up and then breathes is flat', () => {
  const life = toLife((minute) => ({
    mb: minute < 3 ? 60 + 20 * minute : 120 + 10 * Math.sin(minute * 7),
    descriptors: 40 + (Math.floor(minute * 12) % 5),
  }));
  expect(judgeLife(life)).toMatchObject({ flat: true, minutes: 20, descriptors: 42 });
});

test('memory that grows all the while is found, and so are descriptors that nobody closes', () => {
  expect(judgeLife(toLife((minute) => ({ mb: 100 + 8 * minute })))).toMatchObject({
    flat: false,
    mbAnHour: 480,
  });
  expect(judgeLife(toLife((minute) => ({ descriptors: 40 + 6 * minute })))).toMatchObject({ flat: false });
});

test('of a process that did not get old nothing is said', () => {
  const { samples, ...life } = toLife(() => ({}));
  expect(judgeLife({ ...life, samples: samples.filter(({ atMs }) => atMs < LEAST_LIFE_MS) })).toBeNull();
  expect(judgeLife({ ...life, samples: [] })).toBeNull();
  expect(samples.at(-1)?.atMs).toBe(20 * MINUTE_MS);
});
