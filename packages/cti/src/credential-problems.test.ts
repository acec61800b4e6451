import { expect, test } from 'vitest';
import { findCredentialProblems } from './credential-problems.ts';

const COMPLETE = { ramal: '3501', agente: 'ana', senha: 's3nha', token: 'tok' };

test('R31 complete credentials have no problem in any mode', () => {
  for (const mode of [1, 2, 3, 4] as const) expect(findCredentialProblems(mode, COMPLETE)).toEqual([]);
});

test('R31 only what the active mode needs counts as missing', () => {
  const bare = { ramal: '3501' };
  const missing = (mode: 1 | 2 | 3 | 4) => findCredentialProblems(mode, bare).map(({ field }) => field);
  expect(missing(1)).toEqual(['agente', 'senha']);
  expect(missing(2)).toEqual(['token']);
  expect(missing(3)).toEqual(['token']);
  expect(missing(4)).toEqual(['agente', 'senha', 'token']);
});

test('R31 missing and unusable ones are told together, without their values', () => {
  const problems = findCredentialProblems(4, {
    ramal: 'x',
    agente: 'a:b',
    senha: '',
    token: 'line\nbreak',
  });
  expect(problems).toEqual(
    expect.arrayContaining([
      { field: 'senha', kind: 'missing' },
      { field: 'ramal', kind: 'invalid' },
      { field: 'agente', kind: 'invalid' },
      { field: 'token', kind: 'invalid' },
    ]),
  );
  expect(problems).toHaveLength(4);
  expect(JSON.stringify(problems)).not.toMatch(/a:b|break/);
});
