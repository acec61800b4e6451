import { randomBytes, randomUUID } from 'node:crypto';
import { reduceCall } from '@ramal/calls';
import { type CallEvent, callsResponse, toUuidV7 } from '@ramal/contracts';
import { writeBatch } from '@ramal/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KEYS, openTestApi, type TestApi } from '../test/open-test-api.ts';

let api: TestApi;
const START_MS = Date.now() - 60_000;
const ids = { acme: [] as string[], bruno: '', globex: '' };

beforeAll(async () => {
  api = await openTestApi();
  const facts: CallEvent[] = [];
  for (let i = 0; i < 5; i++) {
    const event = incoming({ tenant: 'acme', user: 'ana', ramal: '3501', at: START_MS + i * 1000 });
    ids.acme.push(event.callId);
    facts.push(event, {
      ...event,
      eventId: randomUUID(),
      type: 'call.ended',
      at: event.at + 500,
    } as CallEvent);
  }
  const bruno = incoming({ tenant: 'acme', user: 'bruno', ramal: '3502', at: START_MS + 9_000 });
  const globex = incoming({ tenant: 'globex', user: 'gil', ramal: '2001', at: START_MS });
  ids.bruno = bruno.callId;
  ids.globex = globex.callId;
  await remember([...facts, bruno, globex]);
});
afterAll(() => api.close());

function incoming({
  tenant,
  user,
  ramal,
  at,
}: {
  tenant: string;
  user: string;
  ramal: string;
  at: number;
}): CallEvent {
  return {
    type: 'call.incoming',
    eventId: randomUUID(),
    tenant,
    callId: toUuidV7(at, randomBytes(10)),
    at,
    direction: 'inbound',
    ramal,
    user,
    peer: '47999990000',
    origin: '47999990000',
    destination: ramal,
    matchedBy: 'created',
  };
}

async function remember(facts: CallEvent[]): Promise<void> {
  const events = facts.map((event) => ({ event }));
  await writeBatch(api.store, { partition: 0, checkpointId: null, events, deadLetters: [] }, reduceCall);
}

const list = (query: string, credential: string) => api.ask({ url: `/v1/calls${query}`, credential });

test('R44 the history is listed newest first, in the contract’s shape', async () => {
  const { status, body } = await list('', KEYS.acme);
  expect(status).toBe(200);
  const { calls, nextCursor } = callsResponse.parse(body);
  expect(calls.map((call) => call.callId)).toEqual([ids.bruno, ...ids.acme.toReversed()]);
  expect(nextCursor).toBeNull();
});

test('pages follow one another without a gap or a repeat', async () => {
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body } = await list(`?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`, KEYS.acme);
    const page = callsResponse.parse(body);
    expect(page.calls.length).toBeLessThanOrEqual(2);
    seen.push(...page.calls.map((call) => call.callId));
    cursor = page.nextCursor;
  }
  expect(seen).toEqual([ids.bruno, ...ids.acme.toReversed()]);
});

test('I6 nobody sees another tenant’s calls, whatever they ask for', async () => {
  const { body } = await list('', KEYS.globex);
  expect(body.calls.map((call: { callId: string }) => call.callId)).toEqual([ids.globex]);
  expect((await list('?tenant=acme', KEYS.globex)).status).toBe(403);
  expect((await api.ask({ url: `/v1/calls/${ids.bruno}`, credential: KEYS.globex })).status).toBe(404);
  expect((await api.ask({ url: `/v1/calls/${ids.bruno}/events`, credential: KEYS.globex })).status).toBe(404);
  expect((await list('?tenant=nowhere', KEYS.all)).status).toBe(404);
  expect((await list('', KEYS.all)).status).toBe(400);
});

test('an agent token lists its own calls alone', async () => {
  const ana = await api.token('acme', 'ana');
  const { body } = await list('', ana);
  expect(body.calls.map((call: { callId: string }) => call.callId)).toEqual(ids.acme.toReversed());
  expect((await list('?user=bruno', ana)).status).toBe(403);
  expect((await list('?ramal=3502', ana)).body.calls).toEqual([]);
  expect((await api.ask({ url: `/v1/calls/${ids.bruno}`, credential: ana })).status).toBe(404);
  const own = await api.ask({ url: `/v1/calls/${ids.acme[0]}`, credential: ana });
  expect([own.status, own.body.user]).toEqual([200, 'ana']);
});

test('threat 7 a token shows nothing once its tenant or user is switched off', async () => {
  expect((await list('', await api.token('closed', 'cris'))).body.error.code).toBe('tenant_disabled');
  expect((await list('', await api.token('acme', 'gone'))).body.error.code).toBe('forbidden');
});

test('one call is what the list says about it', async () => {
  const { body } = await list('?limit=1', KEYS.acme);
  const { status, body: call } = await api.ask({ url: `/v1/calls/${ids.bruno}`, credential: KEYS.acme });
  expect(status).toBe(200);
  expect(call).toEqual(body.calls[0]);
});

test('the trail of a call is for API keys', async () => {
  const url = `/v1/calls/${ids.acme[0]}/events`;
  const { status, body } = await api.ask({ url, credential: KEYS.acme });
  expect(status).toBe(200);
  expect(body.events.map((event: CallEvent) => event.type)).toEqual(['call.incoming', 'call.ended']);
  const refused = await api.ask({ url, credential: await api.token('acme', 'ana') });
  expect([refused.status, refused.body.error.code]).toEqual([403, 'forbidden']);
});

test.each([
  '?limit=0',
  '?limit=201',
  '?limit=many',
  '?cursor=nonsense',
  '?from=yesterday',
  '?from=2026-01-01T00:00:00%2B99:99',
  '?direction=up',
  '?number=*',
  '?tenant=acme&tenant=acme',
  '?user=',
  '?user=%00',
])('a query of %s is refused in words', async (query) => {
  const { status, body } = await list(query, KEYS.acme);
  expect([status, body.error.code]).toEqual([400, 'bad_request']);
  expect(body.error.message.length).toBeGreaterThan(5);
});

test.each(['not-a-uuid', '%zz', '0', `${'a'.repeat(500)}`])(
  'a call id of %s finds nothing',
  async (callId) => {
    const { status, body } = await api.ask({ url: `/v1/calls/${callId}`, credential: KEYS.acme });
    expect([400, 404]).toContain(status);
    expect(body.error.retryable).toBe(false);
  },
);
