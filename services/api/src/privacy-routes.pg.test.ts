import { randomBytes, randomUUID } from 'node:crypto';
import { reduceCall } from '@ramal/calls';
import {
  auditResponse,
  type CallEvent,
  ERASED,
  erasureResponse,
  exportResponse,
  toUuidV7,
} from '@ramal/contracts';
import { appendAudit, writeBatch } from '@ramal/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KEYS, openTestApi, type TestApi } from '../test/open-test-api.ts';

const NUMBER = '47999991234';
let api: TestApi;

beforeAll(async () => {
  api = await openTestApi();
  await remember('acme');
  await remember('globex');
});
afterAll(() => api.close());

async function remember(tenant: string): Promise<void> {
  const at = Date.now() - 60_000;
  const event: CallEvent = {
    type: 'call.ended',
    eventId: randomUUID(),
    tenant,
    callId: toUuidV7(at, randomBytes(10)),
    at,
    direction: 'inbound',
    ramal: '3501',
    user: 'ana',
    peer: NUMBER,
    origin: NUMBER,
    destination: '3501',
    matchedBy: 'created',
    recording: 'https://pbx.example/1.wav',
  };
  await writeBatch(
    api.store,
    { partition: 0, checkpointId: null, events: [{ event }], deadLetters: [] },
    reduceCall,
  );
}
const post = (what: 'erasures' | 'exports', payload: object, credential: string) =>
  api.ask({ method: 'POST', url: `/v1/privacy/${what}`, payload, credential });
const audit = (query: string, credential: string) => api.ask({ url: `/v1/audit${query}`, credential });

test('threat 11: a person is exported, erased, and found no more; the other company keeps its own', async () => {
  const before = await post('exports', { number: '(47) 9 9999-1234' }, KEYS.acme);
  expect(before.status).toBe(200);
  expect(exportResponse.parse(before.body)).toMatchObject({ nextCursor: null, calls: [{ stored: true }] });
  expect(before.text).toContain(NUMBER);

  const planned = await post('erasures', { number: NUMBER, dryRun: true }, KEYS.acme);
  expect(erasureResponse.parse(planned.body)).toMatchObject({ dryRun: true, calls: 1 });
  const erased = await post('erasures', { number: NUMBER }, KEYS.acme);
  expect(erasureResponse.parse(erased.body)).toMatchObject({
    status: 'done',
    nextCursor: null,
    calls: 1,
    recordings: ['https://pbx.example/1.wav'],
  });

  const list = await api.ask({ url: '/v1/calls', credential: KEYS.acme });
  expect(list.body.calls).toMatchObject([{ peer: { raw: ERASED }, state: 'ended', recording: null }]);
  expect((await post('exports', { number: NUMBER }, KEYS.acme)).body.calls).toEqual([]);
  expect((await post('exports', { tenant: 'globex', number: NUMBER }, KEYS.all)).body.calls).toHaveLength(1);
  // I8: the log of the process tells that it was done, not to whom.
  expect(api.log.some((line) => line.includes('person erased'))).toBe(true);
  expect(api.log.join('\n')).not.toMatch(/9999-?1234/);
});

test('what was done is in the audit log, without the number, of the own company alone', async () => {
  await post('exports', { number: NUMBER }, KEYS.globex);
  const { status, body, text } = await audit('?action=person.exported', KEYS.globex);
  expect(status).toBe(200);
  const { entries } = auditResponse.parse(body);
  expect(entries[0]).toMatchObject({ tenant: 'globex', actor: 'key globex', action: 'person.exported' });
  expect(text).not.toMatch(/9999-?1234/);
  expect(new Set(entries.map(({ tenant }) => tenant))).toEqual(new Set(['globex']));
  expect((await audit('?tenant=acme', KEYS.globex)).status).toBe(403);
});

test('the audit log comes in pages without a gap or a repeat; a key of every tenant reads the whole of it', async () => {
  for (let i = 0; i < 5; i++) {
    await appendAudit(api.store, {
      tenant: null,
      actor: 'operator',
      action: 'key.created',
      subject: `key ${i}`,
    });
  }
  const subjects: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const more: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { body } = await audit(`?action=key.created&limit=2${more}`, KEYS.all);
    subjects.push(...body.entries.map((entry: { subject: string }) => entry.subject));
    cursor = body.nextCursor;
  }
  expect(subjects).toEqual(['key 4', 'key 3', 'key 2', 'key 1', 'key 0']);
  expect((await audit('?cursor=nonsense', KEYS.all)).status).toBe(400);
});

test('agents, wrong questions and users who still work are refused', async () => {
  const agent = await api.token('acme', 'ana');
  expect((await audit('', agent)).status).toBe(403);
  expect((await post('erasures', { number: NUMBER }, agent)).status).toBe(403);
  expect((await post('exports', { number: NUMBER }, agent)).status).toBe(403);
  for (const wrong of [
    {},
    { number: NUMBER, user: 'ana' },
    { number: '3501' },
    { number: NUMBER, cursor: 'x' },
  ]) {
    expect((await post('erasures', wrong, KEYS.acme)).status).toBe(400);
  }
  const active = await post('erasures', { user: 'ana' }, KEYS.acme);
  expect([active.status, active.body.error.message]).toEqual([400, expect.stringContaining('active')]);
  expect((await post('erasures', { user: 'gone' }, KEYS.acme)).body).toMatchObject({
    userRemoved: true,
    status: 'done',
  });
  expect((await post('erasures', { tenant: 'globex', number: NUMBER }, KEYS.acme)).status).toBe(403);
});
