import { expect, test } from 'vitest';
import { explainError } from './explain-error.ts';

const withCode = (code: string, message = 'canary') => Object.assign(new Error(message), { code });

test('the usual failures say what to do', () => {
  expect(explainError(withCode('42P01'))).toEqual([expect.stringContaining('ramal migrate')]);
  expect(explainError(withCode('28P01'))).toEqual([expect.stringContaining('password')]);
  expect(explainError(new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]))).toEqual([
    expect.stringContaining('npm start'),
  ]);
});

test('I8 a value that the database refused is not repeated', () => {
  expect(explainError(withCode('22P02')).join()).not.toContain('canary');
  expect(explainError(withCode('23505')).join()).not.toContain('canary');
});

test('anything else keeps its message', () => {
  expect(explainError(withCode('XX000', 'broken'))).toEqual(['ramal: broken (XX000)']);
  expect(explainError('text')).toEqual(['ramal: text']);
});
