import { OptionError } from '@ramal/devstack';
import { TARGETS, type TargetName } from './targets.ts';

/** What a run is asked to do. */
export interface FuzzOptions {
  /** For each target. */
  inputs: number;
  /** Same seed, same inputs. */
  seed: number;
  targets: readonly TargetName[];
  /** This input alone. */
  index: number | null;
}

const MOST_INPUTS = 100_000_000;

export const HELP = `npm run fuzz: sends garbage to the running services and counts what comes of it.

  npm run fuzz -- --inputs 10000 --seed 7 --target xml

  --inputs N     inputs for each target; default 100000
  --seed N       same seed, same inputs; default: a new one, which is printed
  --target NAME  only this one, may be given more than once: ${TARGETS.join(', ')}
  --index N      only the input of this number, as an example names it
  --help         this text

What it did is told on standard error; the last line of standard output is one JSON object. docs/fuzzing.md says what its
counts mean. Exit code: 0 when all are zero, 1 when not, 2 for a wrong option, 130 after Ctrl-C.

It runs servers and services of its own on free ports of 127.0.0.1 and leaves nothing behind. Of the environment it takes
DATABASE_URL, as the server on which to make a database for the run.
`;

/**
 * Reads `--name value` and `--name=value`.
 * @param freshSeed for a run that names none
 * @returns 'help' when that is asked for
 * @throws OptionError
 */
export function parseOptions(args: readonly string[], freshSeed: number): FuzzOptions | 'help' {
  if (args.includes('--help') || args.includes('-h')) return 'help';
  const words = args.flatMap((arg) => (/^--\w+=/.test(arg) ? split(arg) : [arg]));
  const targets: TargetName[] = [];
  let [inputs, seed, index]: [number, number, number | null] = [100_000, freshSeed, null];
  for (let i = 0; i < words.length; i += 2) {
    const [name, value] = [words[i], words[i + 1]];
    if (name === '--inputs') inputs = toNumber(name, value, 1, MOST_INPUTS);
    else if (name === '--seed') seed = toNumber(name, value, 0, 2 ** 32 - 1);
    else if (name === '--index') index = toNumber(name, value, 0, MOST_INPUTS);
    else if (name === '--target') targets.push(toTarget(value));
    else throw new OptionError(`unknown option ${name}`);
  }
  if (index !== null && targets.length !== 1) throw new OptionError('--index needs one --target');
  return { inputs, seed, index, targets: targets.length === 0 ? TARGETS : targets };
}

function split(arg: string): [string, string] {
  const at = arg.indexOf('=');
  return [arg.slice(0, at), arg.slice(at + 1)];
}

function toTarget(text: string | undefined): TargetName {
  const found = TARGETS.find((target) => target === text);
  if (found === undefined) throw new OptionError(`--target takes one of ${TARGETS.join(', ')}, not ${text}`);
  return found;
}

function toNumber(name: string, text: string | undefined, least: number, most: number): number {
  const value = /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new OptionError(`${name} takes a whole number from ${least} to ${most}, not ${text ?? 'nothing'}`);
  }
  return value;
}
