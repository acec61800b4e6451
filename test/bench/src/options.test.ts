import { describe, expect, it } from 'vitest';
import { BenchOptionError } from './named-numbers.ts';
import { parseOptions } from './options.ts';

describe('the options of npm run bench', () => {
  it('have defaults, with the name of the bench and without', () => {
    const fairness = { tenants: 200, sick: 20, seconds: 30, rounds: 3, perMinute: 60 };
    expect(parseOptions([])).toEqual({ bench: 'fairness', options: fairness });
    expect(parseOptions(['fairness'])).toEqual({ bench: 'fairness', options: fairness });
    const hostile = { agents: 1_000, seconds: 12, rounds: 3 };
    expect(parseOptions(['hostile'])).toEqual({ bench: 'hostile', options: hostile });
  });

  it('are taken in both spellings', () => {
    expect(parseOptions(['fairness', '--tenants', '50', '--sick=5'])).toMatchObject({
      options: { tenants: 50, sick: 5 },
    });
    expect(parseOptions(['--rounds', '1', '--perMinute=6'])).toMatchObject({
      options: { rounds: 1, perMinute: 6 },
    });
    expect(parseOptions(['hostile', '--agents', '50', '--seconds=2'])).toMatchObject({
      bench: 'hostile',
      options: { agents: 50, seconds: 2 },
    });
  });

  it('ask for help', () => {
    expect(parseOptions(['fairness', '-h'])).toBe('help');
    expect(parseOptions(['--tenants', 'x', '--help'])).toBe('help');
  });

  it.each([
    [['speed']],
    [['fairness', '--loud', '1']],
    [['--tenants']],
    [['--tenants', '1']],
    [['--seconds', '1.5']],
    [['--tenants', '10', '--sick', '10']],
    [['fairness', 'again']],
    [['hostile', '--tenants', '10']],
    [['hostile', '--agents', '3']],
  ])('%j are refused', (args) => {
    expect(() => parseOptions(args)).toThrow(BenchOptionError);
  });
});
