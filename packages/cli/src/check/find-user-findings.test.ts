import { expect, test } from 'vitest';
import { type CheckedUser, findUserFindings } from './find-user-findings.ts';

const ana: CheckedUser = {
  user: 'ana',
  credentials: { ramal: '3501', agente: 'ana', senha: 's', token: 't' },
};
const codes = (users: CheckedUser[], mode: 1 | 2 | 3 | 4 | null = 4, onDefaultSenha: string[] = []) =>
  findUserFindings(users, mode, onDefaultSenha).findings.map(({ code }) => code);

test('R31 a complete user has no finding in any mode', () => {
  for (const mode of [1, 2, 3, 4, null] as const) {
    expect(findUserFindings([ana], mode, [])).toEqual({ complete: [ana], findings: [] });
  }
});

test('R31 what is missing is told by the active mode, in one line a user', () => {
  const bare: CheckedUser = { user: 'rui', credentials: { ramal: '3502' } };
  expect(findUserFindings([bare], 4, []).findings).toEqual([
    {
      kind: 'tenant',
      severity: 'problem',
      code: 'user_credentials_missing',
      values: { user: 'rui', mode: '4', fields: 'agente, senha, token' },
    },
  ]);
  expect(codes([bare], null)).toEqual([]);
});

test('R33 a missing ramal and one that is no extension are told apart', () => {
  expect(codes([{ user: 'rui', credentials: { ...ana.credentials, ramal: ' ' } }])).toEqual([
    'user_without_ramal',
  ]);
  expect(codes([{ user: 'rui', credentials: { ...ana.credentials, ramal: '35a' } }])).toEqual([
    'user_ramal_invalid',
  ]);
});

test('a ramal that two users have makes neither complete', () => {
  const rui: CheckedUser = { user: 'rui', credentials: { ...ana.credentials, ramal: '3501' } };
  const eva: CheckedUser = { user: 'eva', credentials: { ...ana.credentials, ramal: '3503' } };
  const { complete, findings } = findUserFindings([ana, rui, eva], 1, []);
  expect(complete).toEqual([eva]);
  expect(findings).toMatchObject([{ code: 'ramal_duplicated', values: { users: 'ana, rui' } }]);
});

test('R42 senha_padrao standing in is a warning where the mode uses a senha', () => {
  expect(codes([ana], 1, ['ana'])).toEqual(['users_on_senha_padrao']);
  expect(codes([ana], 2, ['ana'])).toEqual([]);
});

test('I8 no value of a credential gets into a finding', () => {
  const broken: CheckedUser = {
    user: 'rui',
    credentials: { ramal: 'canary', agente: 'canary:x', senha: 'canary\n', token: 'canary\u0000' },
  };
  const { findings } = findUserFindings([broken], 4, []);
  expect(findings.map(({ code }) => code).toSorted()).toEqual([
    'user_agente_invalid',
    'user_ramal_invalid',
    'user_senha_invalid',
    'user_token_invalid',
  ]);
  expect(JSON.stringify(findings)).not.toContain('canary');
});

test('nobody at all is a problem of its own', () => {
  expect(codes([])).toEqual(['no_users']);
});
