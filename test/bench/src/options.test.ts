import { describe, expect, it } from 'vitest';
import { BENCHES } from './bench-list.ts';
import { OptionError } from '@ramal/devstack';
import { parseOptions, toHelp } from './options.ts';

describe('the options of npm run bench', () => {
  it('have defaults', () => {
    const fairness = { tenants: 200, sick: 20, seconds: 20, rounds: 12, perMinute: 60 };
    expect(parseOptions(['fairness'])).toEqual({ bench: 'fairness', options: fairness });
    const hostile = { agents: 1_000, seconds: 12, rounds: 3 };
    expect(parseOptions(['hostile'])).toEqual({ bench: 'hostile', options: hostile });
  });

  it('are of all benches without a name', () => {
    expect(parseOptions([])).toEqual({ bench: 'all' });
    expect(parseOptions(['report'])).toEqual({ bench: 'report' });
  });

  it('are taken in both spellings', () => {
    expect(parseOptions(['fairness', '--tenants', '50', '--sick=5'])).toMatchObject({
      options: { tenants: 50, sick: 5 },
    });
    expect(parseOptions(['hostile', '--agents', '50', '--seconds=2'])).toMatchObject({
      bench: 'hostile',
      options: { agents: 50, seconds: 2 },
    });
    expect(parseOptions(['growth', '--rows', '10000000'])).toMatchObject({ options: { rows: 1e7 } });
  });

  it('ask for help, of one bench or of all', () => {
    expect(parseOptions(['fairness', '-h'])).toEqual({ bench: 'help', of: 'fairness' });
    expect(parseOptions(['--tenants', 'x', '--help'])).toEqual({ bench: 'help', of: null });
    for (const [name, { options }] of Object.entries(BENCHES)) {
      expect(toHelp(null)).toContain(`  ${name}`);
      for (const option of Object.keys(options))
        expect(toHelp(name as keyof typeof BENCHES)).toContain(`--${option}`);
    }
  });

  it.each([
    [['speed']],
    [['fairness', '--loud', '1']],
    [['fairness', '--tenants']],
    [['fairness', '--tenants', '1']],
    [['fairness', '--seconds', '1.5']],
    [['fairness', '--tenants', '10', '--sick', '10']],
    [['--tenants', '10']],
    [['fairness', 'again']],
    [['report', 'again']],
    [['hostile', '--tenants', '10']],
    [['hostile', '--agents', '3']],
  ])('%j are refused', (args) => {
    expect(() => parseOptions(args)).toThrow(OptionError);
  });
});
