import { expect, test } from 'vitest';
import { ALL_ROWS } from './src/all-rows.ts';
import { chooseRows } from './src/options.ts';
import { runRows } from './src/run-rows.ts';

/** As little load as a row makes sense with; `npm run test:faults` plays the whole table at full size. */
const SCALE = 0.005;
/** Times are held against their bounds by the whole run, on a machine that does nothing else. */
const PATIENCE = 20;

function play(names: readonly string[]) {
  const said: string[] = [];
  const environment = { log: (line: string) => void said.push(line), signal: new AbortController().signal };
  const options = { ...environment, seed: 20_261_125, scale: SCALE, patience: PATIENCE };
  return { said, reports: runRows(chooseRows(ALL_ROWS, names), options, () => undefined) };
}

test('I3 I5 poison among good events: nothing lost, doubled, missed or ended', async () => {
  const { said, reports } = play(['poison']);
  for (const report of await reports) {
    expect(report, said.join('\n')).toMatchObject({ ok: true, wrong: {} });
    // The zeroes are about something.
    expect(report.n.callbacks).toBeGreaterThan(200);
    expect(report.n.popupsDue).toBeGreaterThan(100);
  }
}, 300_000);
