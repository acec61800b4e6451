import { randomBytes } from 'node:crypto';
import { createTestDatabase } from '@ramal/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { sealAudit, toChainKeys, verifyAudit } from './audit-chain.ts';
import { appendAudit } from './audit-log.ts';

const KEYS = toChainKeys([randomBytes(32)]);
let opened: TestStore;

beforeEach(async () => {
  opened = await openTestStore(await createTestDatabase());
});
afterEach(() => opened.drop());

async function append(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const entry = {
      tenant: 'acme',
      actor: 'key crm',
      action: 'key.created',
      subject: `key ${n}`,
      detail: { n },
    };
    await appendAudit(opened.store, entry);
  }
}

/** As somebody does it who owns the tables. */
async function tamper(statement: string): Promise<void> {
  await opened.store.withTransaction(async (transaction) => {
    await transaction.query('alter table audit_log disable trigger all');
    await transaction.query('alter table audit_seals disable trigger all');
    await transaction.query(statement);
    await transaction.query('alter table audit_log enable always trigger append_only');
    await transaction.query('alter table audit_seals enable always trigger append_only');
  });
}

test('threat 11: a chain that nobody touched verifies, whatever time zone it is read in', async () => {
  expect(await verifyAudit(opened.store, KEYS)).toMatchObject({ intact: 0, head: null, broken: [] });
  await append(3);
  expect(await sealAudit(opened.store, KEYS)).toBe(3);
  await append(2);
  await opened.store.withTransaction(async (transaction) => {
    await transaction.query(`set local timezone to 'America/Sao_Paulo'`);
    const report = await verifyAudit(transaction, KEYS);
    expect(report).toMatchObject({ intact: 3, unsealed: 2, unknownKey: 0, head: { seq: 3 }, broken: [] });
  });
  expect(await sealAudit(opened.store, KEYS, 1)).toBe(1);
  expect(await sealAudit(opened.store, KEYS)).toBe(1);
  expect(await sealAudit(opened.store, KEYS)).toBe(0);
  expect(await verifyAudit(opened.store, KEYS)).toMatchObject({ intact: 5, unsealed: 0, broken: [] });
});

test('threat 11: a removed, a changed and a cut-out entry are found', async () => {
  await append(6);
  await sealAudit(opened.store, KEYS);
  const { rows } = await opened.store.query<{ id: string }>('select id from audit_log order by id');
  const [, second, , fourth, , sixth] = rows.map(({ id }) => id);
  await tamper(`delete from audit_log where id = ${second}`);
  await tamper(`update audit_log set detail = '{}' where id = ${fourth}`);
  expect((await verifyAudit(opened.store, KEYS)).broken).toEqual([
    { seq: 2, auditId: second, why: 'removed' },
    { seq: 4, auditId: fourth, why: 'changed' },
  ]);
  await tamper(`delete from audit_seals where seq = 5`);
  expect((await verifyAudit(opened.store, KEYS)).broken).toContainEqual({
    seq: 6,
    auditId: sixth,
    why: 'gap',
  });
});

test('what is cut off the end, or made anew under another key, is found by a head that was noted', async () => {
  await append(4);
  await sealAudit(opened.store, KEYS);
  const { head } = await verifyAudit(opened.store, KEYS);
  expect((await verifyAudit(opened.store, KEYS, head)).broken).toEqual([]);
  await tamper('delete from audit_log where id in (select audit_id from audit_seals where seq > 2)');
  await tamper('delete from audit_seals where seq > 2');
  expect((await verifyAudit(opened.store, KEYS)).broken).toEqual([]);
  expect((await verifyAudit(opened.store, KEYS, head)).broken).toEqual([
    { seq: 4, auditId: '', why: 'head' },
  ]);
});

test('after a change of the master key old entries verify with the old one, and are counted without it', async () => {
  await append(2);
  const [older, newer] = [randomBytes(32), randomBytes(32)];
  await sealAudit(opened.store, toChainKeys([older]));
  await append(1);
  await sealAudit(opened.store, toChainKeys([newer, older]));
  const both = await verifyAudit(opened.store, toChainKeys([newer, older]));
  expect(both).toMatchObject({ intact: 3, unknownKey: 0, broken: [] });
  const one = await verifyAudit(opened.store, toChainKeys([newer]));
  expect(one).toMatchObject({ intact: 1, unknownKey: 2, broken: [] });
});

test('without a master key the chain is a plain one', async () => {
  await append(2);
  await sealAudit(opened.store, toChainKeys([]));
  expect(await verifyAudit(opened.store, toChainKeys([]))).toMatchObject({
    intact: 2,
    unkeyed: 2,
    broken: [],
  });
});

test('of many who seal at once each entry gets one place, and entries of open transactions theirs later', async () => {
  const held = opened.store.withTransaction(async (transaction) => {
    await appendAudit(transaction, {
      tenant: 'acme',
      actor: 'key a',
      action: 'key.created',
      subject: 'key held',
    });
    await append(5);
    await Promise.all(Array.from({ length: 4 }, () => sealAudit(opened.store, KEYS)));
    while ((await sealAudit(opened.store, KEYS)) > 0);
    expect(await verifyAudit(opened.store, KEYS)).toMatchObject({ intact: 5, unsealed: 0, broken: [] });
  });
  await held;
  expect(await sealAudit(opened.store, KEYS)).toBe(1);
  expect(await verifyAudit(opened.store, KEYS)).toMatchObject({ intact: 6, unsealed: 0, broken: [] });
});
