import { randomBytes } from 'node:crypto';
import { type CallEvent, toUuidV7 } from '@ramal/contracts';
import { appendAudit, connectTenants, type Tenants, verifyAudit } from '@ramal/store';
import { createTestDatabase, sleepUntil, type TestDatabase } from '@ramal/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { incoming, openTestHistory, type TestHistory } from '../test/open-test-history.ts';
import { startAuditSealer } from './audit-sealer.ts';
import { startRetention } from './retention.ts';

const DAY_MS = 86_400_000;
const PATIENCE_MS = 120_000;
/** A run has many statements, and the machine may be busy. */
const eventually = (condition: () => unknown) => sleepUntil(condition, { timeoutMs: 60_000 });
let database: TestDatabase;
let history: TestHistory;
let tenants: Tenants;

beforeEach(async () => {
  database = await createTestDatabase();
  history = await openTestHistory(database.databaseUrl);
  tenants = connectTenants({
    databaseUrl: database.databaseUrl,
    applicationName: 'history-test',
    masterKey: Buffer.alloc(32, 7),
    maxConnections: 3,
    onError: () => undefined,
  });
});
afterEach(async () => {
  await tenants.close();
  await history.close();
  await database.drop();
});

async function company(empresaId: number, tenant: string, settings: object | null): Promise<void> {
  await history.store.query(
    'insert into wl_chamados_empresa (empresa_id, tenant, ativo) values ($1, $2, 1)',
    [empresaId, tenant],
  );
  if (settings !== null) {
    await history.store.query('insert into cti_settings values ($1, $2)', [
      empresaId,
      JSON.stringify(settings),
    ]);
  }
}
/** The first word on a call of ninety days ago. */
function oldCall(tenant: string): CallEvent {
  const at = Date.now() - 90 * DAY_MS;
  return incoming({ tenant, at, callId: toUuidV7(at, randomBytes(10)) });
}
const tenantsLeft = async () => {
  const { rows } = await history.store.query<{ tenant: string }>('select tenant from calls order by tenant');
  return rows.map(({ tenant }) => tenant);
};

test(
  'threat 11: once a day one process removes what each company no longer keeps',
  async () => {
    await company(1, 'acme', { retentionDays: 30 });
    await company(2, 'globex', { retentionDays: 0 });
    await company(3, 'initech', null);
    await company(4, 'broken', { retentionDays: 'soon' });
    await history.add(...['acme', 'broken', 'gone', 'globex', 'initech'].map(oldCall));
    await history.work('first');
    await eventually(async () => (await tenantsLeft()).length === 5);
    const workers = [1, 2, 3].map(() =>
      startRetention({
        tenants,
        defaults: { days: 60, recordingDays: null },
        events: history.events,
        everyMs: 50,
      }),
    );
    await eventually(() => history.noted.some((line) => line.startsWith('retentionDone')));
    // The company whose settings can't be read keeps everything, and so does the one that said so.
    expect(await tenantsLeft()).toEqual(['broken', 'globex']);
    await Promise.all(workers.map((worker) => worker.stop()));
    expect(history.noted.filter((line) => line.startsWith('retentionDone'))).toHaveLength(1);
    expect(history.noted.filter((line) => line.includes('settings of broken'))).toHaveLength(1);
  },
  PATIENCE_MS,
);

test(
  'a word that comes too late for a removed call is acknowledged, not stored and no dead letter',
  async () => {
    await company(1, 'acme', { retentionDays: 30 });
    const old = oldCall('acme');
    await history.add(old);
    await history.work('first');
    await eventually(async () => (await tenantsLeft()).length === 1);
    const worker = startRetention({
      tenants,
      defaults: { days: null, recordingDays: null },
      events: history.events,
      everyMs: 50,
    });
    await eventually(async () => (await tenantsLeft()).length === 0);
    await worker.stop();
    await history.add(incoming({ callId: old.callId, at: old.at + 1 }), incoming());
    await eventually(async () => (await tenantsLeft()).length === 1);
    await eventually(async () => (await history.pending()) === 0);
    expect(history.noted.filter((line) => line.startsWith('expired'))).toEqual([
      'expired {"partition":0,"entries":1}',
    ]);
    expect(await history.deadLetters()).toEqual([]);
    const { rows } = await history.store.query('select event_id from call_events where call_id = $1', [
      old.callId,
    ]);
    expect(rows).toEqual([]);
  },
  PATIENCE_MS,
);

test(
  'threat 11: entries of the audit log get their place in the chain, and its end is logged',
  async () => {
    const sealers = [1, 2].map(() => startAuditSealer({ tenants, events: history.events, everyMs: 50 }));
    for (let i = 0; i < 3; i++) {
      await appendAudit(tenants.store, {
        tenant: 'acme',
        actor: 'key crm',
        action: 'key.created',
        subject: `key ${i}`,
      });
    }
    const verify = () => verifyAudit(tenants.store, tenants.chainKeys);
    await eventually(async () => (await verify()).intact === 3);
    await eventually(() =>
      history.noted.some((line) => line.startsWith('auditSealed') && line.includes('"seq":3')),
    );
    await Promise.all(sealers.map((sealer) => sealer.stop()));
    const { head, broken, unkeyed } = await verify();
    expect({ broken, unkeyed }).toEqual({ broken: [], unkeyed: 0 });
    expect(history.noted.some((line) => line.includes(head?.hash ?? 'no head'))).toBe(true);
  },
  PATIENCE_MS,
);
