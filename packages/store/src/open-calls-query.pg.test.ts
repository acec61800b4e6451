import { randomBytes } from 'node:crypto';
import { toUuidV7 } from '@ramal/contracts';
import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { listOpenCalls } from './open-calls-query.ts';
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

const open = (olderThanMin: number, afterCallId: string | null = null, limit = 100) =>
  listOpenCalls(db.store, { olderThanMs: olderThanMin * MINUTE_MS, afterCallId, limit });

test('open calls have no end, and began so long ago; each with how long nothing was written of it', async () => {
  const silent = await insert('acme', 'answered', 31);
  const young = await insert('o"dd', 'queued', 1);
  await insert('acme', 'ended', 300);
  const toldOf = await insert('globex', 'ringing', 2, 300);
  const found = await open(15);
  expect(found.map(({ tenant, callId }) => [tenant, callId])).toEqual([
    ['globex', toldOf],
    ['acme', silent],
  ]);
  const minutes = found.map(({ silentMs }) => Math.round(silentMs / MINUTE_MS));
  expect(minutes).toEqual([2, 31]);
  expect((await open(0)).map(({ callId }) => callId)).toEqual([toldOf, silent, young]);
});

test('open calls come oldest first and page by page', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 7; n++) ids.push(await insert(n % 2 === 0 ? 'acme' : 'globex', 'ringing', 100 - n));
  const seen: string[] = [];
  for (let after: string | null = null; ; ) {
    const page: { callId: string }[] = await open(30, after, 3);
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
    `explain select tenant from calls
      where ended_at is null and started_at < now() - interval '15 minutes'
      order by started_at, call_id limit 2000`,
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
