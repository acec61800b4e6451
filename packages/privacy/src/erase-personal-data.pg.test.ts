import type { Person } from '@ramal/calls';
import { ERASED } from '@ramal/contracts';
import { connectStore, migrate, queryAudit, queryCalls } from '@ramal/store';
import { createTestDatabase } from '@ramal/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestPersons, type TestPersons } from '../test/open-test-person.ts';
import { erasePersonalData } from './erase-personal-data.ts';
import { exportPersonalData } from './export-personal-data.ts';
import { parsePlace, toPlaceText } from './person-search.ts';

const NUMBER = '47999991234';
const PERSON: Person = { kind: 'number', number: '+55 (47) 9 9999-1234' };
const BY = { actor: 'key crm', patienceMs: 0 };
/** What all spellings have in common, whatever stands between. */
const TRACE =
  /9[\s().\-/_+]*9[\s().\-/_+]*9[\s().\-/_+]*9[\s().\-/_+]*1[\s().\-/_+]*2[\s().\-/_+]*3[\s().\-/_+]*4/;

let people: TestPersons;
beforeEach(async () => {
  people = await openTestPersons();
});
afterEach(() => people.close());

const erase = (tenant: string, person: Person, more: object = {}) =>
  erasePersonalData(people, { tenant, person, ...BY, ...more });
/** An agent's last click on a number is forgotten within seconds anyway. */
const lasting = (texts: readonly string[]) => texts.filter((text) => !text.includes(':recent:'));
const tracesOf = async (trace: RegExp) => (await people.dump()).filter((text) => trace.test(text));
/** A call of the person from its ring to its recording, in spellings that differ. */
async function callIn(tenant: string, id: string): Promise<string> {
  const callId = await people.tell(tenant, { kind: 'incoming', peer: NUMBER, externalCallId: id });
  await people.tell(tenant, {
    kind: 'answered',
    peer: '+5547999991234',
    peerE164: '+5547999991234',
    externalCallId: id,
  });
  await people.tell(tenant, {
    kind: 'ended',
    peer: '(47) 9999-1234',
    externalCallId: id,
    durationSec: 30,
    recording: `https://pbx.example/${NUMBER}.wav`,
  });
  return callId;
}
async function dial(tenant: string, to: string, intentId: string, context = {}): Promise<void> {
  const dialled = await people.intents.request({
    ...{
      tenant,
      user: 'ana',
      ramal: '3501',
      intentId,
      to,
      direction: 'outbound',
      via: 'agent',
      urgent: false,
      context,
    },
  } as Parameters<TestPersons['intents']['request']>[0]);
  if (dialled.kind !== 'recorded') throw new Error(dialled.kind);
  const found = await people.intents.find(tenant, intentId);
  if (found === null) throw new Error('no intent');
  await people.intents.claim(found.intent, 'fence');
  await people.intents.step(found.intent, { type: 'dial.failed', fence: 'fence', reason: 'cti_rejected' });
}

test('threat 11, LGPD art. 18: nothing of an erased number is left in any table or key, of one company alone', async () => {
  for (const tenant of ['acme', 'globex']) {
    await callIn(tenant, 'x-1');
    await dial(tenant, `0${NUMBER}`, 'intent-1', { customer: 'Maria', phone: '47 99999-1234' });
    await dial(tenant, '4733330000', 'intent-2', { note: `then ${NUMBER}` });
  }
  await people.carry();
  await people.store.query(
    `insert into dead_letters (partition, stream_id, reason, detail, payload, tenant)
     values (0, '1-0', 'not_an_event', '', '{"tenant":"acme","peer":"(47) 99999-1234"', 'acme'), (0, '2-0', 'not_json', '', $1, null)`,
    [`poison ${NUMBER}`],
  );
  const before = await tracesOf(TRACE);
  expect(before.filter((text) => text.includes('acme')).length).toBeGreaterThan(15);

  const planned = await erase('acme', PERSON, { dryRun: true });
  expect(lasting(await tracesOf(TRACE))).toEqual(lasting(before));
  const report = await erase('acme', PERSON);
  expect(report).toMatchObject({
    status: 'done',
    calls: 3,
    deadLetters: 2,
    recordings: [`https://pbx.example/${NUMBER}.wav`],
  });
  expect(planned).toMatchObject({
    calls: report.calls,
    deadLetters: 2,
    recordings: report.recordings,
    live: { calls: report.live.calls, intents: report.live.intents, messages: report.live.messages, open: 0 },
  });

  const left = await tracesOf(TRACE);
  expect(left.filter((text) => !text.includes('globex'))).toEqual([]);
  expect(lasting(left)).toEqual(lasting(before).filter((text) => text.includes('globex')));
  expect(JSON.stringify((await people.dump()).filter((text) => text.includes('acme')))).not.toContain(
    'Maria',
  );
  // The calls are still there to be counted.
  const { calls } = await queryCalls(people.store, { tenant: 'acme', limit: 10 });
  expect(calls.map(({ peer, state, result }) => `${peer.raw} ${state} ${result}`).toSorted()).toEqual([
    '#erased ended completed',
    '#erased ended failed',
    '4733330000 ended failed',
  ]);
  expect(calls.find(({ result }) => result === 'completed')).toMatchObject({
    durationSec: 30,
    recording: null,
    ramal: '3501',
  });

  // Again: nothing more to do.
  expect(await erase('acme', PERSON)).toMatchObject({
    status: 'done',
    calls: 0,
    deadLetters: 0,
    recordings: [],
  });
});

