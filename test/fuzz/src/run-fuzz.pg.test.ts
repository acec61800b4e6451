import { expect, test } from 'vitest';
import { runFuzz } from './run-fuzz.ts';
import { TARGETS } from './targets.ts';

test('150 hostile inputs for each target: nothing ends, hangs, tells of our insides or hurts a good event', async () => {
  const said: string[] = [];
  const report = await runFuzz({
    ...{ inputs: 150, seed: 20_261_125, targets: TARGETS, index: null },
    log: (line) => said.push(line),
    signal: new AbortController().signal,
  });
  expect(report, said.filter((line) => line.startsWith('✗')).join('\n')).toMatchObject({
    ...{ ok: true, crashes: 0, hangs: 0, leaks: 0, unexpected5xx: 0, sentinelsLost: 0, forged: 0 },
    inputs: Object.fromEntries(TARGETS.map((target) => [target, 150])),
  });
  // The zeroes are about something.
  expect(report.sentinels).toBeGreaterThan(TARGETS.length * 7);
}, 600_000);
