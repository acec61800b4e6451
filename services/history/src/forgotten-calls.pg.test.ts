import { randomBytes } from 'node:crypto';
import { reduceCall } from '@ramal/calls';
import { type CallEvent, toUuidV7 } from '@ramal/contracts';
import {
  connectTenants,
  ensurePartitions,
  migrate,
  type Store,
  type Tenants,
  writeBatch,
} from '@ramal/store';
import { createEmptyDatabase, createTestDatabase, sleepUntil, type TestDatabase } from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BegunCall, newTenant, openTestReaping, type TestReaping } from '../test/open-test-reaping.ts';
import { type ForgottenCallsOptions, startForgottenCalls } from './forgotten-calls.ts';
import { startReaper } from './reaper.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let test: TestReaping;
let databases: TestDatabase[] = [];
let tenants: Tenants;
let workers: { stop(): Promise<void> }[] = [];
beforeAll(async () => {
  test = await openTestReaping();
  databases = await Promise.all([createTestDatabase(), createEmptyDatabase()]);
  const databaseUrl = databases[0]?.databaseUrl ?? '';
  await migrate(databaseUrl);
  tenants = connectTenants({
    databaseUrl,
    applicationName: 'forgotten-test',
    masterKey: null,
    maxConnections: 4,
    onError: () => undefined,
  });
  await ensurePartitions(tenants.store, 1, Date.now());
});
afterAll(async () => {
  await tenants?.close();
  await test?.close();
  for (const database of databases) await database.drop();
});
beforeEach(async () => {
  test.noted.length = 0;
  await tenants.store.query('truncate calls, call_events, wl_chamados_empresa');
  await test.redis.flushall();
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  workers = [];
});

function start(over: Partial<ForgottenCallsOptions> = {}): void {
  const { bus, openCalls, events } = test;
  workers.push(
    startForgottenCalls({
      tenants,
      bus,
      openCalls,
      events,
      maxCallMsOf: async () => HOUR_MS,
      isBehind: () => false,
      everyMs: 20,
      ...over,
    }),
  );
}

/** Stores what the stream holds of the calls, as it was so long ago. */
async function storeCalls(store: Store, agoMs: number, ...calls: BegunCall[]): Promise<void> {
  for (const call of calls) {
    const events = (await test.streamOf(call)).map((event) => ({ event }));
    await writeBatch(
      store,
      { partition: 0, checkpointId: null, events, deadLetters: [], traces: [] },
      reduceCall,
    );
    await store.query(`update calls set updated_at = now() - $2 * interval '1 ms' where call_id = $1`, [
      call.callId,
      agoMs,
    ]);
  }
}

/** A call that began so long ago, of which Redis knows nothing any more and PostgreSQL no end. */
async function forget(
  store: Store,
  tenant: string,
  agoMs: number,
  over: Parameters<TestReaping['begin']>[2] = {},
) {
  const call = await test.begin(tenant, agoMs, over);
  await storeCalls(store, agoMs, call);
  await test.redis.flushall();
  return call;
}

const reapedOf = (call: BegunCall) => test.noted.filter((note) => note === `reaped ${call.callId} history`);
const untilReaped = (call: BegunCall) =>
  sleepUntil(() => reapedOf(call).length > 0, { timeoutMs: 30_000, describe: () => test.noted.join('; ') });
const typesOf = (events: readonly CallEvent[]) => events.map(({ type }) => type);

