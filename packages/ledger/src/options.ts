/** What a run is asked to do. */
export interface LedgerOptions {
  /** Calls in all, those that agents dial included. */
  calls: number;
  /** How many ws-gateways run. */
  gateways: number;
  /** Same seed, same plan. */
  seed: number;
}

/** An option that can't be understood; the message says which and what it takes. */
export class LedgerOptionError extends Error {
  readonly code = 'ledger_option_invalid';
  override readonly name = 'LedgerOptionError';
}

export const HELP = `npm run ledger: sends calls through the whole system and joins what was sent, acknowledged, stored and shown.

  npm run ledger -- --calls 1000 --gateways 2 --seed 7

  --calls N      calls in all; default 10000
  --gateways N   ws-gateways that the agents' tabs are spread over, 1 to 8; default 3
  --seed N       same seed, same plan; default: a new one, which is printed
  --help         this text

One callback in ten is sent twice, and each is up to 5 s late, so that they arrive in any order. Agents with one or two
tabs are cut off at random and come back. At the end PostgreSQL says what was due. What it did is told on standard error;
the last line of standard output is one JSON object with all counts. Exit code: 0 when everything that must be zero is,
1 when not, 2 for a wrong option, 130 after Ctrl-C.

It runs servers and services of its own on free ports of 127.0.0.1 and leaves nothing behind. Of the environment it takes
DATABASE_URL, as the server on which to make a database for the run.
`;

const LIMITS = {
  calls: [1, 1_000_000],
  gateways: [1, 8],
  seed: [0, 2 ** 32 - 1],
} as const satisfies Record<keyof LedgerOptions, readonly [least: number, most: number]>;

/**
 * Reads `--name value` and `--name=value`.
 * @param freshSeed for a run that names none
 * @returns 'help' when that is asked for
 * @throws LedgerOptionError
 */
export function parseOptions(args: readonly string[], freshSeed: number): LedgerOptions | 'help' {
  if (args.includes('--help') || args.includes('-h')) return 'help';
  const options: LedgerOptions = { calls: 10_000, gateways: 3, seed: freshSeed };
  const words = args.flatMap((arg) => (/^--\w+=/.test(arg) ? split(arg) : [arg]));
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i]?.replace(/^--/, '') ?? '';
    if (!isOption(name) || !words[i]?.startsWith('--')) {
      throw new LedgerOptionError(`unknown option ${words[i]}`);
    }
    options[name] = toNumber(name, words[i + 1]);
  }
  return options;
}

function split(arg: string): [string, string] {
  const at = arg.indexOf('=');
  return [arg.slice(0, at), arg.slice(at + 1)];
}

function isOption(name: string): name is keyof LedgerOptions {
  return Object.hasOwn(LIMITS, name);
}

function toNumber(name: keyof LedgerOptions, text: string | undefined): number {
  const [least, most] = LIMITS[name];
  const value = /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new LedgerOptionError(
      `--${name} takes a whole number from ${least} to ${most}, not ${text ?? 'nothing'}`,
    );
  }
  return value;
}
