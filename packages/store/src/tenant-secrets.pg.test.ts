import { randomBytes } from 'node:crypto';
import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import type { Queryable } from './connect-store.ts';
import { createMasterKeys } from './master-keys.ts';
import { SealedSecretError } from './sealed-secret-error.ts';
import { createTenantSecrets, toKeyVersion } from './tenant-secrets.ts';

let db: TestStore;
beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
});
afterAll(() => db.drop());

const masterKeys = createMasterKeys([randomBytes(32)]);
const openSecrets = (keys = masterKeys, store: Queryable = db.store) =>
  createTenantSecrets({ store, masterKeys: keys });

/** Counts what is asked of the database. */
function counted(): { store: Queryable; asked: () => number } {
  let asked = 0;
  return {
    asked: () => asked,
    store: {
      query: (text, values) => {
        asked++;
        return db.store.query(text, values);
      },
    },
  };
}

test('a sealed secret opens in its own place, in any process with the master key, and does not show', async () => {
  const sealed = await openSecrets().seal('acme', 'senha', 's3nha çã 🔑');
  expect(sealed).toMatch(/^enc:v2:1:[\w-]+$/);
  expect(Buffer.from(sealed.split(':')[3] ?? '', 'base64url').toString('latin1')).not.toContain('s3nha');
  expect(await openSecrets().open('acme', 'senha', sealed)).toBe('s3nha çã 🔑');
  expect(await openSecrets().seal('acme', 'senha', 's3nha çã 🔑')).not.toBe(sealed);
});

test.each([
  ['another tenant', 'globex', 'senha'],
  ['another field', 'acme', 'token'],
  ['a tenant and field that are spelled the same together', 'acm', 'esenha'],
])('threat 3 a sealed secret that was copied to %s does not open', async (_title, tenant, field) => {
  const secrets = openSecrets();
  const sealed = await secrets.seal('acme', 'senha', 'geheim');
  // Its own key is there, under the same version.
  await secrets.seal(tenant, field, 'x');
  const opened = secrets.open(tenant, field, sealed);
  await expect(opened).rejects.toThrow(SealedSecretError);
  await expect(opened).rejects.toMatchObject({ tenant, field, code: 'sealed_secret_invalid' });
});

test('each tenant has a key of its own', async () => {
  const secrets = openSecrets();
  await Promise.all([secrets.seal('one', 'f', 'x'), secrets.seal('two', 'f', 'x')]);
  const { rows } = await db.store.query<{ tenant: string; wrapped_key: Buffer; master_key_id: string }>(
    `select tenant, wrapped_key, master_key_id from tenant_keys where tenant in ('one', 'two')`,
  );
  expect(rows).toHaveLength(2);
  expect(new Set(rows.map(({ master_key_id }) => master_key_id))).toEqual(new Set([masterKeys.newest.id]));
  // Swapped, neither opens: they are bound to the tenant.
  const sealed = await secrets.seal('one', 'f', 'x');
  await db.store.query(
    `update tenant_keys as mine set wrapped_key = other.wrapped_key
       from tenant_keys as other
      where mine.tenant in ('one', 'two') and other.tenant in ('one', 'two') and mine.tenant <> other.tenant`,
  );
  await expect(openSecrets().open('one', 'f', sealed)).rejects.toThrow('was moved or changed');
});

test('any changed character makes it useless, and the error tells tenant and field but nothing of the value', async () => {
  const secrets = openSecrets();
  const sealed = await secrets.seal('acme', 'agents.senha', 'geheim');
  const body = sealed.slice('enc:v2:1:'.length);
  const altered = [
    ...Array.from({ length: body.length }, (_, i) => {
      // Of the last character only some bits count.
      const other = body[i] === 'A' ? 'Z' : 'A';
      return `enc:v2:1:${body.slice(0, i)}${other}${body.slice(i + 1)}`;
    }).slice(0, -1),
    sealed.replace(':1:', ':2:'),
    'enc:v2:1:',
    'enc:v2:1:AAAA',
    'enc:v2:0:AAAA',
    'geheim',
    '',
  ];
  for (const value of altered) {
    const error: unknown = await secrets
      .open('acme', 'agents.senha', value)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SealedSecretError);
    const { message } = error as SealedSecretError;
    expect(message).toMatch(/^agents\.senha of tenant acme can't be opened: /);
    expect(message).not.toContain('geheim');
    if (value.length > 12) expect(message).not.toContain(value.slice(9));
  }
});

