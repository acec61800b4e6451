import { randomBytes } from 'node:crypto';
import { ROLE_SERVICES, type RoleService, toRoleName, toUuidV7 } from '@ramal/contracts';
import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { incoming, reduceForTest } from '../../test/call-events.ts';
import { openTestStore, type TestStore } from '../../test/open-test-store.ts';
import { sealAudit } from '../audit-chain.ts';
import { appendAudit } from '../audit-log.ts';
import { connectStore, type Queryable, type Store } from '../connect-store.ts';
import { writeBatch } from '../history-writes.ts';
import { migrate } from '../migrate.ts';
import { ensurePartitions } from '../partitions.ts';
import { deleteInactiveUser, forgetAuditPerson } from '../person-records.ts';
import { runRetention } from '../run-retention.ts';
import { grantRights } from './grant-rights.ts';
import { SERVICE_RIGHTS } from './service-rights.ts';

let db: TestStore;
const stores = new Map<RoleService | 'owner', Store>();
const password = 'rights-of-tests';

beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
  await grantRights(db.databaseUrl, {});
  for (const service of [...ROLE_SERVICES, 'owner'] as const) {
    // As the role, without its password: other files use the same roles with others.
    const store = connectStore({
      databaseUrl: db.databaseUrl,
      applicationName: 'rights',
      onPoolError: () => undefined,
    });
    stores.set(service, {
      ...store,
      query: (text, values) => asRole(store, service, (transaction) => transaction.query(text, values)),
      withTransaction: (work) => asRole(store, service, work),
    });
  }
});
afterAll(async () => {
  for (const store of stores.values()) await store.close();
  await db.drop();
});

function asRole<T>(
  store: Store,
  service: RoleService | 'owner',
  work: (transaction: Queryable) => Promise<T>,
): Promise<T> {
  return store.withTransaction(async (transaction) => {
    await transaction.query(`set local role ${toRoleName(service)}`);
    return work(transaction);
  });
}

const as = (service: RoleService | 'owner') => {
  const store = stores.get(service);
  if (store === undefined) throw new Error(`no store of ${service}`);
  return store;
};

async function rightsOf(service: RoleService): Promise<string[]> {
  // Straight from the catalogue: the views of the information schema take seconds.
  const { rows } = await db.store.query<{ right: string }>(
    `select lower(a.privilege_type) || ' ' || c.relname as right
       from pg_class c, aclexplode(c.relacl) a
      where a.grantee = $1::regrole and c.relnamespace = current_schema()::regnamespace
      union
     select lower(a.privilege_type) || ' ' || c.relname || '.' || t.attname
       from pg_attribute t join pg_class c on c.oid = t.attrelid, aclexplode(t.attacl) a
      where a.grantee = $1::regrole and c.relnamespace = current_schema()::regnamespace`,
    [toRoleName(service)],
  );
  return rows.map(({ right }) => right).sort();
}

