/** What the fairness bench is asked to do. */
export interface FairnessOptions {
  tenants: number;
  sick: number;
  /** How long each of a round's two parts measures, in seconds. */
  seconds: number;
  rounds: number;
  /** Dials of each tenant in a minute. */
  perMinute: number;
}

/** An option that can't be understood; the message says which and what it takes. */
export class BenchOptionError extends Error {
  readonly code = 'bench_option_invalid';
  override readonly name = 'BenchOptionError';
}

export const HELP = `npm run bench: how the whole system behaves under load. Without a name, every bench runs.

  npm run bench -- fairness --tenants 200 --sick 20 --seconds 30 --rounds 3

fairness: what do companies whose CTI is well feel of those whose CTI is not? Each company dials at a steady pace, first
with all CTIs well, then with some of them mute, breaking connections off or taking 5 s, in turns. Measured is the time from
the agent's dial frame to the request at the CTI, of those companies alone whose CTI is always well.

  --tenants N      companies; default 200
  --sick N         of these, whose CTIs fall sick; default 20
  --seconds N      how long each part of a round measures; default 30
  --rounds N       rounds of one part well, one part sick; default 3
  --perMinute N    dials of each company in a minute; default 60
  --help           this text

It prints a table, and one JSON object as the last line of standard output, which is also in reports/bench.json. Exit code:
0 when every dial of a well company arrived, 1 when not, 2 for a wrong option, 130 after Ctrl-C. It runs servers and services
of its own on free ports of 127.0.0.1 and leaves nothing behind. Other work on the machine is measured with it.
`;

const LIMITS = {
  tenants: [2, 2_000],
  sick: [1, 500],
  seconds: [1, 600],
  rounds: [1, 100],
  perMinute: [1, 600],
} as const satisfies Record<keyof FairnessOptions, readonly [least: number, most: number]>;

const DEFAULTS: FairnessOptions = { tenants: 200, sick: 20, seconds: 30, rounds: 3, perMinute: 60 };

/**
 * Reads the name of a bench and `--name value` or `--name=value`.
 * @returns 'help' when that is asked for
 * @throws BenchOptionError
 */
export function parseOptions(args: readonly string[]): FairnessOptions | 'help' {
  if (args.includes('--help') || args.includes('-h')) return 'help';
  const [first, ...others] = args;
  const named = first !== undefined && !first.startsWith('--');
  if (named && first !== 'fairness') throw new BenchOptionError(`there is no bench ${first}`);
  const words = (named ? others : args).flatMap((word) => {
    const at = word.startsWith('--') ? word.indexOf('=') : -1;
    return at === -1 ? [word] : [word.slice(0, at), word.slice(at + 1)];
  });
  const options = { ...DEFAULTS };
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i]?.replace(/^--/, '') ?? '';
    if (!isOption(name) || !words[i]?.startsWith('--')) {
      throw new BenchOptionError(`unknown option ${words[i]}`);
    }
    options[name] = toNumber(name, words[i + 1]);
  }
  if (options.sick >= options.tenants) throw new BenchOptionError('--sick must be less than --tenants');
  return options;
}

function isOption(name: string): name is keyof FairnessOptions {
  return Object.hasOwn(LIMITS, name);
}

function toNumber(name: keyof FairnessOptions, text: string | undefined): number {
  const [least, most] = LIMITS[name];
  const value = /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new BenchOptionError(
    `--${name} takes a whole number from ${least} to ${most}, not ${text ?? 'nothing'}`,
  );
}
