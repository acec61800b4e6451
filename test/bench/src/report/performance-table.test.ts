import { describe, expect, it } from 'vitest';
import type { SpeedReport } from '../speed/speed-report.ts';
import type { KeptReports } from './kept-report.ts';
import { drawReport, renderPerformance } from './performance-table.ts';
import { renderSpeed } from './render-speed.ts';
import { replaceBetween } from './write-performance-doc.ts';

const report = (more: Partial<SpeedReport> = {}): SpeedReport => ({
  bench: 'callback',
  ok: true,
  options: { runs: 2 },
  unit: 'callback',
  figures: [{ key: 'cpuUs', title: 'CPU a callback', unit: 'µs' }],
  sides: [
    { name: 'ramal', kind: 'ramal', runs: { cpuUs: [90, 110] }, medians: { cpuUs: 100 } },
    { name: 'a < b & "c"', kind: 'floor', runs: { cpuUs: [40, 60] }, medians: { cpuUs: 50 } },
  ],
  goals: [{ what: 'CPU over the floor’s', measured: 2, limit: { most: 1.15 }, met: false }],
  notes: ['0 callbacks refused'],
  ...more,
});
const kept = (reports: SpeedReport[]): KeptReports => ({
  machine: { cpu: 'a processor', cores: 2, system: 'linux', node: 'v20' },
  reports: Object.fromEntries(
    reports.map((one) => [one.bench, { at: '2026-11-25T00:00:00Z', seconds: 1, report: one }]),
  ),
});

describe('what a bench of speed found', () => {
  it('is told with its ratio, its goal and whether that is met', () => {
    expect(renderSpeed(report())).toContain('✗ CPU over the floor’s: 2, goal ≤ 1.15');
    expect(renderSpeed(report())).toMatch(/CPU a callback, µs +100 \(90 to 110\)/);
    const page = renderPerformance(kept([report()]), ['fan-out', 'callback']);
    expect(page).toContain('| callback | CPU over the floor’s | ≤ 1.15 | 2 | missed |');
    expect(page).toContain('| CPU a callback, µs | 100 | 50 |');
    expect(page).toContain('npm run bench -- callback --runs 2');
  });

  it('stands in the order of the benches, without those of another form', () => {
    const fairness = { bench: 'fairness', ok: true } as unknown as SpeedReport;
    const page = renderPerformance(kept([report(), report({ bench: 'memory' }), fairness]), [
      'memory',
      'callback',
      'fairness',
    ]);
    expect(page.indexOf('### memory')).toBeLessThan(page.indexOf('### callback'));
    expect(page).not.toContain('### fairness');
  });

  it('is drawn with a bar a side, for light and dark pages, and texts are texts', () => {
    const drawn = drawReport(report());
    expect(drawn.match(/<rect class="(ours|floor)"/g)).toHaveLength(2);
    expect(drawn).toContain('prefers-color-scheme: dark');
    expect(drawn).toContain('a &lt; b &amp; &quot;c&quot;');
    const widths = [...drawn.matchAll(/<rect class="\w+" x="130" y="\d+" width="([\d.]+)"/g)].map(
      ([, width]) => Number(width),
    );
    expect(widths[0]).toBeCloseTo((widths[1] ?? 0) * 2, 0);
  });

  it('of growth is drawn as lines that begin at one', () => {
    const drawn = drawReport(report({ bench: 'growth' }));
    expect(drawn.match(/<polyline/g)).toHaveLength(1);
    expect(drawn).toContain('CPU a callback, µs: 100, 50');
  });

  it('replaces what was written before, and nothing else of the page', () => {
    const begin = '<!-- written by npm run bench -- report -->';
    const page = `# Head\n${begin}\nold\n<!-- end of what is written -->\ntail\n`;
    const once = replaceBetween(page, 'new');
    expect(once).toContain('# Head');
    expect(once).toContain('tail');
    expect(once).not.toContain('old');
    expect(replaceBetween(once, 'new')).toBe(once);
    expect(() => replaceBetween('no marks', 'new')).toThrow(/marks/);
  });
});
