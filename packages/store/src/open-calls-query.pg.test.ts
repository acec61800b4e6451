import { randomBytes } from 'node:crypto';
import { toUuidV7 } from '@ramal/contracts';
import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { listSilentCalls, listTenantsWithOpenCalls } from './open-calls-query.ts';
import { ensurePartitions } from './partitions.ts';
import { listTenantsWithOwnDatabase } from './tenant-directory.ts';

const MINUTE_MS = 60_000;
let db: TestStore;
beforeAll(async () => {
  db = await openTestStore(await createTestDatabase());
  await ensurePartitions(db.store, 1, Date.now());
});
afterAll(() => db?.drop());
beforeEach(() => db.store.query('truncate calls'));

/** A row that was last written so many minutes ago. */
async function insert(tenant: string, state: string, writtenMinAgo: number, startedMinAgo = writtenMinAgo) {
  const startedMs = Date.now() - startedMinAgo * MINUTE_MS;
  const callId = toUuidV7(startedMs, randomBytes(10));
  await db.store.query(
    `insert into calls (started_at, call_id, tenant, state, updated_at, ended_at)
     values ($1, $2, $3, $4, now() - $5 * interval '1 minute', case when $4::text = 'ended' then now() end)`,
    [new Date(startedMs), callId, tenant, state, writtenMinAgo],
  );
  return callId;
}

const silent = (silences: Record<string, number>, afterCallId: string | null = null, limit = 100) =>
  listSilentCalls(db.store, {
    silences: Object.entries(silences).map(([tenant, min]) => ({ tenant, silentMs: min * MINUTE_MS })),
    afterCallId,
    limit,
  });

test('tenants with open calls are those that have one without an end', async () => {
  await insert('acme', 'ringing', 1);
  await insert('acme', 'answered', 1);
  await insert('globex', 'ended', 1);
  await insert('o"dd', 'queued', 1);
  expect((await listTenantsWithOpenCalls(db.store)).toSorted()).toEqual(['acme', 'o"dd']);
});

test('silent calls are open, and have had no word for longer than their own tenant’s time', async () => {
  const old = await insert('acme', 'answered', 31);
  await insert('acme', 'answered', 29);
  await insert('acme', 'ended', 300);
  // Long, but told of a moment ago.
  await insert('acme', 'answered', 1, 300);
  await insert('globex', 'ringing', 59);
  const globex = await insert('globex', 'ringing', 61);
  await insert('unasked', 'ringing', 600);
  expect(await silent({ acme: 30, globex: 60 })).toEqual([
    { tenant: 'globex', callId: globex },
    { tenant: 'acme', callId: old },
  ]);
  expect(await silent({})).toEqual([]);
});

test('silent calls come oldest first and page by page', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 7; n++) ids.push(await insert('acme', 'ringing', 100 - n));
  const seen: string[] = [];
  for (let after: string | null = null; ; ) {
    const page: { callId: string }[] = await silent({ acme: 30 }, after, 3);
    seen.push(...page.map(({ callId }) => callId));
    after = page.at(-1)?.callId ?? null;
    if (page.length < 3) break;
  }
  expect(seen).toEqual(ids);
});

test('what it reads is a small index, however many calls have ended', async () => {
  await db.store.query(
    `insert into calls (started_at, call_id, tenant, state, ended_at)
     select now() - i * interval '1 second', gen_random_uuid(), 'acme', 'ended', now() from generate_series(1, 20000) i`,
  );
  await insert('acme', 'ringing', 100);
  await db.store.query('analyze calls');
  const { rows } = await db.store.query<{ 'QUERY PLAN': string }>(
    `explain select tenant from calls where ended_at is null`,
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).not.toMatch(/Seq Scan on calls_\d+_\d+ .*rows=[1-9]\d\d/);
  expect(plan).toMatch(/calls_\d+_\d+_started_at_call_id_tenant_idx/);
});

test('R42 tenants with a database of their own are those whose three columns are filled', async () => {
  await db.store.query(
    `insert into wl_chamados_empresa (empresa_id, tenant, host, nome_banco, senha_banco) values
       (1, 'shared', null, null, null), (2, 'own', 'h:5433', 'b', 'p'), (3, 'half', 'h', 'b', ''), (4, 'own2', 'h', 'b', 'p')`,
  );
  const found = await listTenantsWithOwnDatabase(db.store);
  expect(found.map(({ tenant }) => tenant)).toEqual(['own', 'own2']);
  expect(found[0]).toMatchObject({ empresaId: 2, active: true, database: { host: 'h:5433', name: 'b' } });
});
