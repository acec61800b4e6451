import { expect, test } from 'vitest';
import { judgeLife, LEAST_LIFE_MS, type ProcessLife } from './resource-watch.ts';

const MB = 1024 * 1024;
const MINUTE_MS = 60_000;

/** A life of twenty minutes, looked at every five seconds. */
function toLife(
  held: (minute: number) => { mb?: number; usedMb?: number; descriptors?: number },
): ProcessLife {
  const samples = Array.from({ length: 241 }, (_, i) => {
    const { mb = 100, usedMb = mb, descriptors = 40 } = held(i / 12);
    return { atMs: i * 5000, rssBytes: mb * MB, usedBytes: usedMb * MB, descriptors };
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

test('a young generation that is larger for a while is no leak, nor is garbage until it is collected', () => {
  const life = toLife((minute) => ({
    mb: minute < 15 ? 130 : 170,
    usedMb: 80 + 30 * (minute - Math.floor(minute)),
  }));
  expect(judgeLife(life)).toMatchObject({ flat: true, usedMb: 80, usedMbAnHour: 0 });
});

test('what lives and grows is found below garbage, and so is what is given back to nobody', () => {
  const breath = (minute: number) => 30 * (minute - Math.floor(minute));
  const living = toLife((minute) => ({ mb: 250, usedMb: 80 + 5 * minute + breath(minute) }));
  const grown = judgeLife(living);
  expect(grown?.flat).toBe(false);
  // The least of three minutes moves with the garbage in it.
  expect(grown?.usedMbAnHour).toBeGreaterThan(250);
  const kept = toLife((minute) => ({ mb: 130 + 9 * minute, usedMb: 80 }));
  expect(judgeLife(kept)).toMatchObject({ flat: false, usedMbAnHour: 0 });
});

test('memory that grows all the while is found, and so are descriptors that nobody closes', () => {
  expect(judgeLife(toLife((minute) => ({ mb: 100 + 8 * minute })))).toMatchObject({
    flat: false,
    usedMbAnHour: 480,
  });
  expect(judgeLife(toLife((minute) => ({ descriptors: 40 + 6 * minute })))).toMatchObject({ flat: false });
});

test('of a process that did not get old nothing is said', () => {
  const { samples, ...life } = toLife(() => ({}));
  expect(judgeLife({ ...life, samples: samples.filter(({ atMs }) => atMs < LEAST_LIFE_MS) })).toBeNull();
  expect(judgeLife({ ...life, samples: [] })).toBeNull();
  expect(samples.at(-1)?.atMs).toBe(20 * MINUTE_MS);
});
