import { expect, test } from 'vitest';
import { runLedger } from './run-ledger.ts';

test('150 calls with doubled and shuffled callbacks and agents that reconnect: nothing lost, doubled or missed', async () => {
  const said: string[] = [];
  const report = await runLedger({
    calls: 150,
    gateways: 2,
    seed: 20_261_122,
    log: (line) => said.push(line),
    signal: new AbortController().signal,
  });
  expect(report, said.filter((line) => line.startsWith('✗')).join('\n')).toMatchObject({
    ...{ ok: true, calls: 150, gateways: 2, lost: 0, doubled: 0, mergedWrongly: 0, missed: 0, shownTwice: 0 },
    ...{
      afterExpiry: 0,
      foreign: 0,
      claimedTwice: 0,
      outOfOrder: 0,
      stray: 0,
      wrongState: 0,
      stale: 0,
      non2xx: 0,
    },
  });
  // The zeroes are about something.
  expect(report.callbacks).toBeGreaterThan(300);
  expect(report.duplicates).toBeGreaterThan(15);
  expect(report.reconnects).toBeGreaterThan(2);
  expect(report.popupsDue).toBeGreaterThan(100);
}, 300_000);

test('a run that is given up stops what it started', async () => {
  const stop = new AbortController();
  const running = runLedger({
    calls: 300,
    gateways: 1,
    seed: 1,
    log: (line) => {
      if (line.includes('calls begun')) stop.abort(new Error('given up'));
    },
    signal: stop.signal,
    onKillable: () => undefined,
  });
  await expect(running).rejects.toThrow('given up');
}, 300_000);
