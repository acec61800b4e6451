import { expect, it } from 'vitest';
import { runHostile } from './hostile.ts';
import { renderHostile } from './hostile-report.ts';

it('threat 9 measures agents with a hostile crew and without, and the gateway lives through it', async () => {
  const options = { agents: 12, seconds: 2, rounds: 1 };
  const signal = new AbortController().signal;
  const report = await runHostile(options, { log: () => undefined, signal });
  expect(report).toMatchObject({ bench: 'hostile', refused: 0, gatewayRestarted: false, options });
  // A machine that does much else may let a dial run into its deadline; that one is told as missing then.
  const counted = report.parts.map(({ round, kind, work, count, missing }) => [
    round,
    kind,
    work,
    count + missing,
  ]);
  expect(counted).toEqual([
    [1, 'quiet', 'popup', 40],
    [1, 'quiet', 'dial', 10],
    [1, 'attacked', 'popup', 40],
    [1, 'attacked', 'dial', 10],
  ]);
  expect(report.ok).toBe(report.parts.every(({ missing }) => missing === 0));
  expect(report.quiet.popup.count).toBeGreaterThan(0);
  expect(report.attacked.popup.count).toBeGreaterThan(0);
  // Which of them has its turn in two seconds is the machine's to say.
  expect(Object.values(report.attacks).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(10);
  expect(renderHostile(report)).toContain('p99 of popups attacked over quiet');
}, 180_000);
