import { BenchOptionError, type NumberLimits, parseNamedNumbers } from './named-numbers.ts';

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

/** What the hostile bench is asked to do. */
export interface HostileOptions {
  /** Agents who work. */
  agents: number;
  /** How long each of a round's two parts measures, in seconds. */
  seconds: number;
  rounds: number;
}

export type BenchOptions =
  | { bench: 'fairness'; options: FairnessOptions }
  | { bench: 'hostile'; options: HostileOptions };

export const HELP = `npm run bench: how the whole system behaves under load. Without a name it is fairness.

  npm run bench -- fairness --tenants 200 --sick 20 --seconds 30 --rounds 3
  npm run bench -- hostile --agents 1000 --seconds 12 --rounds 3

fairness: what do companies whose CTI is well feel of those whose CTI is not? Each company dials at a steady pace, first
with all CTIs well, then with some of them mute, breaking connections off or taking 5 s, in turns. Measured is the time from
the agent's dial frame to the request at the CTI, of those companies alone whose CTI is always well.

  --tenants N      companies; default 200
  --sick N         of these, whose CTIs fall sick; default 20
  --seconds N      how long each part of a round measures; default 30
  --rounds N       rounds of one part well, one part sick; default 3
  --perMinute N    dials of each company in a minute; default 60

hostile: what do agents feel of clients that attack the gateway? Agents get pop-ups of calls and dial at a steady pace, in
turns without and with a crew of hostile clients, in a process of its own and at a low priority, that floods the gateway with
handshakes, messages and pings, never finishes handshakes and frames, and breaks the protocol in every way that
test/security knows. Measured are the time from a callback to the agent's pop-up and from the dial frame to the request at the CTI.

  --agents N       agents who work; default 1000
  --seconds N      how long each part of a round measures; default 12
  --rounds N       rounds of one part quiet, one part attacked; default 3

  --help           this text

It prints a table, and one JSON object as the last line of standard output, which is also in reports/bench.json. Exit code:
0 when every dial and pop-up that was measured arrived, 1 when not, 2 for a wrong option, 130 after Ctrl-C. It runs servers and
services of its own on free ports of 127.0.0.1 and leaves nothing behind. Other work on the machine is measured with it.
`;

const FAIRNESS_LIMITS: NumberLimits<keyof FairnessOptions> = {
  tenants: [2, 2_000],
  sick: [1, 500],
  seconds: [1, 600],
  rounds: [1, 100],
  perMinute: [1, 600],
};
const FAIRNESS: Record<keyof FairnessOptions, number> = {
  tenants: 200,
  sick: 20,
  seconds: 30,
  rounds: 3,
  perMinute: 60,
};

const HOSTILE_LIMITS: NumberLimits<keyof HostileOptions> = {
  agents: [4, 10_000],
  seconds: [1, 600],
  rounds: [1, 100],
};
const HOSTILE: Record<keyof HostileOptions, number> = { agents: 1_000, seconds: 12, rounds: 3 };

/**
 * Reads the name of a bench and its options.
 * @returns 'help' when that is asked for
 * @throws BenchOptionError
 */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  if (args.includes('--help') || args.includes('-h')) return 'help';
  const [first, ...others] = args;
  const named = first !== undefined && !first.startsWith('--');
  const bench = named ? first : 'fairness';
  const given = named ? others : args;
  if (bench === 'hostile') return { bench, options: parseNamedNumbers(given, HOSTILE_LIMITS, HOSTILE) };
  if (bench !== 'fairness') throw new BenchOptionError(`there is no bench ${bench}`);
  const options = parseNamedNumbers(given, FAIRNESS_LIMITS, FAIRNESS);
  if (options.sick >= options.tenants) throw new BenchOptionError('--sick must be less than --tenants');
  return { bench, options };
}
