import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runBench, type OneBench } from '../run-bench.ts';
import type { SpeedReport } from './speed-report.ts';

/** The smallest that says anything at all. */
const SMALLEST: OneBench[] = [
  { bench: 'fan-out', options: { agents: 8, perSec: 100, ring: 2, seconds: 0.3, runs: 1 } },
  { bench: 'memory', options: { agents: 10, runs: 1 } },
  { bench: 'sign-in', options: { agents: 10, herd: 20, runs: 1 } },
  { bench: 'callback', options: { connections: 2, seconds: 0.3, runs: 1 } },
  { bench: 'dial', options: { agents: 2, perSec: 5, seconds: 0.3, runs: 1 } },
  { bench: 'history', options: { calls: 20, runs: 1 } },
  { bench: 'end-to-end', options: { agents: 4, perSec: 20, seconds: 0.3, runs: 1 } },
  {
    bench: 'growth',
    options: { agents: 2, tenants: 1, openCalls: 50, calls: 5, rows: 320, seconds: 0.3, runs: 1 },
  },
];
/** A process of each kind, a floor and a peer; `RAMAL_ALL_BENCHES=1` tries the others too. */
const FEW = ['fan-out', 'callback', 'history'];
const TRIED =
  process.env['RAMAL_ALL_BENCHES'] === '1' ? SMALLEST : SMALLEST.filter(({ bench }) => FEW.includes(bench));
const SIDES: Record<string, string[]> = {
  history: ['ramal', 'floor', 'copy', 'one by one'],
  growth: ['1×', '4×', '16×'],
  callback: ['ramal', 'floor'],
  dial: ['ramal', 'floor'],
  'end-to-end': ['ramal', 'floor'],
};

describe.skipIf(process.platform !== 'linux')('benches of speed, at their smallest', () => {
  let before: number[] = [];
  beforeAll(async () => {
    before = await readChildren();
  });
  afterAll(async () => {
    expect(await readChildren()).toEqual(before);
  });

  // Most of it is waiting for processes to start: all benches may wait at once.
  it.concurrent.each(TRIED.map((asked) => [asked.bench, asked] as const))(
    '%s measures all its sides, says how each goal was met, and leaves no process behind',
    async (bench, asked) => {
      const lines: string[] = [];
      const { report, text } = await runBench(asked, {
        log: (line) => void lines.push(line),
        signal: new AbortController().signal,
        cores: { server: 0, rest: 0, unpinned: 'a test shares its cores' },
      });
      const { ok, sides, figures, goals } = report as SpeedReport;
      expect(ok, lines.join('\n')).toBe(true);
      expect(sides.map(({ name }) => name)).toEqual(SIDES[bench] ?? ['ramal', 'floor', 'ws', 'socket.io']);
      for (const { runs, medians } of sides) {
        for (const { key } of figures) {
          expect(runs[key]?.length).toBe(1);
          expect(medians[key]).toBeTypeOf('number');
        }
      }
      expect(goals.length).toBeGreaterThan(0);
      for (const { what } of goals) expect(text).toContain(what);
    },
    180_000,
  );
});

/** Processes that this one has started and that run. */
async function readChildren(): Promise<number[]> {
  const children: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(parent) === process.pid && state !== 'Z') children.push(Number(name));
  }
  return children.sort((a, b) => a - b);
}
