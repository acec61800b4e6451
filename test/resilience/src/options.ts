import { OptionError } from '@ramal/devstack';
/** What a run of the fault table is asked to do. */
export interface FaultOptions {
  /** Names of rows; empty is all. */
  rows: string[];
  /** 1 is full size. */
  scale: number;
  seed: number;
}

/** What a soak is asked to do. */
export interface SoakOptions {
  minutes: number;
  seed: number;
}

export const FAULTS_HELP = `npm run test:faults: plays the fault table, each row at full size, and holds the system to what it promises.

  npm run test:faults -- --rows kill-webhook,redis-killed --scale 0.1 --seed 7

  --rows A,B     only these; \`--rows list\` prints all names with their promises; a name that ends in * is all that begin so
  --scale N      0.005 to 4: how much of the full load, and how long the faults last; default 1
  --seed N       same seed, same load and moments; default: a new one, which is printed
  --help         this text

Progress is told on standard error, one line a row on standard output; the report is written to reports/faults.json. Exit
code: 0 when every promise is kept, 1 when not, 2 for a wrong option, 130 after Ctrl-C. At full size, on two cores, some
40 minutes. It runs servers and services of its own on free ports of 127.0.0.1 and leaves nothing behind.
`;

export const SOAK_HELP = `npm run soak: mixes faults at random over a running load and counts everything that is wrong.

  npm run soak -- --minutes 60 --seed 7

  --minutes N    at least so long; default 30
  --seed N       same seed, same faults in the same order; default: a new one, which is printed
  --help         this text

After each round, two or three a minute, it prints what was played and counted so far. Memory and descriptors of each process
that got old enough are judged at the end: they must not grow. Exit code: 0 when nothing was wrong, 1 when something was,
2 for a wrong option, 130 after Ctrl-C. The report is written to reports/soak.json.
`;

const SCALES = [0.005, 4] as const;
const MOST_MINUTES = 7 * 24 * 60;

/** @throws OptionError */
export function parseFaultOptions(args: readonly string[], freshSeed: number): FaultOptions | 'help' {
  if (args.includes('--help') || args.includes('-h')) return 'help';
  const given = toPairs(args, ['rows', 'scale', 'seed']);
  return {
    rows: (given.get('rows') ?? '').split(',').filter((name) => name !== ''),
    scale: toNumber('scale', given.get('scale') ?? '1', ...SCALES),
    seed: toWhole('seed', given.get('seed') ?? String(freshSeed), 0, 2 ** 32 - 1),
  };
}

/** @throws OptionError */
export function parseSoakOptions(args: readonly string[], freshSeed: number): SoakOptions | 'help' {
  if (args.includes('--help') || args.includes('-h')) return 'help';
  const given = toPairs(args, ['minutes', 'seed']);
  return {
    minutes: toWhole('minutes', given.get('minutes') ?? '30', 1, MOST_MINUTES),
    seed: toWhole('seed', given.get('seed') ?? String(freshSeed), 0, 2 ** 32 - 1),
  };
}

/** The rows that are asked for, in the order of the table. @throws OptionError for a name of none */
export function chooseRows<Row extends { name: string }>(
  all: readonly Row[],
  wanted: readonly string[],
): Row[] {
  const fits = (row: Row, name: string) =>
    name.endsWith('*') ? row.name.startsWith(name.slice(0, -1)) : row.name === name;
  for (const name of wanted) {
    if (!all.some((row) => fits(row, name))) {
      throw new OptionError(`there is no row "${name}"; --rows list prints all`);
    }
  }
  return wanted.length === 0 ? [...all] : all.filter((row) => wanted.some((name) => fits(row, name)));
}

function toPairs(args: readonly string[], names: readonly string[]): Map<string, string> {
  const words = args.flatMap((arg) => {
    const at = arg.indexOf('=');
    return arg.startsWith('--') && at > 0 ? [arg.slice(0, at), arg.slice(at + 1)] : [arg];
  });
  const given = new Map<string, string>();
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i]?.replace(/^--/, '') ?? '';
    const value = words[i + 1];
    if (!names.includes(name) || !words[i]?.startsWith('--')) {
      throw new OptionError(`unknown option ${words[i]}`);
    }
    if (value === undefined) throw new OptionError(`--${name} takes a value`);
    given.set(name, value);
  }
  return given;
}

function toNumber(name: string, text: string, least: number, most: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new OptionError(`--${name} takes a number from ${least} to ${most}, not ${text}`);
  }
  return value;
}

function toWhole(name: string, text: string, least: number, most: number): number {
  const value = toNumber(name, text, least, most);
  if (!Number.isInteger(value)) throw new OptionError(`--${name} takes a whole number, not ${text}`);
  return value;
}
