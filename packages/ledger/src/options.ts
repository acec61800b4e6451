import { OptionError } from '@ramal/devstack';
/** What a run is asked to do. */
export interface LedgerOptions {
  /** Calls in all, those that agents dial included. */
  calls: number;
  /** How many ws-gateways run. */
  gateways: number;
  /** Same seed, same plan. */
  seed: number;
}

/** What a run that kills the dialers is asked to do. */
export interface FailpointOptions {
  /** Clicks at each failpoint. */
  intents: number;
  gateways: number;
  seed: number;
}

/** One of the two kinds of run. */
export type LedgerCommand = ({ mode: 'calls' } & LedgerOptions) | ({ mode: 'failpoints' } & FailpointOptions);

export const HELP = `npm run ledger: sends calls through the whole system and joins what was sent, acknowledged, stored and shown.

  npm run ledger -- --calls 1000 --gateways 2 --seed 7

  --calls N      calls in all; default 10000
  --gateways N   ws-gateways that the agents' tabs are spread over, 1 to 8; default 3
  --seed N       same seed, same plan; default: a new one, which is printed
  --help         this text

One callback in ten is sent twice, and each is up to 5 s late, so that they arrive in any order. Agents with one or two
tabs are cut off at random and come back. At the end PostgreSQL says what was due.

  npm run ledger -- --failpoints --intents 300

  --failpoints   kills the dialers instead, at one point of a dial after the other and then at any moment, while agents
                 click to dial and the CTI answers, answers late, or does not; the simulated CTI's log says how often
                 and when each number was really dialled
  --intents N    clicks at each failpoint; default 3000
  --gateways N   default 2

What it did is told on standard error; the last line of standard output is one JSON object with all counts. Exit code: 0
when everything that must be zero is, 1 when not, 2 for a wrong option, 130 after Ctrl-C.

It runs servers and services of its own on free ports of 127.0.0.1 and leaves nothing behind. Of the environment it takes
DATABASE_URL, as the server on which to make a database for the run.
`;

const LIMITS = {
  calls: [1, 1_000_000],
  intents: [1, 100_000],
  gateways: [1, 8],
  seed: [0, 2 ** 32 - 1],
} as const satisfies Record<string, readonly [least: number, most: number]>;

type OptionName = keyof typeof LIMITS;

/**
 * Reads `--name value` and `--name=value`.
 * @param freshSeed for a run that names none
 * @returns 'help' when that is asked for
 * @throws OptionError
 */
export function parseOptions(args: readonly string[], freshSeed: number): LedgerCommand | 'help' {
  if (args.includes('--help') || args.includes('-h')) return 'help';
  const failpoints = args.includes('--failpoints');
  const words = args
    .filter((arg) => arg !== '--failpoints')
    .flatMap((arg) => (/^--\w+=/.test(arg) ? split(arg) : [arg]));
  const given: Partial<Record<OptionName, number>> = {};
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i]?.replace(/^--/, '') ?? '';
    if (!isOption(name) || !words[i]?.startsWith('--')) {
      throw new OptionError(`unknown option ${words[i]}`);
    }
    given[name] = toNumber(name, words[i + 1]);
  }
  const { calls = 10_000, intents = 3000, gateways = failpoints ? 2 : 3, seed = freshSeed } = given;
  if (failpoints && given.calls !== undefined) throw new OptionError('--failpoints takes no --calls');
  if (!failpoints && given.intents !== undefined) throw new OptionError('--intents needs --failpoints');
  return failpoints
    ? { mode: 'failpoints', intents, gateways, seed }
    : { mode: 'calls', calls, gateways, seed };
}

function split(arg: string): [string, string] {
  const at = arg.indexOf('=');
  return [arg.slice(0, at), arg.slice(at + 1)];
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(LIMITS, name);
}

function toNumber(name: OptionName, text: string | undefined): number {
  const [least, most] = LIMITS[name];
  const value = /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new OptionError(
      `--${name} takes a whole number from ${least} to ${most}, not ${text ?? 'nothing'}`,
    );
  }
  return value;
}
