import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type CliDatabase, openCliDatabase } from '../../test/open-cli-database.ts';

let db: CliDatabase;
const [first, second] = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'));
const FIRST = { RAMAL_MASTER_KEY: first ?? '' };
const BOTH = { RAMAL_MASTER_KEY: second ?? '', RAMAL_MASTER_KEYS_OLD: first ?? '' };
const SECOND = { RAMAL_MASTER_KEY: second ?? '' };

beforeAll(async () => {
  db = await openCliDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.store.query('truncate wl_chamados_empresa, agents, tenant_keys');
  for (const [id, tenant] of [
    [1, 'acme'],
    [2, 'globex'],
  ] as const) {
    await db.insert('wl_chamados_empresa', { empresa_id: id, tenant, senha_padrao: `canary-${tenant}` });
    await db.insert('agents', { tenant, user_name: 'ana', senha: 'canary-senha', token: 'canary-token' });
  }
});

const statusOf = async (env: Record<string, string>, ...more: string[]) => {
  const { stdout, code } = await db.ramal(['keys', 'status', '--json', ...more], env);
  return { code, ...(JSON.parse(stdout) as { keys: object[]; columns: Record<string, number | string>[] }) };
};

test('keys rotate seals every tenant’s secrets, shows how far it is, and prints none of them', async () => {
  const run = await db.ramal(['keys', 'rotate'], FIRST);
  expect(run).toMatchObject({
    code: 0,
    stdout: '[1/2] acme: key 1, 3 sealed\n[2/2] globex: key 1, 3 sealed\n',
  });
  const { rows } = await db.store.query<{ text: string }>(
    'select a::text || e::text as text from agents a, wl_chamados_empresa e',
  );
  expect(rows.map(({ text }) => text).join() + run.stdout + run.stderr).not.toContain('canary');

  const one = await db.ramal(['keys', 'rotate', '--tenant', 'acme'], FIRST);
  expect(one.stdout).toBe('[1/1] acme: new key 2, 3 sealed\n');
  // A rotation that was begun before that is done with acme.
  const since = /--since (\S+)/.exec(run.stderr)?.[1] ?? '';
  const again = await db.ramal(['keys', 'rotate', '--since', since], FIRST);
  expect(again.stdout).toBe('[1/2] acme: key 2, 0 sealed\n[2/2] globex: key 1, 0 sealed\n');
});

test('threat 3 each tenant’s rotation is in the audit log, with counts and nothing secret', async () => {
  await db.ramal(['keys', 'rotate', '--tenant', 'acme'], { ...FIRST, USER: 'rosa' });
  await db.ramal(['keys', 'rotate', '--master', '--tenant', 'acme'], { ...BOTH, USER: 'rosa' });
  // Nothing left to do, nothing to tell.
  await db.ramal(['keys', 'rotate', '--master', '--tenant', 'acme'], { ...BOTH, USER: 'rosa' });
  const { rows } = await db.store.query<{ actor: string; tenant: string; detail: object }>(
    `select actor, tenant, detail from audit_log where action = 'secret.rotated' and actor = 'operator rosa' order by id`,
  );
  expect(rows).toEqual([
    { actor: 'operator rosa', tenant: 'acme', detail: { version: 1, sealed: 3 } },
    { actor: 'operator rosa', tenant: 'acme', detail: { master: expect.any(String), wrapped: 1, sealed: 0 } },
  ]);
});

test('keys status tells what is sealed with what, and which master key is missing', async () => {
  const plain = await statusOf({});
  expect(plain).toMatchObject({ code: 0, keys: [] });
  expect(plain.columns).toContainEqual({ column: 'agents.senha', current: 0, older: 0, v1: 0, plain: 2 });
  await db.ramal(['keys', 'rotate'], FIRST);
  const sealed = await statusOf(FIRST, '--tenant', 'acme');
  expect(sealed).toMatchObject({ code: 0, keys: [{ keys: 1, tenants: 1, masterKey: 'newest' }] });
  expect(sealed.columns).toContainEqual({ column: 'agents.senha', current: 1, older: 0, v1: 0, plain: 0 });
  expect(await statusOf(BOTH)).toMatchObject({ code: 0, keys: [{ masterKey: 'older' }] });
  expect(await statusOf(SECOND)).toMatchObject({ code: 1, keys: [{ masterKey: 'missing' }] });
  const { stdout } = await db.ramal(['keys', 'status'], SECOND);
  expect(stdout).toMatch(/[0-9a-f]{16}\s+missing\s+2\s+2\n/);
  expect(stdout).not.toContain('enc:');
});

test('keys rotate --master leads to a new master key, and the old one can go', async () => {
  await db.ramal(['keys', 'rotate'], FIRST);
  const early = await db.ramal(['keys', 'rotate', '--master'], SECOND);
  expect(early.code).toBe(1);
  expect(early.stderr).toContain('tenant_keys version 1 of tenant acme');
  const run = await db.ramal(['keys', 'rotate', '--master'], BOTH);
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('acme: 1 keys wrapped, 0 sealed') });
  expect(await statusOf(SECOND)).toMatchObject({ code: 0, keys: [{ keys: 2, masterKey: 'newest' }] });
  expect((await db.ramal(['keys', 'rotate'], SECOND)).code).toBe(0);
});

test('a secret that was moved by hand is named, without its value, and makes the exit code 1', async () => {
  await db.ramal(['keys', 'rotate'], FIRST);
  await db.store.query(
    `update agents set token = (select token from agents where tenant = 'globex') where tenant = 'acme'`,
  );
  const { code, stdout, stderr } = await db.ramal(['keys', 'rotate'], FIRST);
  expect(code).toBe(1);
  expect(stderr).toContain("agents.token of user ana of tenant acme can't be opened");
  expect(stdout + stderr).not.toMatch(/canary|enc:v2/);
});

test.each([
  [['keys', 'rotate'], {}, 1, /set RAMAL_MASTER_KEY/],
  [['keys', 'rotate', '--tenant', 'nobody'], FIRST, 1, /no tenant nobody/],
  [['keys', 'rotate', '--master', '--since', '2026-01-01'], FIRST, 2, /--since goes without --master/],
  [['keys', 'rotate', '--since', 'then'], FIRST, 2, /--since takes a moment/],
])('%j is refused where it can’t be done', async (argv, env, code, message) => {
  const run = await db.ramal(argv, env);
  expect(run).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(message) });
});