test('many processes that seal a tenant’s first secret at once agree on one key', async () => {
  const sealed = await Promise.all(
    Array.from({ length: 24 }, (_, i) => openSecrets().seal('new', 'f', String(i))),
  );
  const secrets = openSecrets();
  expect(await Promise.all(sealed.map((value) => secrets.open('new', 'f', value)))).toEqual(
    Array.from({ length: 24 }, (_, i) => String(i)),
  );
  const { rowCount } = await db.store.query(`select 1 from tenant_keys where tenant = 'new'`);
  expect(rowCount).toBe(1);
});

test('a key is asked of the database once, and memory holds no more keys than it may', async () => {
  const { store, asked } = counted();
  const secrets = createTenantSecrets({ store, masterKeys, maxKeys: 2 });
  const tenants = ['k1', 'k2', 'k3'];
  const sealed = await Promise.all(tenants.map((tenant) => secrets.seal(tenant, 'f', tenant)));
  const open = (i: number) => secrets.open(tenants[i] ?? '', 'f', sealed[i] ?? '');
  const before = asked();
  for (let i = 0; i < 50; i++) await open(0);
  expect(asked() - before).toBe(1);
  await open(1);
  await open(0);
  expect(asked() - before).toBe(2);
  await open(2);
  await open(1);
  expect(asked() - before).toBe(4);
});

test('an older master key still opens what it wrapped, the newest one seals, and without it nothing opens', async () => {
  const older = randomBytes(32);
  const newer = randomBytes(32);
  const sealed = await openSecrets(createMasterKeys([older])).seal('turn', 'f', 'x');
  const both = openSecrets(createMasterKeys([newer, older]));
  expect(await both.open('turn', 'f', sealed)).toBe('x');
  await both.seal('turned', 'f', 'y');
  const { rows } = await db.store.query<{ id: string }>(
    `select master_key_id as id from tenant_keys where tenant in ('turn', 'turned') order by tenant`,
  );
  const [first, second] = [older, newer].map((key) => createMasterKeys([key]).newest.id);
  expect(rows.map(({ id }) => id)).toEqual([first, second]);
  const lost = openSecrets(createMasterKeys([newer])).open('turn', 'f', sealed);
  await expect(lost).rejects.toThrow(`f of tenant turn can't be opened`);
  await expect(lost).rejects.toThrow(`wrapped by master key ${first}, not at hand`);
});

test('a tenant that was removed and made again under the same name uses its new key at once', async () => {
  const process = openSecrets();
  await process.open('again', 'f', await process.seal('again', 'f', 'x'));
  await db.store.query(`delete from tenant_keys where tenant = 'again'`);
  const sealed = await openSecrets().seal('again', 'f', 'y');
  expect(await process.open('again', 'f', sealed)).toBe('y');
});

test('hostile names of tenants and fields stay apart', async () => {
  const secrets = openSecrets();
  const names = ['a', 'a"', 'a",', '__proto__', '{}', 'a:b', '*', "'; drop table tenant_keys; --", 'ç\u0301'];
  for (const tenant of names) {
    const sealed = await secrets.seal(tenant, 'f', tenant);
    expect(await secrets.open(tenant, 'f', sealed)).toBe(tenant);
    for (const other of names.filter((name) => name !== tenant))
      await expect(secrets.open(other, 'f', sealed)).rejects.toThrow(SealedSecretError);
  }
});

test('the version of a key shows in what it sealed, and in nothing else', () => {
  expect(toKeyVersion('enc:v2:12:abc')).toBe(12);
  for (const other of ['enc:v1:abc', 'enc:v2:abc', 'enc:v2::abc', 'plain', ''])
    expect(toKeyVersion(other)).toBeNull();
});

test('while the database is away its own error comes through, for it says nothing about the secret', async () => {
  const away: Queryable = { query: () => Promise.reject(new Error('connection refused')) };
  await expect(openSecrets(masterKeys, away).open('acme', 'f', 'enc:v2:1:AAAA')).rejects.toThrow(
    'connection refused',
  );
});
