import { toShown } from '../measure/alternate.ts';

/** A drawing that can be read on a light and on a dark page: its colours follow the reader's. */
interface Chart {
  title: string;
  /** What is drawn, in which unit. */
  subtitle: string;
}

const WIDTH = 720;
const LEFT = 130;
const RIGHT = 110;
const TOP = 66;
const COLOURS = ['#2f6fde', '#c2571a', '#2a8f5a', '#8a4fc7', '#b0892b', '#c23a6b', '#3a8fa3'];
const STYLE = `<style>
  text { font: 13px system-ui, sans-serif; fill: #1c2430 }
  .title { font-weight: 600; font-size: 15px }
  .quiet { fill: #5a6675 }
  .line { stroke: #c9d1da }
  .ours { fill: #2f6fde } .floor { fill: #7d8896 } .peer { fill: #b9c0c9 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6ebf1 } .quiet { fill: #9aa7b6 } .line { stroke: #3a4552 }
    .ours { fill: #6aa0ff } .floor { fill: #8a95a3 } .peer { fill: #596573 }
  }
</style>`;

/** A bar a side, its least and most run marked by a thin line. */
export function drawBars(
  chart: Chart & {
    bars: readonly {
      name: string;
      look: 'ours' | 'floor' | 'peer';
      value: number;
      least: number;
      most: number;
    }[];
  },
): string {
  const { bars } = chart;
  const largest = Math.max(...bars.map(({ most }) => most), Number.MIN_VALUE);
  const toX = (value: number) => LEFT + (value / largest) * (WIDTH - LEFT - RIGHT);
  const rows = bars.map(({ name, look, value, least, most }, i) => {
    const y = TOP + i * 34;
    const middle = y + 11;
    return [
      text(LEFT - 10, y + 16, name, 'text-anchor="end"'),
      `<rect class="${look}" x="${LEFT}" y="${y}" width="${round(toX(value) - LEFT)}" height="22" rx="2"/>`,
      `<path class="line" stroke-width="2" d="M${round(toX(least))} ${middle}H${round(toX(most))}"/>`,
      text(round(toX(most)) + 8, y + 16, toShown(value)),
    ].join('\n');
  });
  return frame(chart, TOP + bars.length * 34 + 8, rows);
}

/** A line a series over the sizes, each as so many times its first value. */
export function drawGrowth(
  chart: Chart & { sizes: readonly string[]; series: readonly { name: string; values: readonly number[] }[] },
): string {
  const { sizes, series } = chart;
  const height = 220;
  const relative = series.map(({ values }) => values.map((value) => value / (values[0] || 1)));
  const largest = Math.max(2, ...relative.flat());
  const right = WIDTH - 20;
  const toX = (i: number) => LEFT + (i / Math.max(1, sizes.length - 1)) * (right - LEFT - 20);
  const toY = (value: number) => TOP + height - (value / largest) * height;
  const grid = Array.from({ length: Math.floor(largest) + 1 }, (_, value) =>
    [
      `<path class="line" d="M${LEFT} ${round(toY(value))}H${right}"/>`,
      text(LEFT - 10, round(toY(value)) + 4, `${value}×`, 'text-anchor="end" class="quiet"'),
    ].join('\n'),
  );
  const ticks = sizes.map((size, i) =>
    text(round(toX(i)), TOP + height + 20, size, 'text-anchor="middle" class="quiet"'),
  );
  const lines = relative.map((values, n) => {
    const points = values.map((value, i) => `${round(toX(i))},${round(toY(value))}`).join(' ');
    return `<polyline points="${points}" fill="none" stroke="${colour(n)}" stroke-width="2"/>`;
  });
  const legend = series.map(({ name, values }, n) => {
    const y = TOP + height + 46 + n * 20;
    return [
      `<rect x="${LEFT}" y="${y - 10}" width="14" height="4" fill="${colour(n)}"/>`,
      text(LEFT + 22, y - 3, `${name}: ${values.map(toShown).join(', ')}`),
    ].join('\n');
  });
  return frame(chart, TOP + height + 46 + series.length * 20, [...grid, ...ticks, ...lines, ...legend]);
}

function frame({ title, subtitle }: Chart, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(`${title}: ${subtitle}`)}">`,
    STYLE,
    text(16, 26, title, 'class="title"'),
    text(16, 46, subtitle, 'class="quiet"'),
    ...parts,
    '</svg>\n',
  ].join('\n');
}

const colour = (n: number) => COLOURS[n % COLOURS.length] ?? '#888888';
const round = (value: number) => Math.round(value * 10) / 10;
const text = (x: number, y: number, content: string, attributes = '') =>
  `<text x="${x}" y="${y}" ${attributes}>${escape(content)}</text>`;
const escape = (value: string) =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