describe.each(ROLE_SERVICES)('threat 12 the role of %s', (service) => {
  test('has exactly the rights of the table in the code', async () => {
    const wanted = SERVICE_RIGHTS[service].tables.flatMap(({ table, privilege, columns }) =>
      columns === undefined
        ? [`${privilege} ${table}`]
        : columns.map((column) => `${privilege} ${table}.${column}`),
    );
    expect(await rightsOf(service)).toEqual([...new Set(wanted)].sort());
  });

  test.each([
    ['drop table calls'],
    ['create table mine (id int)'],
    ['truncate agents'],
    ['delete from wl_chamados_empresa'],
    ['delete from tenant_keys'],
    ['update tenant_keys set master_key_id = master_key_id'],
    [`update agents set ramal = '1'`],
    [`insert into agents (tenant, user_name) values ('a', 'b')`],
    ['delete from api_keys'],
    ['update audit_log set actor = actor'],
    ['delete from audit_log'],
    ['update agent_token_keys set secret = secret'],
    ['select * from ramal_migrations'],
    ['create role mine'],
    [`copy calls to program 'true'`],
    ['alter function ramal_ensure_partitions(date, int) security invoker'],
  ])('may not %s', async (statement) => {
    await expect(as(service).query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  test('reads users’ credentials, keys and calls, or may not', async () => {
    const may = async (statement: string) =>
      as(service)
        .query(statement)
        .then(
          () => true,
          (error: { code?: string }) => (error.code === '42501' ? false : Promise.reject(error)),
        );
    const credentials = service === 'dialer' || service === 'ws-gateway';
    expect(await may('select senha from agents')).toBe(credentials);
    expect(await may('select token from agents')).toBe(credentials);
    expect(await may('select senha_padrao from wl_chamados_empresa')).toBe(credentials);
    expect(await may('select key_hash from api_keys')).toBe(service === 'api');
    expect(await may('select token_hash from callback_tokens')).toBe(service === 'webhook');
    expect(await may('select actor from audit_log')).toBe(service === 'history' || service === 'api');
    expect(await may('select peer from calls')).toBe(service === 'history' || service === 'api');
    expect(await may(`select ramal_ensure_partitions('2026-01-01', 1)`)).toBe(service === 'history');
  });
});

test('history makes months and stores events with its rights', async () => {
  const history = as('history');
  expect(await ensurePartitions(history, 2, Date.UTC(2031, 4, 1))).toBeGreaterThan(0);
  const event = incoming({ tenant: 'acme' });
  const batch = { partition: 0, checkpointId: '1-1', events: [{ event }], deadLetters: [] };
  expect(await writeBatch(history, batch, reduceForTest)).toMatchObject({ events: 1, calls: 1 });
  expect((await as('api').query('select call_id from calls')).rowCount).toBe(1);
});

test('history drops a month, removes rows and links, and seals the audit log with its rights; api erases', async () => {
  const history = as('history');
  const beforeMs = Date.UTC(2024, 5, 1);
  await ensurePartitions(history, 1, Date.UTC(2024, 4, 1));
  const old = incoming({ tenant: 'old', callId: toUuidV7(Date.UTC(2024, 4, 2), randomBytes(10)) });
  await writeBatch(
    history,
    { partition: 0, checkpointId: '1-2', events: [{ event: old }], deadLetters: [] },
    reduceForTest,
  );
  const cutoffs = ['old', 'acme'].map((tenant) => ({
    tenant,
    callsBeforeMs: beforeMs,
    recordingsBeforeMs: beforeMs + 1,
  }));
  const counts = await runRetention(history, { cutoffs, unknownBeforeMs: beforeMs });
  expect(counts.monthsDropped).toContain('2024_05');
  await expect(history.query(`select ramal_drop_month('2999_01')`)).rejects.toThrow('no month that is over');
  await expect(history.query(`select ramal_drop_month('2024_05; drop table calls')`)).rejects.toThrow();
  await appendAudit(as('api'), {
    tenant: 'acme',
    actor: 'key crm',
    action: 'number.revealed',
    subject: null,
  });
  expect(await sealAudit(history, [])).toBeGreaterThan(0);
  expect(await deleteInactiveUser(as('api'), 'acme', 'nobody')).toBe(false);
  expect(await forgetAuditPerson(as('api'), 'acme', 'nobody')).toBe(false);
});

test('what was granted beside the table is taken away the next time, and nothing is ever without rights meanwhile', async () => {
  await db.store.query('grant delete on calls to ramal_webhook');
  await db.store.query('grant select (senha) on agents to ramal_webhook');
  await grantRights(db.databaseUrl, {});
  const rights = await rightsOf('webhook');
  expect(rights).not.toContain('delete calls');
  expect(rights).not.toContain('select agents.senha');
  expect(rights).toContain('select callback_tokens');
});

test('the owner’s role owns what is ours, migrates, and is no superuser; a CRM’s own table stays the CRM’s', async () => {
  const other = await createTestDatabase();
  const store = connectStore({
    databaseUrl: other.databaseUrl,
    applicationName: 'rights',
    onPoolError: () => undefined,
  });
  try {
    await store.query('create table empresas (empresa_id int primary key)');
    const crm = `crm_${new URL(other.databaseUrl).pathname.slice(6)}`;
    await store.query(`create role ${crm}`);
    await store.query(`alter table empresas owner to ${crm}`);
    await migrate(other.databaseUrl);
    await grantRights(other.databaseUrl, {});
    const { rows } = await store.query<{ owner: string; name: string }>(
      `select relname as name, relowner::regrole::text as owner from pg_class
        where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')`,
    );
    expect(rows.length).toBeGreaterThan(15);
    for (const { name, owner } of rows)
      expect([name, owner]).toEqual([name, name === 'empresas' ? crm : 'ramal_owner']);
    await asRole(store, 'owner', (transaction) =>
      transaction.query('alter table calls add column probe int'),
    );
    await expect(
      asRole(store, 'owner', (transaction) => transaction.query('create role mine')),
    ).rejects.toMatchObject({ code: '42501' });
    await store.query(`drop owned by ${crm}`);
    await store.query(`drop role ${crm}`);
  } finally {
    await store.close();
    await other.drop();
  }
});

test('two that set up one cluster’s roles at the same time don’t get in each other’s way', async () => {
  // As stacks of one cluster do: with the same passwords.
  await Promise.all(Array.from({ length: 4 }, () => grantRights(db.databaseUrl, { owner: password })));
  expect(await rightsOf('webhook')).toContain('select callback_tokens');
});
