import { OptionError } from '@ramal/devstack';

/** What each option may be, the least and the most. */
export type NumberLimits<Name extends string> = Record<Name, readonly [least: number, most: number]>;

/**
 * Reads `--name value` or `--name=value`, all of them whole numbers.
 * @throws OptionError
 */
export function parseNamedNumbers<Name extends string>(
  args: readonly string[],
  limits: NumberLimits<Name>,
  defaults: Record<Name, number>,
): Record<Name, number> {
  const words = args.flatMap((word) => {
    const at = word.startsWith('--') ? word.indexOf('=') : -1;
    return at === -1 ? [word] : [word.slice(0, at), word.slice(at + 1)];
  });
  const isOption = (name: string): name is Name => Object.hasOwn(limits, name);
  const options = { ...defaults };
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i]?.replace(/^--/, '') ?? '';
    if (!isOption(name) || !words[i]?.startsWith('--')) {
      throw new OptionError(`unknown option ${words[i]}`);
    }
    options[name] = toNumber(name, words[i + 1], limits[name]);
  }
  return options;
}

function toNumber(name: string, text: string | undefined, [least, most]: readonly [number, number]): number {
  const value = /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new OptionError(`--${name} takes a whole number from ${least} to ${most}, not ${text ?? 'nothing'}`);
}
