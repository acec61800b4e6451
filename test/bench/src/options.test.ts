import { describe, expect, it } from 'vitest';
import { BenchOptionError, parseOptions } from './options.ts';

describe('the options of npm run bench', () => {
  it('have defaults, with the name of the bench and without', () => {
    const defaults = { tenants: 200, sick: 20, seconds: 30, rounds: 3, perMinute: 60 };
    expect(parseOptions([])).toEqual(defaults);
    expect(parseOptions(['fairness'])).toEqual(defaults);
  });

  it('are taken in both spellings', () => {
    expect(parseOptions(['fairness', '--tenants', '50', '--sick=5'])).toMatchObject({ tenants: 50, sick: 5 });
    expect(parseOptions(['--rounds', '1', '--perMinute=6'])).toMatchObject({ rounds: 1, perMinute: 6 });
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
  ])('%j are refused', (args) => {
    expect(() => parseOptions(args)).toThrow(BenchOptionError);
  });
});
