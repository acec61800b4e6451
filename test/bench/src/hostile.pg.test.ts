import { expect, it } from 'vitest';
import { renderHostile, runHostile } from './hostile.ts';

it('threat 9 measures agents with a hostile crew and without, and none of their calls is lost', async () => {
  const options = { agents: 12, seconds: 2, rounds: 1 };
  const signal = new AbortController().signal;
  const report = await runHostile(options, { log: () => undefined, signal });
  expect(report).toMatchObject({ bench: 'hostile', ok: true, refused: 0, gatewayRestarted: false, options });
  expect(report.parts).toMatchObject([
    { round: 1, kind: 'quiet', work: 'popup', count: 40, missing: 0 },
    { round: 1, kind: 'quiet', work: 'dial', count: 10, missing: 0 },
    { round: 1, kind: 'attacked', work: 'popup', count: 40, missing: 0 },
    { round: 1, kind: 'attacked', work: 'dial', count: 10, missing: 0 },
  ]);
  // Which of them has its turn in two seconds is the machine's to say.
  expect(Object.values(report.attacks).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(10);
  expect(renderHostile(report)).toContain('p99 of popups attacked over quiet');
}, 180_000);