test('an erased call stays erased when more is told of it, and when older words of it are stored late', async () => {
  const callId = await callIn('acme', 'x-1');
  await people.carry();
  await erase('acme', PERSON);
  // By the CTI's id; without one nobody could tell what it is about.
  const again = await people.tell('acme', {
    kind: 'recording',
    peer: NUMBER,
    externalCallId: 'x-1',
    recording: `https://pbx.example/late-${NUMBER}.wav`,
  });
  expect(again).toBe(callId);
  await people.carry();
  expect(await tracesOf(TRACE)).toEqual([]);
  const { calls } = await queryCalls(people.store, { tenant: 'acme', limit: 10 });
  expect(calls).toMatchObject([{ callId, peer: { raw: ERASED }, recording: null }]);
});

test('what is on its way to PostgreSQL is stored first and erased then', async () => {
  await callIn('acme', 'x-1');
  expect(await erase('acme', PERSON)).toMatchObject({ status: 'partial', stream: { waiting: 3 }, calls: 0 });
  await people.carry();
  expect(await erase('acme', PERSON)).toMatchObject({
    status: 'done',
    stream: { deleted: 3, waiting: 0 },
    calls: 1,
  });
  expect(await tracesOf(TRACE)).toEqual([]);
});

test('a call that still goes on is left, and erased once it is over', async () => {
  await people.tell('acme', { kind: 'incoming', peer: NUMBER, externalCallId: 'x-1' });
  await people.carry();
  const during = await erase('acme', PERSON);
  expect(during).toMatchObject({ status: 'partial', live: { open: 1 } });
  await people.tell('acme', { kind: 'ended', peer: NUMBER, externalCallId: 'x-1' });
  await people.carry();
  expect(await erase('acme', PERSON)).toMatchObject({ status: 'done', live: { open: 0 } });
  expect(await tracesOf(TRACE)).toEqual([]);
});

test('an erasure that was stopped goes on where it was, one page a request if need be', async () => {
  for (const id of ['x-1', 'x-2', 'x-3']) await callIn('acme', id);
  await people.carry();
  const steps: number[] = [];
  let next: { startedAt: string; callId: string } | null = null;
  do {
    const report: Awaited<ReturnType<typeof erase>> = await erase('acme', PERSON, {
      budgetMs: -1,
      pageSize: 1,
      after: next,
    });
    steps.push(report.calls);
    expect(report.status).toBe(report.next === null ? 'done' : 'partial');
    next = report.next === null ? null : parsePlace(toPlaceText(report.next));
  } while (next !== null);
  expect(steps).toEqual([1, 1, 1, 0]);
  expect(await tracesOf(TRACE)).toEqual([]);
});

