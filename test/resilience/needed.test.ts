import { expect, test } from 'vitest';
import { ALL_NEEDED } from './src/all-rows.ts';
import { toNeededRow } from './src/needed.ts';
import { runRows } from './src/run-rows.ts';

/** The others take their time, with it and without: `npm run test:faults -- --rows needed:*` plays all. */
const QUICK = ['dialer.single_originate', 'webhook.dedupe'];

test('protections are needed: with it the promise holds, without it the promise breaks', async () => {
  const said: string[] = [];
  const environment = { log: (line: string) => void said.push(line), signal: new AbortController().signal };
  const rows = ALL_NEEDED.filter(({ protection }) => QUICK.includes(protection)).map(toNeededRow);
  const reports = await runRows(rows, { ...environment, seed: 1, scale: 1 }, () => undefined);
  expect(reports, said.join('\n')).toHaveLength(QUICK.length);
  for (const { name, ok, examples } of reports) expect(ok, `${name}: ${examples.join('; ')}`).toBe(true);
}, 300_000);
