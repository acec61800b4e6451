import { createTestDatabase } from '@ramal/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../test/open-test-store.ts';
import { appendAudit } from './audit-log.ts';
import { type AuditRecord, queryAudit } from './audit-query.ts';

let opened: TestStore;

beforeAll(async () => {
  opened = await openTestStore(await createTestDatabase());
});
afterAll(() => opened.drop());
/** Only what a test wrote itself is looked at: nobody can empty the log. */
let tenant = '';
let number = 0;
beforeEach(() => {
  tenant = `acme-${number++}`;
});

const read = (more: object = {}): Promise<AuditRecord[]> =>
  queryAudit(opened.store, { tenant, limit: 100, ...more });

test('threat 11: what was appended is read back, newest first and page by page', async () => {
  for (const name of ['first', 'second', 'third']) {
    await appendAudit(opened.store, {
      tenant,
      actor: 'key crm',
      action: 'key.created',
      subject: `key ${name}`,
    });
  }
  const [third, second] = await read({ limit: 2 });
  expect([third?.subject, second?.subject]).toEqual(['key third', 'key second']);
  const rest = await read({ limit: 2, beforeId: second?.id });
  expect(rest.map(({ subject }) => subject)).toEqual(['key first']);
  expect(third).toMatchObject({ tenant, actor: 'key crm', action: 'key.created', detail: {} });
  expect(Date.parse(third?.at ?? '')).toBeLessThan(Date.now() + 60_000);
});

test('an entry stands or falls with the transaction of its act', async () => {
  const entry = { tenant, actor: 'key crm', action: 'key.revoked', subject: 'key old' };
  const failed = opened.store.withTransaction(async (transaction) => {
    await appendAudit(transaction, entry);
    throw new Error('the act failed');
  });
  await expect(failed).rejects.toThrow('the act failed');
  expect(await read()).toEqual([]);
});

test('the log is found by action, subject and time', async () => {
  await appendAudit(opened.store, {
    tenant,
    actor: 'agent ana',
    action: 'number.revealed',
    subject: 'user bia',
  });
  await appendAudit(opened.store, { tenant, actor: 'key crm', action: 'key.created', subject: 'key one' });
  const actions = async (more: object) => (await read(more)).map(({ action }) => action);
  expect(await actions({ action: 'key.created' })).toEqual(['key.created']);
  expect(await actions({ subject: 'user bia' })).toEqual(['number.revealed']);
  expect(await actions({ to: '2020-01-01T00:00:00Z' })).toEqual([]);
  expect(await actions({ from: '2020-01-01T00:00:00Z' })).toHaveLength(2);
});

test('I6 a tenant reads nothing of another one', async () => {
  await appendAudit(opened.store, {
    tenant: `${tenant}-b`,
    actor: 'key b',
    action: 'key.created',
    subject: 'key b',
  });
  await appendAudit(opened.store, {
    tenant: null,
    actor: 'operator',
    action: 'key.created',
    subject: 'key all',
  });
  expect(await read()).toEqual([]);
});

test('I8 no telephone number gets into the log, in whatever spelling; ids, dates and addresses stay', async () => {
  const callId = '01980000-0000-7000-8000-123456789012';
  const subjects = ['+55 (47) 3210-0123', '4732100123', callId, 'hmac:ab12:1234567890abcdef'];
  for (const subject of subjects) {
    await appendAudit(opened.store, { tenant, actor: 'key crm', action: 'number.revealed', subject });
  }
  expect((await read()).map(({ subject }) => subject).toReversed()).toEqual([
    '+** (**) ****-0123',
    '******0123',
    callId,
    'hmac:ab12:1234567890abcdef',
  ]);
  const detail = {
    from: '192.168.100.200',
    at: '2026-03-01',
    list: ['11 98765-4321'],
    n: 3,
    ok: true,
    none: null,
  };
  await appendAudit(opened.store, {
    tenant,
    actor: 'key crm',
    action: 'number.revealed',
    subject: null,
    detail,
  });
  const [last] = await read({ limit: 1 });
  expect(last?.detail).toEqual({ ...detail, list: ['** *****-4321'] });
});

test('users are stored by reference: once it is emptied, every entry about them names nobody', async () => {
  await appendAudit(opened.store, {
    tenant,
    actor: 'agent ana',
    action: 'number.revealed',
    subject: 'user ana',
  });
  const [entry] = await read();
  expect(entry).toMatchObject({ actor: 'agent ana', subject: 'user ana' });
  const stored = await opened.store.query('select actor, subject from audit_log where tenant = $1', [tenant]);
  expect(JSON.stringify(stored.rows)).not.toContain('ana');
  await opened.store.query('update audit_persons set user_name = null where tenant = $1', [tenant]);
  expect((await read())[0]).toMatchObject({ actor: 'agent (erased)', subject: 'user (erased)' });
});

test.each([
  'update audit_log set action = action',
  'delete from audit_log',
  'truncate audit_log',
  'truncate audit_log cascade',
])('threat 11: the log is append-only: %s is refused', async (statement) => {
  await appendAudit(opened.store, { tenant, actor: 'key crm', action: 'key.created', subject: null });
  await expect(opened.store.query(statement)).rejects.toThrow('append-only');
  await expect(opened.store.query(`set session_replication_role = replica; ${statement}`)).rejects.toThrow(
    'append-only',
  );
  expect(await read()).toHaveLength(1);
});
