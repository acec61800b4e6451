import { randomBytes } from 'node:crypto';
import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { encryptBytes } from './aes-gcm.ts';
import { findAgentCredentials } from './agents.ts';
import { readCompanySecret } from './company-secrets.ts';
import { createMasterKeys } from './master-keys.ts';
import { createSecretSealer, readSecret, type SecretSealer } from './secret-sealer.ts';
import { SealedSecretError } from './sealed-secret-error.ts';
import { createTenantLookup } from './tenant-lookup.ts';
import { createTenantSecrets } from './tenant-secrets.ts';

let db: TestStore;
let sealer: SecretSealer;
let notSealed: Error[];
const masterKey = randomBytes(32);
const masterKeys = createMasterKeys([masterKey]);
const acme = { tenant: 'acme', empresaId: 1 };

beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
});
afterAll(() => db.drop());
beforeEach(async () => {
  notSealed = [];
  sealer = createSecretSealer({
    secrets: createTenantSecrets({ store: db.store, masterKeys }),
    masterKeys,
    onNotSealed: (error) => notSealed.push(error),
  });
  await db.store.query('truncate wl_chamados_empresa, agents');
  await db.store.query(
    `insert into wl_chamados_empresa (empresa_id, tenant, senha_banco, senha_padrao)
     values (1, 'acme', 'canary-banco', 'canary-padrao'), (2, 'globex', null, '')`,
  );
  await db.store.query(
    `insert into agents (tenant, user_name, ramal, agente, senha, token) values
       ('acme', 'ana', '3501', 'ag-ana', 'canary-senha', 'canary-token'),
       ('acme', 'bia', '3502', 'ag-bia', '', null)`,
  );
});

const storedOf = async (user: string) =>
  (await db.store.query<Record<string, string | null>>('select * from agents where user_name = $1', [user]))
    .rows[0];

describe('what a CRM or a DBA wrote in plain', () => {
  test('R31 a user’s senha and token are sealed in place at first sight and read the same ever after', async () => {
    const expected = { ramal: '3501', agente: 'ag-ana', senha: 'canary-senha', token: 'canary-token' };
    expect(await findAgentCredentials(db.store, sealer, 'acme', 'ana')).toEqual(expected);
    const first = await storedOf('ana');
    expect(first).toMatchObject({ agente: 'ag-ana', ramal: '3501' });
    expect([first?.['senha'], first?.['token']]).toEqual([
      expect.stringMatching(/^enc:v2:/),
      expect.stringMatching(/^enc:v2:/),
    ]);
    expect(await findAgentCredentials(db.store, sealer, 'acme', 'ana')).toEqual(expected);
    expect(await storedOf('ana')).toEqual(first);
    const { rows } = await db.store.query<{ text: string }>('select agents::text as text from agents');
    expect(rows.map(({ text }) => text).join()).not.toContain('canary');
  });

  test('what is empty stays empty', async () => {
    expect(await findAgentCredentials(db.store, sealer, 'acme', 'bia')).toMatchObject({
      senha: null,
      token: null,
    });
    expect(await storedOf('bia')).toMatchObject({ senha: '', token: null });
    expect(
      await readCompanySecret(db.store, sealer, { tenant: 'globex', empresaId: 2 }, 'senha_padrao'),
    ).toBeNull();
  });

  test('a new password that is written while the old one is being sealed stays', async () => {
    const before = { query: db.store.query };
    const store = {
      query: async <Row extends object>(text: string, values?: readonly unknown[]) => {
        if (text.startsWith('update agents'))
          await before.query(`update agents set senha = 'newer' where user_name = 'ana'`);
        return before.query<Row>(text, values);
      },
    };
    await findAgentCredentials(store, sealer, 'acme', 'ana');
    expect(await storedOf('ana')).toMatchObject({ senha: 'newer' });
    expect(await findAgentCredentials(db.store, sealer, 'acme', 'ana')).toMatchObject({ senha: 'newer' });
  });

  test('a secret that can’t be sealed just now, as on a read-only server, is used all the same, and that is told', async () => {
    await db.store.query('alter table tenant_keys rename to elsewhere');
    try {
      expect(await findAgentCredentials(db.store, sealer, 'acme', 'ana')).toMatchObject({
        senha: 'canary-senha',
      });
    } finally {
      await db.store.query('alter table elsewhere rename to tenant_keys');
    }
    expect(notSealed.map(({ message }) => message)).toEqual([
      expect.stringContaining('tenant_keys'),
      expect.stringContaining('tenant_keys'),
    ]);
    expect(String(notSealed)).not.toContain('canary');
  });

  test('without a master key it works as it is and stays as it is', async () => {
    expect(await findAgentCredentials(db.store, null, 'acme', 'ana')).toMatchObject({
      senha: 'canary-senha',
    });
    expect(await readCompanySecret(db.store, null, acme, 'senha_banco')).toBe('canary-banco');
    expect(await storedOf('ana')).toMatchObject({ senha: 'canary-senha' });
  });
});

