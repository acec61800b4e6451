import { BENCHES, type BenchName, isBenchName, type OptionsOf } from './bench-list.ts';
import { OptionError } from '@ramal/devstack';
import { parseNamedNumbers } from './named-numbers.ts';

export type FairnessOptions = OptionsOf<'fairness'>;
export type HostileOptions = OptionsOf<'hostile'>;
export type FanOutOptions = OptionsOf<'fan-out'>;
export type MemoryOptions = OptionsOf<'memory'>;
export type SignInOptions = OptionsOf<'sign-in'>;
export type CallbackOptions = OptionsOf<'callback'>;
export type DialOptions = OptionsOf<'dial'>;
export type HistoryOptions = OptionsOf<'history'>;
export type EndToEndOptions = OptionsOf<'end-to-end'>;
export type GrowthOptions = OptionsOf<'growth'>;

/** One bench with its options; or what to do with all. */
export type BenchRequest =
  | { [Name in BenchName]: { bench: Name; options: OptionsOf<Name> } }[BenchName]
  | { bench: 'all' }
  | { bench: 'report' }
  | { bench: 'help'; of: BenchName | null };

/**
 * Reads the name of a bench and its options.
 * @throws OptionError
 */
export function parseOptions(args: readonly string[]): BenchRequest {
  const [name, ...given] = args;
  const wantsHelp = args.includes('--help') || args.includes('-h');
  if (wantsHelp) return { bench: 'help', of: name !== undefined && isBenchName(name) ? name : null };
  if (name === undefined) return { bench: 'all' };
  if (name === 'report' && given.length === 0) return { bench: 'report' };
  if (name.startsWith('--')) throw new OptionError('name the bench whose options these are');
  if (!isBenchName(name)) throw new OptionError(`there is no bench ${name}`);
  const { limits, defaults } = toNumbers(name);
  const options = parseNamedNumbers(given, limits, defaults);
  if (name === 'fairness' && (options['sick'] ?? 0) >= (options['tenants'] ?? 0)) {
    throw new OptionError('--sick must be less than --tenants');
  }
  return { bench: name, options } as BenchRequest;
}

/** What a bench is run with when nothing else is said. */
export function toDefaults<Name extends BenchName>(name: Name): OptionsOf<Name> {
  return toNumbers(name).defaults as OptionsOf<Name>;
}

function toNumbers(name: BenchName) {
  const options = Object.entries(BENCHES[name].options);
  return {
    limits: Object.fromEntries(options.map(([option, [, least, most]]) => [option, [least, most] as const])),
    defaults: Object.fromEntries(options.map(([option, [value]]) => [option, value])),
  };
}

/** How to use it, or one bench of it. */
export function toHelp(of: BenchName | null): string {
  if (of !== null) {
    const options = Object.entries(BENCHES[of].options).map(
      ([option, [value, least, most, text]]) =>
        `  --${option} N`.padEnd(20) + `${text}; ${least} to ${most}, default ${value}`,
    );
    return `npm run bench -- ${of}\n\n${BENCHES[of].about}\n\n${options.join('\n')}\n\n${NOTE}`;
  }
  const list = Object.entries(BENCHES).map(
    ([name, { about }]) => `  ${name.padEnd(12)}${about.split('. ')[0]}`,
  );
  return `npm run bench: how fast and how fair the whole system is. Without a name it runs all of them.

  npm run bench                          all, in a quarter of an hour
  npm run bench -- fan-out --runs 7      one of them; --help after its name tells its options
  npm run bench -- report                writes docs/performance.md's table and the drawings from reports/bench.json

${list.join('\n')}

${NOTE}`;
}

const NOTE = `It prints a table, and one JSON object as the last line of standard output, which is also kept in reports/bench.json.
Exit code: 0 when all that was sent arrived, whether or not a goal is met; 1 when not, 2 for a wrong option, 130 after Ctrl-C.
It runs servers and services of its own on free ports of 127.0.0.1 and leaves nothing behind. What is measured has one
core to itself, the load with Redis and PostgreSQL another one; other work on the machine is measured with them.
`;
