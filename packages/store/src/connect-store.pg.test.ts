import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '@ramal/testkit';
import { afterEach, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { connectStore, type Store } from './connect-store.ts';
import { toSqlState } from './data-error.ts';

const opened: TestStore[] = [];
afterEach(async () => {
  for (const test of opened.splice(0)) await test.drop();
});

async function open(timeouts = {}): Promise<TestStore> {
  const test = await openTestStore(await createTestDatabase(), timeouts);
  opened.push(test);
  return test;
}

async function backendPid(store: Pick<Store, 'query'>): Promise<number> {
  const { rows } = await store.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

test('a transaction whose work throws leaves nothing behind, and its connection is used again', async () => {
  const { store } = await open();
  let pid = 0;
  const work = store.withTransaction(async (transaction) => {
    pid = await backendPid(transaction);
    await transaction.query(`insert into cti_settings values (1, '{}')`);
    throw new Error('no');
  });
  await expect(work).rejects.toThrow('no');
  expect((await store.query('select * from cti_settings')).rows).toEqual([]);
  expect(await backendPid(store)).toBe(pid);
});

test('a query the server does not answer in time loses its connection, and the next query works', async () => {
  const { store } = await open({ queryMs: 200 });
  const pid = await backendPid(store);
  await expect(store.query('select pg_sleep(30)')).rejects.toThrow('Query read timeout');
  expect(await backendPid(store)).not.toBe(pid);
});

test('the server ends a statement, a lock wait and an idle transaction that take too long', async () => {
  const { store } = await open({ statementMs: 150, lockMs: 50 });
  expect(await store.query('select pg_sleep(30)').catch(toSqlState)).toBe('57014');
  await store.withTransaction(async (holder) => {
    await holder.query('select pg_advisory_xact_lock(1)');
    const waiter = store.withTransaction((other) => other.query('select pg_advisory_xact_lock(1)'));
    expect(await waiter.catch(toSqlState)).toBe('55P03');
  });
  const { store: impatient } = await open({ idleInTransactionMs: 100 });
  const idle = impatient.withTransaction(async (transaction) => {
    await sleep(300);
    await transaction.query('select 1');
  });
  await expect(idle).rejects.toThrow();
});

test('a connection that dies idle is reported, one that dies in a transaction fails it; neither ends the process', async () => {
  const { store, poolErrors } = await open();
  const idlePid = await backendPid(store);
  const killer = await open();
  await killer.store.query('select pg_terminate_backend($1)', [idlePid]);
  await expect.poll(() => poolErrors.length).toBeGreaterThan(0);
  const work = store.withTransaction(async (transaction) => {
    const pid = await backendPid(transaction);
    await killer.store.query('select pg_terminate_backend($1)', [pid]);
    await sleep(50);
    await transaction.query('select 1');
  });
  await expect(work).rejects.toThrow();
  expect(await backendPid(store)).toBeGreaterThan(0);
});

test('closing cuts work that does not come to an end, and may be asked for twice', async () => {
  const { store } = await open({ closeMs: 100 });
  const stuck = expect(store.query('select pg_sleep(30)')).rejects.toThrow();
  await sleep(50);
  await Promise.all([store.close(), store.close()]);
  await stuck;
});

test('a server that is down fails a query and not the connect', async () => {
  const store = connectStore({
    databaseUrl: 'postgres://nobody:x@127.0.0.1:1/none',
    applicationName: 'store-test',
    onPoolError: () => {},
  });
  await expect(store.query('select 1')).rejects.toThrow('ECONNREFUSED');
  await store.close();
});
