import { expect, test } from 'vitest';
import { runFailpoints } from './run-failpoints.ts';

test('dialers that die at three points of a dial: no number dialled twice, one true final state for each click', async () => {
  const said: string[] = [];
  const report = await runFailpoints(
    {
      intents: 60,
      gateways: 1,
      seed: 20_261_122,
      log: (line) => said.push(line),
      signal: new AbortController().signal,
    },
    [{ name: 'three points', points: ['after_claim', 'after_sent', 'before_settle'] }],
  );
  // What comes too late on a machine that does everything at once is for the whole run to count.
  expect(report, said.filter((line) => line.startsWith('✗')).join('\n')).toMatchObject({
    ...{ intents: 60, doubleOriginates: 0, notRecorded: 0, notFinal: 0, twoFinals: 0 },
    ...{ falseAccepted: 0, falseFailed: 0, crashes: 0 },
  });
  // The zeroes are about something.
  expect(report.kills).toBeGreaterThan(0);
  expect(report.failpoints['three points']?.originates).toBeGreaterThan(0);
}, 300_000);