describe('a call that has no end in PostgreSQL and is gone from Redis', () => {
  it('is closed once its tenant’s time and a quarter of an hour have passed, and not before', async () => {
    const [quick, usual] = [newTenant(), newTenant()];
    const stays = [
      await forget(tenants.store, usual, 74 * MINUTE_MS, { peer: '1111111111' }),
      await forget(tenants.store, quick, 24 * MINUTE_MS, { peer: '2222222222' }),
    ];
    const gone = await forget(tenants.store, quick, 26 * MINUTE_MS);
    const usualGone = await forget(tenants.store, usual, 76 * MINUTE_MS);
    start({ maxCallMsOf: async (tenant) => (tenant === quick ? 10 * MINUTE_MS : HOUR_MS) });
    await untilReaped(gone);
    await untilReaped(usualGone);
    expect(typesOf(await test.streamOf(gone))).toEqual(['call.reaped']);
    for (const call of stays) expect(reapedOf(call)).toEqual([]);
  });

  it('is found behind thousands of older ones that are open still', async () => {
    const startedMs = Date.now() - 5 * HOUR_MS;
    const others = Array.from({ length: 4_500 }, () => toUuidV7(startedMs, randomBytes(10)));
    await tenants.store.query(
      `insert into calls (started_at, call_id, tenant, state, updated_at)
       select $1, id, 'long-talks', 'answered', now() from unnest($2::uuid[]) id`,
      [new Date(startedMs), others],
    );
    const gone = await forget(tenants.store, newTenant(), 3 * HOUR_MS);
    start();
    await untilReaped(gone);
    expect(test.noted).toEqual([`reaped ${gone.callId} history`]);
  });

  it('is closed once by three who look for such calls at once, and nobody’s screen hears of it', async () => {
    const tenant = newTenant();
    const calls: BegunCall[] = [];
    for (let n = 0; n < 20; n++) {
      const call = await test.begin(tenant, 3 * HOUR_MS, {
        peer: `473210${1000 + n}`,
        externalCallId: `x${n}`,
      });
      await storeCalls(tenants.store, 3 * HOUR_MS, call);
      calls.push(call);
    }
    await test.redis.flushall();
    for (let n = 0; n < 3; n++) start({ everyMs: 1 });
    for (const call of calls) await untilReaped(call);
    for (const call of calls) {
      expect(reapedOf(call)).toHaveLength(1);
      expect(typesOf(await test.streamOf(call))).toEqual(['call.reaped']);
    }
    expect(await test.redis.exists(test.names.inbox(tenant, 'ana'))).toBe(0);
  });

  it.each([
    ['the CTI’s id', 'x1', {}],
    ['its numbers', undefined, {}],
    ['the CTI’s id alone', 'x1', { legs: [], peer: undefined, origin: undefined, destination: undefined }],
  ])('R46 lives again, so that a late end finds it by %s', async (_what, externalCallId, said) => {
    const call = await forget(tenants.store, newTenant(), 3 * HOUR_MS, { externalCallId });
    start();
    await untilReaped(call);
    await storeCalls(tenants.store, 0, call);
    const rowOf = async () => {
      const { rows } = await tenants.store.query<{
        state: string;
        result: string;
        duration_sec: number | null;
      }>('select state, result, duration_sec from calls where call_id = $1', [call.callId]);
      return rows;
    };
    expect(await rowOf()).toEqual([{ state: 'ended', result: 'unknown', duration_sec: null }]);
    expect(await test.tellEnd(call, { result: 'completed', durationSec: 77, ...said })).toBe(call.callId);
    await storeCalls(tenants.store, 0, call);
    expect(await rowOf()).toEqual([{ state: 'ended', result: 'completed', duration_sec: 77 }]);
    const { rows } = await tenants.store.query('select 1 from calls');
    expect(rows).toHaveLength(1);
  });

  it('R42 is closed in a database of its tenant’s own, and one that is out of reach delays nobody', async () => {
    const [own, dead, shared] = [newTenant(), newTenant(), newTenant()];
    const url = new URL(databases[1]?.databaseUrl ?? '');
    const name = url.pathname.slice(1);
    await tenants.store.query(`create role "${name}" login password 'p'`);
    await tenants.store.query(`alter database "${name}" owner to "${name}"`);
    await tenants.store.query(
      `insert into wl_chamados_empresa (empresa_id, tenant, host, nome_banco, senha_banco) values
         (1, $1, '127.0.0.1:1', 'nobody', 'p'), (2, $2, $3, $4, 'p')`,
      [dead, own, url.host, name],
    );
    await sleepUntil(async () => (await tenants.lookup.tenant(own)) !== null);
    const ownStore = await tenants.historyOf(own);
    await ensurePartitions(ownStore, 1, Date.now());
    const ownCall = await forget(ownStore, own, 3 * HOUR_MS);
    // What it left in the shared database when it got its own: nothing would ever be written there.
    const left = await forget(tenants.store, own, 3 * HOUR_MS, { peer: '2222222222' });
    const sharedCall = await forget(tenants.store, shared, 3 * HOUR_MS);
    start();
    await untilReaped(ownCall);
    await untilReaped(sharedCall);
    expect(reapedOf(left)).toEqual([]);
    await sleepUntil(() => test.noted.some((note) => note.startsWith('failed forgotten calls')));
  });
});

