import { randomBytes } from 'node:crypto';
import { toAgentKey } from '@ramal/contracts';
import { createTestDatabase, sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { type AccessWatch, startAccessWatch } from './access-watch.ts';
import type { Queryable } from './connect-store.ts';
import { connectTenants, type Tenants } from './connect-tenants.ts';
import { createMasterKeys } from './master-keys.ts';
import { revokeAccess } from './revocations.ts';
import { createTenantSecrets, type TenantSecrets } from './tenant-secrets.ts';
import {
  addTokenKey,
  dropTokenPolicy,
  findTokenPolicy,
  removeTokenKey,
  setProviderPolicy,
} from './token-policies.ts';

const MASTER_KEY = randomBytes(32);
const BY = 'operator test';
const PROVIDER = { url: 'https://id.example/jwks', issuer: 'https://id.example', audience: 'telephony' };
let database: TestStore;
let secrets: TenantSecrets;
const open: (() => void | Promise<void>)[] = [];

beforeAll(async () => {
  database = await openTestStore(await createTestDatabase());
  secrets = createTenantSecrets({ store: database.store, masterKeys: createMasterKeys([MASTER_KEY]) });
});
afterAll(() => database.drop());
beforeEach(async () => {
  for (const close of open.splice(0)) await close();
  await database.store.query('delete from access_revocations');
  await database.store.query('delete from agent_token_policies');
});
afterAll(async () => {
  for (const close of open.splice(0)) await close();
});

function connect(): { tenants: Tenants; watch: AccessWatch } {
  const tenants = connectTenants({
    databaseUrl: database.databaseUrl,
    applicationName: 'access-test',
    masterKey: MASTER_KEY,
    maxConnections: 2,
    onError: () => undefined,
  });
  open.push(() => tenants.close());
  return { tenants, watch: tenants.watchAccess() };
}
/** A watch on a database that a test may take away; nobody tells it of changes. */
function watchAlone(store: Queryable, opener: TenantSecrets | null = secrets) {
  const errors: string[] = [];
  const watch = startAccessWatch({
    store,
    secrets: opener,
    noticed: () => false,
    onError: (error) => errors.push(error.message),
  });
  open.push(watch.close);
  return { watch, errors };
}
const revoke = (tenant: string | null, user: string | null, before = '2026-01-01T00:00:00.250Z') =>
  revokeAccess(database.store, { tenant, user, before: new Date(before), reason: null }, BY);

describe('what is known of access', () => {
  test('is everything that is stored, each revocation where it belongs', async () => {
    await setProviderPolicy(database.store, 'crm', PROVIDER, BY);
    const old = await addTokenKey(database.store, secrets, { tenant: 'keyed', kid: 'old' }, BY);
    const young = await addTokenKey(database.store, secrets, { tenant: 'keyed', kid: 'new' }, BY);
    await revoke(null, null);
    await revoke('acme', null);
    await revoke('a","b', 'ana');
    const snapshot = await connect().watch.current();
    const atMs = Date.parse('2026-01-01T00:00:00.250Z');
    expect(snapshot?.policies.get('crm')).toEqual({ kind: 'jwks', ...PROVIDER });
    expect(snapshot?.policies.get('keyed')).toEqual({
      kind: 'keys',
      issuer: 'ramal',
      audience: 'ramal-agent',
      keys: [
        { kid: 'new', ...(young as { secret: string }) },
        { kid: 'old', ...(old as { secret: string }) },
      ],
    });
    expect(snapshot?.policies.get('acme')).toBeUndefined();
    expect(snapshot?.revocations).toEqual({
      everyoneMs: atMs,
      byTenant: new Map([['acme', atMs]]),
      byAgent: new Map([[toAgentKey('a","b', 'ana'), atMs]]),
    });
  });

  test('threat 7 follows each change by notice, and asks PostgreSQL nothing in between', async () => {
    const { watch } = connect();
    await watch.current();
    let changes = 0;
    watch.onChange(() => {
      changes += 1;
    });
    await revoke('acme', 'ana');
    await sleepUntil(() => watch.known()?.revocations.byAgent.size === 1);
    await setProviderPolicy(database.store, 'crm', PROVIDER, BY);
    await sleepUntil(() => watch.known()?.policies.get('crm')?.kind === 'jwks');
    await dropTokenPolicy(database.store, 'crm', BY);
    await sleepUntil(() => watch.known()?.policies.size === 0);
    expect(changes).toBeGreaterThanOrEqual(3);
  });

  test('is found out without notices, too', async () => {
    const { watch } = watchAlone(database.store);
    await watch.current();
    await revoke('acme', null);
    await sleepUntil(() => watch.known()?.revocations.byTenant.has('acme') === true);
  });

  test('stands as it was while PostgreSQL is away, and the failure is told once', async () => {
    let away = false;
    let asked = 0;
    const store: Queryable = {
      query: (text, values) => {
        asked += 1;
        return away ? Promise.reject(new Error('connection lost')) : database.store.query(text, values);
      },
    };
    await revoke('acme', 'ana');
    const { watch, errors } = watchAlone(store);
    await watch.current();
    away = true;
    const before = asked;
    await sleepUntil(() => asked > before + 2);
    expect(watch.known()?.revocations.byAgent.size).toBe(1);
    expect(errors).toEqual(['connection lost']);
    await revoke('acme', 'bruno');
    away = false;
    await sleepUntil(() => watch.known()?.revocations.byAgent.size === 2);
  });

  test('is waited for once at the start, by nobody for ever', async () => {
    const { watch } = watchAlone({ query: () => new Promise(() => undefined) });
    expect(await watch.current()).toBeNull();
    expect(await watch.current()).toBeNull();
  });

  test('has no key that can’t be opened, and none in its place', async () => {
    await addTokenKey(database.store, secrets, { tenant: 'keyed', kid: 'k1' }, BY);
    const { watch, errors } = watchAlone(database.store, null);
    expect((await watch.current())?.policies.get('keyed')).toMatchObject({ kind: 'keys', keys: [] });
    expect(errors).toEqual([expect.stringContaining('RAMAL_MASTER_KEY')]);
  });
});

describe('a tenant’s keys', () => {
  test('are bound to their tenant and name: a row that was moved opens nothing (threat 3)', async () => {
    await addTokenKey(database.store, secrets, { tenant: 'keyed', kid: 'k1' }, BY);
    await addTokenKey(database.store, secrets, { tenant: 'victim', kid: 'k1' }, BY);
    await database.store.query(
      `update agent_token_keys set secret = (select secret from agent_token_keys where tenant = 'keyed') where tenant = 'victim'`,
    );
    const { watch } = watchAlone(database.store);
    expect((await watch.current())?.policies.get('victim')).toMatchObject({ keys: [] });
    expect((await watch.current())?.policies.get('keyed')).toMatchObject({ keys: [{ kid: 'k1' }] });
  });

  test('are never all removed one by one, not even by two at once', async () => {
    for (const kid of ['k1', 'k2']) await addTokenKey(database.store, secrets, { tenant: 'keyed', kid }, BY);
    const outcomes = await Promise.all(
      ['k1', 'k2'].map((kid) => removeTokenKey(database.store, { tenant: 'keyed', kid }, BY)),
    );
    expect(outcomes.toSorted()).toEqual(['last', 'removed']);
    expect((await findTokenPolicy(database.store, 'keyed'))?.keys).toHaveLength(1);
    expect(await removeTokenKey(database.store, { tenant: 'keyed', kid: 'k9' }, BY)).toBe('unknown');
  });

  test('go when the tenant gets an identity provider: one family at a time', async () => {
    await addTokenKey(database.store, secrets, { tenant: 'keyed', kid: 'k1' }, BY);
    await setProviderPolicy(database.store, 'keyed', PROVIDER, BY);
    expect(await findTokenPolicy(database.store, 'keyed')).toEqual({ kind: 'jwks', ...PROVIDER, keys: [] });
  });
});
