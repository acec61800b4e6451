import { OptionError } from '@ramal/devstack';
import { expect, test } from 'vitest';
import { parseOptions } from './options.ts';
import { TARGETS } from './targets.ts';

test('without options every target gets 100,000 inputs of a fresh seed', () => {
  expect(parseOptions([], 7)).toEqual({ inputs: 100_000, seed: 7, index: null, targets: TARGETS });
});

test('an option may be written in both ways, and a target may be given more than once', () => {
  expect(parseOptions(['--inputs=300', '--seed', '1', '--target', 'xml', '--target=jwts'], 7)).toEqual({
    inputs: 300,
    seed: 1,
    index: null,
    targets: ['xml', 'jwts'],
  });
  expect(parseOptions(['--target', 'form', '--index', '41'], 7)).toMatchObject({ index: 41 });
  expect(parseOptions(['--seed', '1', '--help'], 7)).toBe('help');
});

test.each([['--inputs', '0'], ['--seed', 'x'], ['--target', 'yaml'], ['--index', '3'], ['--what'], ['form']])(
  '%s %s is refused',
  (...args) => {
    expect(() => parseOptions(args, 7)).toThrow(OptionError);
  },
);