describe('a call that Redis remembers', () => {
  it('is left to the reaper, which is told to look at it now', async () => {
    const tenant = newTenant();
    const call = await test.begin(tenant, 3 * HOUR_MS);
    await storeCalls(tenants.store, 3 * HOUR_MS, call);
    // Put off by a time that was longer once.
    await test.openCalls.putOff(call, Date.now() + HOUR_MS);
    // Never put in: a call older than the list.
    const older = await test.begin(tenant, 3 * HOUR_MS, { peer: '2222222222' });
    await storeCalls(tenants.store, 3 * HOUR_MS, older);
    await test.openCalls.lookAgain(older, 1, null);
    start();
    for (const one of [call, older]) {
      await sleepUntil(async () => ((await test.dueAt(one)) ?? Infinity) <= Date.now());
      expect(reapedOf(one)).toEqual([]);
    }
    const { bus, openCalls, events } = test;
    workers.push(
      startReaper({ bus, openCalls, events, partitions: 2, everyMs: 20, maxCallMsOf: async () => HOUR_MS }),
    );
    for (const one of [call, older]) {
      await sleepUntil(() => test.noted.includes(`reaped ${one.callId} redis`));
      expect(typesOf(await test.streamOf(one))).toEqual(['call.incoming', 'call.reaped']);
    }
  });

  it('and that has ended is left alone, while its end is on its way', async () => {
    const tenant = newTenant();
    const call = await test.begin(tenant, 3 * HOUR_MS);
    await storeCalls(tenants.store, 3 * HOUR_MS, call);
    await test.tellEnd(call);
    // A sentinel that is begun later, so that it is looked at after the other.
    const marked = await test.begin(tenant, 2 * HOUR_MS, { peer: '2222222222' });
    await storeCalls(tenants.store, 2 * HOUR_MS, marked);
    await test.redis.del(test.names.call(tenant, marked.callId));
    start();
    await untilReaped(marked);
    expect(typesOf(await test.streamOf(call))).toEqual(['call.incoming', 'call.ended']);
    expect(await test.dueAt(call)).toBeNull();
  });
});

it('nothing is closed where the stream holds old words that are not stored yet, or nobody knows the tenant’s time', async () => {
  const [behind, unknown, well] = [newTenant(), newTenant(), newTenant()];
  const waits = [
    await forget(tenants.store, behind, 5 * HOUR_MS, { peer: '1111111111' }),
    await forget(tenants.store, unknown, 4 * HOUR_MS, { peer: '2222222222' }),
  ];
  const call = await forget(tenants.store, well, 3 * HOUR_MS);
  start({
    isBehind: (tenant) => tenant === behind,
    maxCallMsOf: async (tenant) => {
      if (tenant === unknown) throw new Error('directory away');
      return HOUR_MS;
    },
  });
  await untilReaped(call);
  for (const one of waits) expect(reapedOf(one)).toEqual([]);
});
