import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connectStore,
  ensurePartitions,
  hashSecret,
  insertCallbackToken,
  migrate,
  type Store,
} from '@ramal/store';
import { createTestDatabase, findFreePort, sleepUntil, type TestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BegunCall, openTestReaping, type TestReaping } from '../test/open-test-reaping.ts';
import { type ServiceProcess, startProcess } from '../test/start-process.ts';

const MINUTE_MS = 60_000;
const CALLS = 300;

let test: TestReaping;
let database: TestDatabase;
let store: Store;
let webhookUrl: string;
let processes: ServiceProcess[] = [];
/** The webhook's own: what a test before it left would be told again. */
let journal: string;
beforeAll(async () => {
  journal = await mkdtemp(join(tmpdir(), 'ramal-journal-'));
  [test, database] = await Promise.all([openTestReaping(), createTestDatabase()]);
  await migrate(database.databaseUrl);
  store = connectStore({
    databaseUrl: database.databaseUrl,
    applicationName: 'reap-test',
    onPoolError: () => undefined,
  });
  await ensurePartitions(store, 1, Date.now());
  await store.query(
    `insert into wl_chamados_empresa (empresa_id, tenant, ativo) values (1, 'quick', 1), (2, 'usual', 1)`,
  );
  await store.query('insert into empresas (empresa_id, usa_cti) values (1, 1)');
  await store.query('insert into cti_settings values (1, $1)', [{ maxCallMinutes: 30 }]);
  await store.query(
    `insert into agents (tenant, user_name, ramal, active) values ('quick', 'ana', '3501', true)`,
  );
  await insertCallbackToken(store, { tokenHash: hashSecret('the token of quick'), tenant: 'quick' });
});
afterAll(async () => {
  await Promise.all(processes.map((one) => one.kill('SIGKILL')));
  await store?.close();
  await database?.drop();
  await test?.close();
  await rm(journal, { recursive: true, force: true });
});

async function start(
  service: 'history' | 'webhook',
  env: Record<string, string> = {},
): Promise<ServiceProcess> {
  const started = await startProcess(service, {
    REDIS_URL: test.server.url,
    DATABASE_URL: database.databaseUrl,
    RAMAL_PARTITIONS: String(test.names.partitions),
    OPS_PORT: String(await findFreePort()),
    ...env,
  });
  processes.push(started);
  return started;
}

async function kill(victim: ServiceProcess): Promise<void> {
  processes = processes.filter((one) => one !== victim);
  await victim.kill('SIGKILL');
}

async function countRows(where: string): Promise<number> {
  const { rows } = await store.query<{ n: number }>(`select count(*)::int as n from calls where ${where}`);
  return rows[0]?.n ?? 0;
}

const peerOf = (n: number) => String(4_733_210_000 + n);

it('R46 I3 every call without an end is closed exactly once with kill -9 of history in the middle, and a late end still counts', async () => {
  const calls: BegunCall[] = [];
  for (let n = 0; n < CALLS; n++) {
    calls.push(await test.begin('quick', 40 * MINUTE_MS, { peer: peerOf(n), origin: peerOf(n) }));
  }
  const stays = await test.begin('usual', 40 * MINUTE_MS);
  const webhookPort = await findFreePort();
  webhookUrl = `http://127.0.0.1:${webhookPort}/v1/cti/${encodeURIComponent('the token of quick')}`;
  const [first, second] = await Promise.all([
    start('history', { HISTORY_RECLAIM_AFTER_MS: '13000' }),
    start('history', { HISTORY_RECLAIM_AFTER_MS: '13000' }),
    start('webhook', { WEBHOOK_PORT: String(webhookPort), WEBHOOK_JOURNAL_DIR: journal }),
  ]);
  const untilReaped = (n: number) =>
    sleepUntil(async () => (await countRows(`result = 'unknown'`)) >= n, {
      timeoutMs: 60_000,
      everyMs: 20,
      describe: () => `${n} calls to be closed; ${processes.map((one) => one.log().slice(-1000)).join('\n')}`,
    });
  await untilReaped(10);
  await kill(first as ServiceProcess);
  await untilReaped(100);
  await kill(second as ServiceProcess);
  await start('history', { HISTORY_RECLAIM_AFTER_MS: '13000' });
  await untilReaped(CALLS);

  const { rows: reaped } = await store.query<{ call_id: string; n: number }>(
    `select call_id, count(*)::int as n from call_events where type = 'call.reaped' group by call_id`,
  );
  expect(new Set(reaped.map(({ call_id: id }) => id))).toEqual(new Set(calls.map(({ callId }) => callId)));
  expect(reaped.filter(({ n }) => n !== 1)).toEqual([]);
  expect(await countRows(`state = 'ended' and duration_sec is null`)).toBe(CALLS);
  expect(await countRows(`call_id = '${stays.callId}' and state = 'ringing'`)).toBe(1);

  // The CTI, back from wherever it was, tells what became of some of them, by their numbers alone.
  const late = calls.slice(0, 20);
  for (const [n, { callId }] of late.entries()) {
    const said = new URLSearchParams({
      origem: peerOf(n),
      destino: '3501',
      duracao: '42',
      status: 'ANSWERED',
    });
    // A CTI sends again what was not taken.
    await sleepUntil(async () => (await fetch(`${webhookUrl}/ended?${String(said)}`)).status === 200, {
      timeoutMs: 30_000,
      describe: `the end of ${callId} to be taken`,
    });
  }
  const lateIds = late.map(({ callId }) => `'${callId}'`).join();
  await sleepUntil(
    async () =>
      (await countRows(`call_id in (${lateIds}) and result = 'completed' and duration_sec = 42`)) === 20,
    { timeoutMs: 40_000, describe: 'the late ends to be stored' },
  );
  expect(await countRows('true')).toBe(CALLS + 1);

  // Whoever tells of a call writes down when it is to be closed.
  const beforeMs = Date.now();
  await fetch(`${webhookUrl}/incoming?origem=4733219999&destino=3501`);
  const { rows: fresh } = await sleepUntil(async () => {
    const found = await store.query<{ callId: string }>(
      `select call_id as "callId" from calls where peer = '4733219999'`,
    );
    return found.rows.length > 0 ? found : undefined;
  });
  const dueAt = await test.dueAt({ tenant: 'quick', callId: fresh[0]?.callId ?? '' });
  expect(dueAt).toBeGreaterThanOrEqual(beforeMs + 30 * MINUTE_MS - 1_000);
}, 240_000);
