import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import {
  clearCallbackCredentials,
  listCallbackCredentials,
  rotateCallbackCredential,
  toSigningField,
  writeCallbackNetworks,
} from './callback-credentials.ts';
import { type CallbackProtections, createCallbackProtections } from './callback-protections.ts';
import type { Store } from './connect-store.ts';
import { isPassword } from './password-hash.ts';
import { newSigningSecret, toSigningKey } from './signing-secret.ts';
import type { TenantSecrets } from './tenant-secrets.ts';

/** Opens what it sealed, at the place it was sealed for; of the real one's strength nothing is asked here. */
const secrets: TenantSecrets = {
  seal: async (tenant, field, plain) =>
    `enc:v2:${Buffer.from(JSON.stringify([tenant, field, plain])).toString('hex')}`,
  async open(tenant, field, sealed) {
    const [forTenant, forField, plain] = JSON.parse(Buffer.from(sealed.slice(7), 'hex').toString());
    if (forTenant !== tenant || forField !== field) throw new Error('sealed for another place');
    return plain;
  },
};

let db: TestStore;
let protections: CallbackProtections;
let nowMs: number;
let queries: number;
let down: boolean;
beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.store.query('truncate callback_networks, callback_credentials');
  [nowMs, queries, down] = [0, 0, false];
  protections = open(secrets);
});

function open(with_: TenantSecrets | null): CallbackProtections {
  const query: Store['query'] = (text, values) => {
    queries += 1;
    return down ? Promise.reject(new Error('connect ECONNREFUSED')) : db.store.query(text, values);
  };
  const store = { ...db.store, query };
  return createCallbackProtections({
    store,
    secrets: with_,
    now: () => nowMs,
    maxAgeMs: 900,
    maxEntries: 10,
  });
}

const sign = (secret: string, overlapSec = 0, tenant = 'acme') =>
  rotateCallbackCredential(db.store, secrets, { tenant, kind: 'signing', secret, overlapSec });
const allow = (password: string, overlapSec = 0) =>
  rotateCallbackCredential(db.store, secrets, {
    tenant: 'acme',
    kind: 'basic',
    user: 'pbx',
    secret: password,
    overlapSec,
  });

describe('threat 5 what is asked of a tenant’s callers', () => {
  test('is nothing by default, read once', async () => {
    const nothing = { networks: null, signingKeys: null, basicLogins: null };
    for (let i = 0; i < 50; i++) expect(await protections.of('acme')).toEqual(nothing);
    expect(queries).toBe(2);
  });

  test('I6 is each tenant’s own', async () => {
    await sign(newSigningSecret());
    await writeCallbackNetworks(db.store, 'acme', ['10.0.0.0/8']);
    expect((await protections.of('acme')).networks?.has('10.1.2.3')).toBe(true);
    expect(await protections.of('globex')).toEqual({ networks: null, signingKeys: null, basicLogins: null });
  });

  test('threat 3 a signing secret is stored sealed for its row, a password as a hash', async () => {
    const secret = newSigningSecret();
    const { credentialId } = await sign(secret);
    await allow('segredo');
    const rows = await listCallbackCredentials(db.store, 'acme');
    for (const plain of ['segredo', secret.slice(6, 20)]) expect(JSON.stringify(rows)).not.toContain(plain);
    const sealed = rows.find(({ kind }) => kind === 'signing')?.secret ?? '';
    expect(await secrets.open('acme', toSigningField(credentialId), sealed)).toBe(secret);
    const { signingKeys, basicLogins } = await protections.of('acme');
    expect(signingKeys).toEqual([toSigningKey(secret)]);
    expect(basicLogins?.map(({ user }) => user)).toEqual(['pbx']);
    expect(await isPassword('segredo', basicLogins?.[0]?.passwordHash ?? '')).toBe(true);
  });

  test('during the overlap of a rotation both secrets open, afterwards the new one alone', async () => {
    const [old, next] = [newSigningSecret(), newSigningSecret()];
    await sign(old);
    await sign(next, 60);
    expect((await protections.of('acme')).signingKeys).toEqual([toSigningKey(next), toSigningKey(old)]);
    down = true;
    nowMs = 60_001;
    expect((await protections.of('acme')).signingKeys).toEqual([toSigningKey(next)]);
  });

  test('is still asked when everything has ended: then nobody gets through', async () => {
    await sign(newSigningSecret());
    await allow('x');
    await db.store.query(`update callback_credentials set ends_at = now() - interval '1 second'`);
    expect(await protections.of('acme')).toEqual({ networks: null, signingKeys: [], basicLogins: [] });
    await clearCallbackCredentials(db.store, 'acme', 'signing');
    nowMs = 900;
    expect(await protections.of('acme')).toEqual({ networks: null, signingKeys: null, basicLogins: [] });
  });

  test('a list of networks that was written wrong lets nobody in', async () => {
    await db.store.query(`insert into callback_networks values ('acme', '{10.0.0.0/8,nonsense}')`);
    const { networks } = await protections.of('acme');
    expect(networks?.has('10.1.2.3')).toBe(false);
  });

  test('R29 counts after a notice at once', async () => {
    await protections.of('acme');
    await writeCallbackNetworks(db.store, 'acme', ['10.0.0.0/8']);
    protections.forget('globex');
    expect((await protections.of('acme')).networks).toBeNull();
    protections.forget('acme');
    expect((await protections.of('acme')).networks).not.toBeNull();
  });
});

describe('I3 what is not known is an error, never "nothing is asked"', () => {
  test('without the database; what was known goes on', async () => {
    await sign(newSigningSecret());
    const before = await protections.of('acme');
    down = true;
    nowMs = 60_000;
    expect(await protections.of('acme')).toEqual(before);
    await expect(protections.of('globex')).rejects.toThrow('ECONNREFUSED');
  });

  test('without the master key, or with one row’s secret in another', async () => {
    await sign(newSigningSecret());
    await expect(open(null).of('acme')).rejects.toThrow('RAMAL_MASTER_KEY');
    await db.store.query('update callback_credentials set credential_id = gen_random_uuid()');
    await expect(protections.of('acme')).rejects.toThrow('another place');
  });

  test('a signing secret is not stored where nothing can seal it', async () => {
    const secret = newSigningSecret();
    await expect(
      rotateCallbackCredential(db.store, null, { tenant: 'acme', kind: 'signing', secret, overlapSec: 0 }),
    ).rejects.toThrow('encrypted');
    expect(await listCallbackCredentials(db.store, 'acme')).toEqual([]);
  });
});
