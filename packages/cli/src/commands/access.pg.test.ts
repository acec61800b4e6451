import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliDatabase, openCliDatabase } from '../../test/open-cli-database.ts';

let database: CliDatabase;
beforeAll(async () => {
  database = await openCliDatabase();
  await database.insert('wl_chamados_empresa', { empresa_id: 1, nome: 'Acme', ativo: 1, tenant: 'acme' });
});
afterAll(() => database.drop());

const MASTER_KEY = { RAMAL_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') };
const show = async () =>
  JSON.parse((await database.ramal(['access', 'show', 'acme', '--json'])).stdout) as {
    tokens: { kind: string; issuer?: string; url?: string; keys?: { kid: string }[] };
    revocations: { tenant: string | null; user: string | null; before: string; createdBy: string }[];
  };

describe('ramal access revoke', () => {
  test('threat 7 ends the tokens of a user, of a tenant, of everyone', async () => {
    const time = '2026-03-01T10:00:00Z';
    for (const scope of [['--tenant', 'acme', '--user', 'ana'], ['--tenant', 'acme'], ['--everyone']]) {
      const run = await database.ramal(['access', 'revoke', ...scope, '--before', time], { USER: 'maria' });
      expect([run.code, run.stderr.includes('ramal:')]).toEqual([0, false]);
      expect(run.stdout).toContain('2026-03-01T10:00:00.000Z');
    }
    const { revocations } = await show();
    expect(new Set(revocations.map(({ tenant, user }) => `${tenant} ${user}`))).toEqual(
      new Set(['acme ana', 'acme null', 'null null']),
    );
    expect(revocations[0]?.createdBy).toBe('operator maria');
  });

  test.each([
    [[]],
    [['--user', 'ana']],
    [['--everyone', '--tenant', 'acme']],
    [['--tenant', 'acme', '--before', 'yesterday']],
    [['--tenant', 'acme', '--before', '2026-03-01']],
  ])('does nothing when called as %j', async (scope) => {
    expect((await database.ramal(['access', 'revoke', ...scope])).code).toBe(2);
  });

  test('knows a mistyped tenant', async () => {
    const run = await database.ramal(['access', 'revoke', '--tenant', 'acne']);
    expect([run.code, run.stderr.includes('there is no tenant "acne"')]).toEqual([1, true]);
  });
});

describe('whose tokens a tenant takes', () => {
  test('are the deployment’s, then its provider’s, then its own keys’, and the deployment’s again', async () => {
    expect((await show()).tokens).toEqual({ kind: 'deployment' });
    const provider = [
      '--jwks-url',
      'https://id.example/jwks',
      '--issuer',
      'https://id.example',
      '--audience',
      'tel',
    ];
    expect((await database.ramal(['access', 'use-provider', 'acme', ...provider])).code).toBe(0);
    expect((await show()).tokens).toMatchObject({ kind: 'jwks', url: 'https://id.example/jwks', keys: [] });

    const added = await database.ramal(['access', 'add-key', 'acme', 'k1'], MASTER_KEY);
    expect([added.code, added.stdout.trim()]).toEqual([0, expect.stringMatching(/^[\w-]{43}$/)]);
    expect((await show()).tokens).toMatchObject({ kind: 'keys', issuer: 'ramal', url: null });
    const stored = await database.store.query<{ text: string }>(
      'select agent_token_keys::text as text from agent_token_keys',
    );
    expect(stored.rows[0]?.text).not.toContain(added.stdout.trim());
    expect(stored.rows[0]?.text).toContain('enc:v2:');

    expect((await database.ramal(['access', 'remove-key', 'acme', 'k1'])).code).toBe(1);
    expect((await database.ramal(['access', 'add-key', 'acme', 'k1'], MASTER_KEY)).code).toBe(1);
    expect((await database.ramal(['access', 'add-key', 'acme', 'k2'], MASTER_KEY)).code).toBe(0);
    expect((await database.ramal(['access', 'remove-key', 'acme', 'k1'])).code).toBe(0);
    expect((await show()).tokens.keys?.map(({ kid }) => kid)).toEqual(['k2']);

    expect((await database.ramal(['access', 'use-deployment', 'acme'])).code).toBe(0);
    expect((await show()).tokens).toEqual({ kind: 'deployment' });
    const { rows } = await database.store.query<{ change: string; actor: string; text: string }>(
      `select concat_ws(' ', detail ->> 'table', detail ->> 'operation') as change, actor, audit_log::text as text
         from audit_log where tenant = 'acme' and action = 'config.changed' and detail ->> 'table' like 'agent_token_%'`,
    );
    expect(new Set(rows.map(({ change }) => change))).toEqual(
      new Set([
        'agent_token_policies insert',
        'agent_token_policies update',
        'agent_token_policies delete',
        'agent_token_keys insert',
        'agent_token_keys delete',
      ]),
    );
    expect(new Set(rows.map(({ actor }) => actor))).toEqual(new Set(['operator unknown']));
    expect(rows.map(({ text }) => text).join()).not.toContain('enc:v2:');
  });

  test('are never stored in clear: without a master key there is no key', async () => {
    const run = await database.ramal(['access', 'add-key', 'acme', 'k1']);
    expect([run.code, run.stderr.includes('RAMAL_MASTER_KEY')]).toEqual([1, true]);
    expect((await show()).tokens).toEqual({ kind: 'deployment' });
  });

  test.each([['ftp://id.example/jwks'], ['https://user:pass@id.example/jwks'], ['nonsense']])(
    'are not sought at %s',
    async (url) => {
      const options = ['--jwks-url', url, '--issuer', 'i', '--audience', 'a'];
      expect((await database.ramal(['access', 'use-provider', 'acme', ...options])).code).toBe(2);
    },
  );
});

describe('ramal api-key', () => {
  const list = async () =>
    (
      JSON.parse((await database.ramal(['api-key', 'list', '--json'])).stdout) as {
        keys: {
          keyId: string;
          name: string;
          tenant: string | null;
          role: string | null;
          revokedAt: string | null;
          expiresAt: string | null;
        }[];
      }
    ).keys;

  test('makes, lists, rotates and revokes keys', async () => {
    const made = await database.ramal([
      'api-key',
      'create',
      'crm',
      '--tenant',
      'acme',
      '--role',
      'admin',
      '--days',
      '30',
    ]);
    expect([made.code, made.stdout.trim()]).toEqual([0, expect.stringMatching(/^ramal_[\w-]{43}$/)]);
    const [key] = await list();
    expect(key).toMatchObject({
      name: 'crm',
      tenant: 'acme',
      role: 'admin',
      expiresAt: '2026-03-31T12:00:00.000Z',
    });
    const table = (await database.ramal(['api-key', 'list', '--tenant', 'acme'])).stdout;
    expect(table).toContain('crm');
    expect(table).not.toContain(made.stdout.trim().slice(6));

    await database.store.query(`update api_keys set expires_at = now() + interval '9 days'`);
    const rotated = await database.ramal(['api-key', 'rotate', key?.keyId ?? '', '--overlap-hours', '1']);
    expect([rotated.code, rotated.stdout.trim() === made.stdout.trim()]).toEqual([0, false]);
    expect(await list()).toHaveLength(2);
    expect((await database.ramal(['api-key', 'revoke', key?.keyId ?? ''])).code).toBe(0);
    expect((await database.ramal(['api-key', 'revoke', key?.keyId ?? ''])).code).toBe(1);
    expect((await list()).map(({ revokedAt }) => revokedAt === null)).toEqual([false, true]);
  });

  test('makes a key of every tenant only when told so', async () => {
    const run = await database.ramal([
      'api-key',
      'create',
      'ops',
      '--every-tenant',
      '--rights',
      'calls:read,calls:read:any',
    ]);
    expect(run.code).toBe(0);
    expect((await list()).at(-1)).toMatchObject({ name: 'ops', tenant: null, role: null });
  });

  test.each([
    [['crm']],
    [['crm', '--tenant', 'acme']],
    [['crm', '--role', 'admin']],
    [['crm', '--tenant', 'acme', '--every-tenant', '--role', 'admin']],
    [['crm', '--tenant', 'acme', '--role', 'agent']],
    [['crm', '--tenant', 'acme', '--role', 'admin', '--rights', 'calls:read']],
    [['crm', '--tenant', 'acme', '--rights', 'everything']],
    [['crm', '--tenant', 'acme', '--role', 'admin', '--days', '0']],
  ])('makes nothing when called as %j', async (args) => {
    expect((await database.ramal(['api-key', 'create', ...args])).code).toBe(2);
  });

  test.each([['rotate'], ['revoke']])('%s takes an id, and one that is there', async (verb) => {
    expect((await database.ramal(['api-key', verb, 'crm'])).code).toBe(2);
    expect((await database.ramal(['api-key', verb, '00000000-0000-4000-8000-000000000000'])).code).toBe(1);
  });
});