test('a user is erased from calls, pop-ups, the directory and the audit log, once switched off', async () => {
  await people.store.query(
    `insert into agents (tenant, user_name, display_name, ramal, agente) values ('acme', 'ana', 'Ana Silva', '3501', 'ana.silva')`,
  );
  for (const tenant of ['acme', 'globex']) await callIn(tenant, 'x-1');
  await dial('acme', NUMBER, 'intent-1');
  await people.carry();
  const ana: Person = { kind: 'user', user: 'ana' };
  await expect(erase('acme', ana)).rejects.toThrow('active');
  await people.store.query(`update agents set active = false where tenant = 'acme'`);
  expect(await erase('acme', ana)).toMatchObject({ status: 'done', calls: 2, userRemoved: true });
  const left = await tracesOf(/\bana\b/i);
  expect(left.filter((text) => text.includes('acme'))).toEqual([]);
  expect(left.length).toBeGreaterThan(3);
  // The far end is somebody else.
  expect((await tracesOf(TRACE)).some((text) => text.includes('acme'))).toBe(true);
  const { calls } = await queryCalls(people.store, { tenant: 'acme', limit: 10 });
  expect(new Set(calls.map(({ user }) => user))).toEqual(new Set([ERASED]));
});

test('erasures and exports are written down, by a keyed hash that all spellings of the number share', async () => {
  await callIn('acme', 'x-1');
  await people.carry();
  await exportPersonalData(people, {
    tenant: 'acme',
    person: { kind: 'number', number: '99991234' },
    actor: 'key crm',
  });
  const { subject } = await erase('acme', PERSON);
  expect(subject).toMatch(/^number hmac:[0-9a-f]{8}:[0-9a-f]{32}$/);
  const entries = await queryAudit(people.store, { tenant: 'acme', subject: subject ?? '', limit: 10 });
  expect(entries.map(({ action, actor }) => [action, actor])).toEqual([
    ['person.erased', 'key crm'],
    ['person.exported', 'key crm'],
  ]);
  expect(entries[0]?.detail).toMatchObject({ kind: 'number', status: 'done', calls: 1 });
  expect(people.subjectOf('globex', PERSON)).not.toBe(subject);
});

test('LGPD art. 18: an export holds everything on a number, of one company, stored or not yet', async () => {
  const stored = await callIn('acme', 'x-1');
  await callIn('globex', 'x-1');
  await people.carry();
  const alive = await people.tell('acme', { kind: 'incoming', peer: NUMBER, externalCallId: 'x-2' });
  await people.store.query(
    `insert into dead_letters (partition, stream_id, reason, detail, payload, tenant)
     values (0, '1-0', 'not_an_event', '', '{"tenant":"acme","peer":"(47) 99999-1234"', 'acme')`,
  );
  const exported = await exportPersonalData(people, { tenant: 'acme', person: PERSON, actor: 'key crm' });
  expect(
    exported.calls.map(({ call, stored: isStored, events }) => [call.callId, isStored, events.length]),
  ).toEqual([
    [alive, false, 1],
    [stored, true, 3],
  ]);
  expect(exported).toMatchObject({
    next: null,
    user: null,
    deadLetters: [{ payload: expect.stringContaining('99999-1234') }],
  });
  expect(exported.audit).toMatchObject([{ action: 'person.exported' }]);
});

test('LGPD art. 18: dead letters are erased and exported to the last one, also those that lie in the shared database', async () => {
  const own = await createTestDatabase();
  await migrate(own.databaseUrl);
  const history = connectStore({
    databaseUrl: own.databaseUrl,
    applicationName: 'privacy-test',
    onPoolError: () => undefined,
  });
  try {
    const many = `insert into dead_letters (partition, stream_id, reason, detail, payload, tenant)
      select 0, 's-' || n, 'not_an_event', '', $1, 'acme' from generate_series(1, $2::int) n`;
    const payload = `{"tenant":"acme","peer":"${NUMBER}"}`;
    await history.query(many, [payload, 1203]);
    await people.store.query(many, [payload, 2]);
    const deps = { ...people, historyOf: async () => history };
    const asked = { tenant: 'acme', person: PERSON, ...BY };
    expect((await exportPersonalData(deps, asked)).deadLetters).toHaveLength(1205);
    expect(await erasePersonalData(deps, asked)).toMatchObject({ status: 'done', deadLetters: 1205 });
    for (const store of [history, people.store]) {
      const { rows } = await store.query('select 1 from dead_letters where payload like $1', [`%${NUMBER}%`]);
      expect(rows).toEqual([]);
    }
    expect((await exportPersonalData(deps, asked)).deadLetters).toEqual([]);
  } finally {
    await history.close();
    await own.drop();
  }
});
