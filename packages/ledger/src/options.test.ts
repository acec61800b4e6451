import { OptionError } from '@ramal/devstack';
import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.ts';

describe('parseOptions', () => {
  it('has a default for everything, and the seed it was given', () => {
    expect(parseOptions([], 5)).toEqual({ mode: 'calls', calls: 10_000, gateways: 3, seed: 5 });
    expect(parseOptions(['--failpoints'], 5)).toEqual({
      mode: 'failpoints',
      intents: 3000,
      gateways: 2,
      seed: 5,
    });
  });

  it('reads both ways of writing an option', () => {
    expect(parseOptions(['--calls', '300', '--gateways=2', '--seed', '0'], 5)).toEqual({
      mode: 'calls',
      calls: 300,
      gateways: 2,
      seed: 0,
    });
  });

  it('takes the failpoints before or after what goes with them', () => {
    const wanted = { mode: 'failpoints', intents: 300, gateways: 2, seed: 7 };
    expect(parseOptions(['--failpoints', '--intents', '300', '--seed=7'], 5)).toEqual(wanted);
    expect(parseOptions(['--intents=300', '--seed', '7', '--failpoints'], 5)).toEqual(wanted);
  });

  it('asks for help before it looks at anything else', () => {
    expect(parseOptions(['--calls', 'x', '--help'], 5)).toBe('help');
  });

  it.each([
    [['--colour', 'red'], 'unknown option --colour'],
    [['calls', '3'], 'unknown option calls'],
    [['--__proto__', '3'], 'unknown option --__proto__'],
    [['--calls'], '--calls takes a whole number from 1 to 1000000, not nothing'],
    [['--calls', '0'], 'not 0'],
    [['--calls', '1e3'], 'not 1e3'],
    [['--gateways=9'], '--gateways takes a whole number from 1 to 8, not 9'],
    [['--seed', '-1'], 'not -1'],
    [['--failpoints', '--intents', '0'], 'not 0'],
    [['--failpoints=1'], 'unknown option --failpoints'],
    [['--failpoints', '--calls', '5'], '--failpoints takes no --calls'],
    [['--intents', '5'], '--intents needs --failpoints'],
  ])('refuses %j', (args, message) => {
    expect(() => parseOptions(args, 5)).toThrow(OptionError);
    expect(() => parseOptions(args, 5)).toThrow(message);
  });
});
