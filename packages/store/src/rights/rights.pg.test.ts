import { type CallEvent, ROLE_SERVICES, type RoleService, toRoleName } from '@ramal/contracts';
import { createEmptyDatabase, createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callIdAt, incoming, reduceForTest } from '../../test/call-events.ts';
import { openTestStore, type TestStore } from '../../test/open-test-store.ts';
import { sealAudit, toChainKeys } from '../audit-chain.ts';
import { appendAudit } from '../audit-log.ts';
import { queryAudit } from '../audit-query.ts';
import { connectStore, type Queryable, type Store } from '../connect-store.ts';
import { addDeadLetter } from '../dead-letters.ts';
import { eraseStoredCall, searchCalls } from '../erase-calls.ts';
import { writeBatch } from '../history-writes.ts';
import { migrate } from '../migrate.ts';
import { ensurePartitions } from '../partitions.ts';
import {
  deleteInactiveUser,
  findUserRecord,
  forgetAuditPerson,
  replaceDeadLetter,
  searchDeadLetters,
} from '../person-records.ts';
import { claimRetentionRun, finishRetentionRun } from '../retention-floors.ts';
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
    ['update audit_log set action = action'],
    ['delete from audit_seals'],
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
    expect(await may('select 1 from audit_log')).toBe(service === 'history' || service === 'api');
    expect(await may('delete from agents where false')).toBe(service === 'api');
    expect(await may(`select ramal_drop_month('1999_01')`)).toBe(service === 'history');
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

test('history removes what retention has passed, months and rows, and chains the audit log with its rights', async () => {
  const history = as('history');
  const store = async (tenant: string, time: string) => {
    const event = incoming({ tenant, callId: callIdAt(time), recording: 'https://pbx/1.wav' });
    const batch = { partition: 0, checkpointId: null, events: [{ event }], deadLetters: [] };
    await writeBatch(history, batch, reduceForTest);
  };
  await store('acme', '2025-02-10T00:00:00Z');
  await store('acme', '2025-03-10T00:00:00Z');
  await store('globex', '2025-03-10T00:00:00Z');
  const counts = await runRetention(history, {
    cutoffs: [
      { tenant: 'acme', callsBeforeMs: Date.UTC(2025, 3), recordingsBeforeMs: null },
      { tenant: 'globex', callsBeforeMs: null, recordingsBeforeMs: Date.UTC(2025, 3) },
    ],
    unknownBeforeMs: 1,
  });
  expect(counts).toMatchObject({ monthsDropped: ['2025_02'], calls: 1, events: 1, recordings: 2 });
  expect(await claimRetentionRun(history, 1)).toBe(true);
  await finishRetentionRun(history);
  await appendAudit(db.store, { tenant: 'acme', actor: 'key a', action: 'key.created', subject: 'user ana' });
  expect(await sealAudit(history, toChainKeys([]))).toBeGreaterThan(0);
});

test('the api erases a person, forgets a user and shows the audit log with its rights', async () => {
  const api = as('api');
  const callId = callIdAt('2025-05-10T00:00:00Z');
  const event = incoming({ tenant: 'acme', callId });
  const batch = { partition: 0, checkpointId: null, events: [{ event }], deadLetters: [] };
  await writeBatch(as('history'), batch, reduceForTest);
  const found = await searchCalls(api, 'acme', { digits: '32100123' }, { after: null, limit: 500 });
  expect(found.found.map((call) => call.callId)).toContain(callId);
  const erasure = {
    events: (events: readonly CallEvent[]) => events.map((one) => ({ ...one, peer: '#erased' }) as CallEvent),
    traceData: (data: Record<string, unknown>) => data,
    farEnd: true,
    user: false,
  };
  expect(await eraseStoredCall(api, 'acme', callId, erasure, reduceForTest)).toBe(1);
  expect(await searchDeadLetters(api, 'acme', { digits: '32100123' })).toEqual([]);
  await replaceDeadLetter(api, 'acme', { id: '1', payload: '' });
  expect(await findUserRecord(api, 'acme', 'nobody')).toBeNull();
  expect(await deleteInactiveUser(api, 'acme', 'nobody')).toBe(false);
  await appendAudit(api, { tenant: 'acme', actor: 'key a', action: 'person.erased', subject: 'user ana' });
  expect(await forgetAuditPerson(api, 'acme', 'ana')).toBe(true);
  const [entry] = await queryAudit(api, { tenant: 'acme', limit: 1 });
  expect(entry?.subject).toBe('user (erased)');
});

test('the webhook puts a dead letter aside with its rights, once, and reads none', async () => {
  const webhook = as('webhook');
  const letter = {
    source: 'journal',
    partition: 0,
    key: 'a',
    tenant: 'acme',
    reason: 'poison',
    detail: '',
    payload: '{}',
  } as const;
  expect([await addDeadLetter(webhook, letter), await addDeadLetter(webhook, letter)]).toEqual([true, false]);
  await expect(webhook.query('select payload from dead_letters')).rejects.toMatchObject({ code: '42501' });
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
  const other = await createEmptyDatabase();
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