describe('what was sealed straight with the master key, as of old', () => {
  const sealV1 = (plain: string, key: Buffer, empresaId: number, column: string) =>
    `enc:v1:${encryptBytes(key, Buffer.from(plain), JSON.stringify([empresaId, column])).toString('base64url')}`;
  const put = (value: string) =>
    db.store.query('update wl_chamados_empresa set senha_banco = $1 where empresa_id = 1', [value]);

  test('opens, also with an older master key, and is sealed anew at sight', async () => {
    const older = randomBytes(32);
    const both = createMasterKeys([masterKey, older]);
    const secrets = createTenantSecrets({ store: db.store, masterKeys: both });
    const withBoth = createSecretSealer({
      secrets,
      masterKeys: both,
      onNotSealed: (error) => notSealed.push(error),
    });
    await put(sealV1('geheim', older, 1, 'senha_banco'));
    expect(await readCompanySecret(db.store, withBoth, acme, 'senha_banco')).toBe('geheim');
    const { rows } = await db.store.query<{ senha_banco: string }>(
      'select senha_banco from wl_chamados_empresa where empresa_id = 1',
    );
    expect(rows[0]?.senha_banco).toMatch(/^enc:v2:/);
    // The older one is not needed any more.
    expect(await readCompanySecret(db.store, sealer, acme, 'senha_banco')).toBe('geheim');
    expect(notSealed).toEqual([]);
  });

  test('a value that the release before this one wrote opens', () => {
    // Made by it, with a key of 32 times 7, for senha_padrao of company 1.
    const old = createMasterKeys([Buffer.alloc(32, 7)]);
    const secrets = createTenantSecrets({ store: db.store, masterKeys: old });
    const reader = createSecretSealer({ secrets, masterKeys: old, onNotSealed: () => undefined });
    const cell = {
      tenant: 'acme',
      field: 'wl_chamados_empresa.senha_padrao',
      stored: 'enc:v1:3L0hVx-TOBjCospIi0snR_defeMrFA1Q7N5I6cAi_B_PPjV_BGI',
      v1Place: { empresaId: 1, column: 'senha_padrao' },
      replace: async () => undefined,
    };
    return expect(reader.read(cell)).resolves.toBe('s3nha çã');
  });

  test.each([
    ['another column', () => sealV1('geheim', masterKey, 1, 'senha_padrao')],
    ['another company', () => sealV1('geheim', masterKey, 2, 'senha_banco')],
    ['another master key', () => sealV1('geheim', randomBytes(32), 1, 'senha_banco')],
    ['nothing', () => 'enc:v1:'],
  ])('one of %s does not open and stays', async (_title, value) => {
    const stored = value();
    await put(stored);
    const read = readCompanySecret(db.store, sealer, acme, 'senha_banco');
    await expect(read).rejects.toThrow(SealedSecretError);
    await expect(read).rejects.toThrow(/^wl_chamados_empresa\.senha_banco of tenant acme can't be opened/);
    const { rows } = await db.store.query('select 1 from wl_chamados_empresa where senha_banco = $1', [
      stored,
    ]);
    expect(rows).toHaveLength(1);
  });
});

describe('threat 3 what was moved or altered by hand', () => {
  test('one user’s senha is of no use to another', async () => {
    await findAgentCredentials(db.store, sealer, 'acme', 'ana');
    await db.store.query(
      `update agents set senha = (select senha from agents where user_name = 'ana') where user_name = 'bia'`,
    );
    await expect(findAgentCredentials(db.store, sealer, 'acme', 'bia')).rejects.toThrow(
      /^agents\.senha of user bia of tenant acme can't be opened/,
    );
  });

  test('does not open from memory either, once the database has answered', async () => {
    let nowMs = 0;
    const stores = { of: async () => db.store, open: () => 0, close: async () => undefined };
    const lookup = createTenantLookup({ store: db.store, stores, sealer, now: () => nowMs });
    expect(await lookup.credentials('acme', 'ana')).toMatchObject({ senha: 'canary-senha' });
    await db.store.query(`update agents set senha = left(senha, -4) || 'AAAA' where user_name = 'ana'`);
    nowMs = 60_000;
    await expect(lookup.credentials('acme', 'ana')).rejects.toThrow(SealedSecretError);
    // A new password mends it.
    await db.store.query(`update agents set senha = 'new' where user_name = 'ana'`);
    nowMs = 120_000;
    expect(await lookup.credentials('acme', 'ana')).toMatchObject({ senha: 'new' });
  });

  test('is told apart from a master key that is not set', async () => {
    await findAgentCredentials(db.store, sealer, 'acme', 'ana');
    const without = findAgentCredentials(db.store, null, 'acme', 'ana');
    await expect(without).rejects.toThrow(SealedSecretError);
    await expect(without).rejects.toThrow('set RAMAL_MASTER_KEY');
  });

  test('a value sealed in a way of the future is not taken for a plain one', async () => {
    const cell = { tenant: 'acme', field: 'f', stored: 'enc:v3:abc', replace: async () => undefined };
    await expect(readSecret(sealer, cell)).rejects.toThrow(SealedSecretError);
    await expect(readSecret(null, cell)).rejects.toThrow(SealedSecretError);
  });
});
