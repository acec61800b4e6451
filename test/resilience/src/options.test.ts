import { OptionError } from '@ramal/devstack';
import { expect, test } from 'vitest';
import { ALL_ROWS } from './all-rows.ts';
import { chooseRows, parseFaultOptions, parseSoakOptions } from './options.ts';

test('a run takes rows, a scale and a seed, in either spelling, and asks for help', () => {
  expect(parseFaultOptions(['--rows', 'herd,redis-*', '--scale=0.1', '--seed', '7'], 1)).toEqual({
    rows: ['herd', 'redis-*'],
    scale: 0.1,
    seed: 7,
  });
  expect(parseFaultOptions([], 1)).toEqual({ rows: [], scale: 1, seed: 1 });
  expect(parseFaultOptions(['--help'], 1)).toBe('help');
  expect(parseSoakOptions(['--minutes', '3'], 1)).toEqual({ minutes: 3, seed: 1 });
});

test.each([
  [['--scale', '0']],
  [['--scale', 'much']],
  [['--seed', '1.5']],
  [['--row', 'herd']],
  [['--rows']],
])('%j is refused with a reason', (args) => {
  expect(() => parseFaultOptions(args, 1)).toThrow(OptionError);
});

test('rows are chosen by name or by how it begins, in the order of the table; a name of none is refused', () => {
  expect(chooseRows(ALL_ROWS, []).length).toBe(ALL_ROWS.length);
  const names = chooseRows(ALL_ROWS, ['redis-*', 'kill-webhook']).map(({ name }) => name);
  expect(names[0]).toBe('kill-webhook');
  expect(names.length).toBeGreaterThan(3);
  expect(() => chooseRows(ALL_ROWS, ['kill-everything'])).toThrow('no row "kill-everything"');
});

test('no two rows have the same name', () => {
  const names = ALL_ROWS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
