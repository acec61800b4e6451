import { randomUUID } from 'node:crypto';
import { errorResponse } from '@ramal/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoredCall } from '../harness/history-reader.ts';
import { BROKEN_CALLBACKS, HOSTILE_NAMES, HOSTILE_VALUES } from './hostile-callbacks.ts';
import { type CallbackAnswer, postCallback as post, sendCallback } from '../harness/send-callback.ts';
import { permutations } from './permutations.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

let system: TestStack;
let base: string;
let acme: string;
beforeAll(async () => {
  system = await startTestStack({ only: ['history', 'webhook'] });
  base = `${system.dev.webhookUrl}/v1/cti/${system.callbackTokenOf('demo')}`;
  acme = `${system.dev.webhookUrl}/v1/cti/${system.callbackTokenOf('acme')}`;
  await system.history.query('insert into cti_settings (empresa_id, settings) values (2, $1)', [
    { replyBody: '<ok/>', replyContentType: 'text/xml; charset=utf-8' },
  ]);
});
afterAll(() => system?.stop());

type Kind = 'incoming' | 'answered' | 'ended' | 'recording';
type Variables = Record<string, string>;

let nextPeer = 47_900_000_000;
/** A far end that no other test has called. */
const newPeer = () => String((nextPeer += 1));

const get = (kind: Kind, variables: Variables) =>
  sendCallback(`${base}/${kind}?${new URLSearchParams(variables)}`);
const postJson = (kind: Kind, variables: Variables) =>
  post(`${acme}/${kind}`, 'application/json', JSON.stringify(variables));

async function expectStored(answer: Promise<CallbackAnswer>): Promise<void> {
  expect(await answer).toMatchObject({ status: 200, text: 'ok', contentType: 'text/plain; charset=utf-8' });
}

/** What must be the same however the callbacks came: all but ids and times. */
function toFacts({
  direction,
  state,
  result,
  ramal,
  user_name,
  duration_sec,
  recording,
  ...row
}: StoredCall) {
  const answered = row.answered_at !== null;
  return { direction, state, result, ramal, user_name, duration_sec, recording, answered };
}

/** Waits until an event sent after all others of its tenant is stored: then the others are, too. */
async function settleHistory(): Promise<void> {
  const [one, other] = [newPeer(), newPeer()];
  await get('incoming', { origem: one, destino: '3503' });
  await postJson('incoming', { de: other, para: '2003' });
  await system.history.waitForCalls({ peer: one }, () => true);
  await system.history.waitForCalls({ peer: other }, () => true);
}

describe('how a CTI may send its variables', () => {
  test.each<[string, (peer: string) => Promise<CallbackAnswer>]>([
    ['a GET with a query', (peer) => get('incoming', { origem: peer, destino: '3501' })],
    [
      'a POST with a query and no body',
      (peer) => sendCallback(`${base}/incoming?origem=${peer}&destino=3501`, { method: 'POST' }),
    ],
    [
      'a POST with a form',
      (peer) => post(`${base}/incoming`, 'application/x-www-form-urlencoded', `origem=${peer}&destino=3501`),
    ],
    [
      'a POST with JSON',
      (peer) => post(`${base}/incoming`, 'application/json', `{"origem":"${peer}","destino":3501}`),
    ],
    [
      'a POST with JSON called text',
      (peer) => post(`${base}/incoming`, 'text/plain', `{"origem":"${peer}","destino":"3501"}`),
    ],
    [
      'a POST with a form and no content type',
      (peer) => post(`${base}/incoming`, null, Buffer.from(`origem=${peer}&destino=3501`)),
    ],
  ])('R45 R26 R27 %s is stored and answered with the reply body', async (_how, send) => {
    const peer = newPeer();
    await expectStored(send(peer));
    const stored = await system.history.waitForCalls({ peer }, (calls) => calls.length === 1);
    expect(stored[0]).toMatchObject({
      direction: 'inbound',
      ramal: '3501',
      user_name: 'ana',
      state: 'ringing',
    });
  });

  test.each([
    ['raw bytes', Buffer.from('origem=Recep\u00e7\u00e3o raw&destino=3501', 'latin1'), 'Recepção raw'],
    ['percent-encoded', Buffer.from('origem=Recep%E7%E3o+enc&destino=3501', 'latin1'), 'Recepção enc'],
  ])('an ISO-8859-1 form keeps its accents: %s', async (_how, body, name) => {
    await expectStored(
      post(`${base}/incoming`, 'application/x-www-form-urlencoded; charset=ISO-8859-1', body),
    );
    const stored = await system.history.waitForCalls({ origin: name }, () => true);
    expect(stored).toHaveLength(1);
  });

  test('R26 R29 a tenant’s own names, reply body and content type count, GET or POST', async () => {
    const peer = newPeer();
    const answer = await postJson('incoming', { de: peer, para: '2001' });
    expect(answer).toMatchObject({ status: 200, text: '<ok/>', contentType: 'text/xml; charset=utf-8' });
    const stored = await system.history.waitForCalls({ peer }, () => true);
    expect(stored[0]).toMatchObject({ tenant: 'acme', ramal: '2001', user_name: 'diego' });
  });
});

describe('which call a callback is about', () => {
  test.each([2, 20])(
    'I3 the same callback %d times at the same moment is one call with one event',
    async (n) => {
      const peer = newPeer();
      const callback = { origem: peer, destino: '3501' };
      const answers = await Promise.all(Array.from({ length: n }, () => get('incoming', callback)));
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: n }, () => 200));
      const ended = await Promise.all(
        Array.from({ length: n }, () => get('ended', { ...callback, duracao: '7' })),
      );
      expect(ended.every(({ status }) => status === 200)).toBe(true);
      await settleHistory();
      const calls = await system.history.calls({ peer });
      expect(calls).toHaveLength(1);
      const events = await system.history.events(calls[0]?.call_id ?? '');
      expect(events.map(({ type }) => type)).toEqual(['call.incoming', 'call.ended']);
    },
  );

  test('I4 an end that overtakes the answer leaves one call, ended and completed', async () => {
    const peer = newPeer();
    await expectStored(get('incoming', { origem: peer, destino: '3501' }));
    await expectStored(get('ended', { origem: peer, destino: '3501', duracao: '9' }));
    await expectStored(get('answered', { origem: peer, destino: '3501' }));
    await settleHistory();
    const calls = await system.history.calls({ peer });
    expect(calls.map(toFacts)).toMatchObject([{ state: 'ended', result: 'completed', duration_sec: 9 }]);
  });

  const orders = [
    ...permutations<Kind>(['incoming', 'answered', 'ended']),
    ...permutations<Kind>(['incoming', 'answered', 'ended', 'recording']),
  ];

  test.each([
    ['without ids', 'demo'],
    ['with the CTI’s ids', 'acme'],
  ])(
    `I4 R46 all ${orders.length} orders of a call’s callbacks, %s, end in one row with one content`,
    async (_how, tenant) => {
      const audio = 'http://127.0.0.1/recordings/1.wav';
      const send = (kind: Kind, peer: string, id: string) => {
        const [origin, destination, name] =
          tenant === 'demo' ? ['origem', 'destino', 'audio'] : ['de', 'para', 'gravacao'];
        const variables = {
          [origin]: peer,
          [destination]: tenant === 'demo' ? '3502' : '2002',
          ...(tenant === 'demo' ? {} : { id }),
          ...(kind === 'ended' ? { duracao: '12', status: 'ANSWERED' } : {}),
          ...(kind === 'recording' ? { [name]: audio } : {}),
        };
        return tenant === 'demo' ? get(kind, variables) : postJson(kind, variables);
      };
      const sent = await Promise.all(
        orders.map(async (order) => {
          const [peer, id, startedAt] = [newPeer(), randomUUID(), performance.now()];
          for (const kind of order) expect((await send(kind, peer, id)).status).toBe(200);
          return { order, peer, tookMs: performance.now() - startedAt };
        }),
      );
      await settleHistory();
      for (const { order, peer } of sent) {
        const rows = await system.history.calls({ peer });
        expect({ order, facts: rows.map(toFacts) }).toEqual({
          order,
          facts: [
            {
              direction: 'inbound',
              state: 'ended',
              result: 'completed',
              ramal: tenant === 'demo' ? '3502' : '2002',
              user_name: tenant === 'demo' ? 'bruno' : 'elisa',
              duration_sec: 12,
              recording: order.includes('recording') ? audio : null,
              answered: true,
            },
          ],
        });
      }
    },
  );

  test('R46 two calls between the same numbers stay two by their ids, one after the other or at once', async () => {
    const peer = newPeer();
    const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()];
    const about = (id: string) => ({ de: peer, para: '2001', id });
    await postJson('incoming', about(a));
    await postJson('ended', { ...about(a), duracao: '1' });
    await Promise.all([postJson('incoming', about(b)), postJson('incoming', about(c))]);
    await postJson('ended', { ...about(c), duracao: '3' });
    await postJson('ended', { ...about(b), duracao: '2' });
    await settleHistory();
    const calls = await system.history.calls({ peer });
    expect(
      Object.fromEntries(calls.map((call) => [call.external_call_id, [call.state, call.duration_sec]])),
    ).toEqual({ [a]: ['ended', 1], [b]: ['ended', 2], [c]: ['ended', 3] });
    expect(calls).toHaveLength(3);
  });

  test('R40 R44 an end nobody announced makes the call it ends', async () => {
    const peer = newPeer();
    await expectStored(get('ended', { origem: '3503', destino: peer, duracao: '65', status: 'ANSWERED' }));
    const stored = await system.history.waitForCalls({ peer }, () => true);
    expect(stored).toMatchObject([
      { direction: 'outbound', state: 'ended', result: 'completed', user_name: 'carla', duration_sec: 65 },
    ]);
    expect(stored[0]?.matched_by).toBe('created');
  });

  test('R28 R46 a recording that comes after the end belongs to its call', async () => {
    const peer = newPeer();
    await expectStored(get('incoming', { origem: peer, destino: '3501' }));
    await expectStored(get('ended', { origem: peer, destino: '3501', duracao: '4' }));
    await system.history.waitForCalls(
      { peer },
      ([call]) => call?.state === 'ended' && call.recording === null,
    );
    await expectStored(get('recording', { origem: peer, destino: '3501', audio: 'rec/2026/late.wav' }));
    const stored = await system.history.waitForCalls({ peer }, ([call]) => call?.recording !== null);
    expect(stored.map(toFacts)).toMatchObject([{ state: 'ended', recording: 'rec/2026/late.wav' }]);
  });
});

describe('what is no good callback', () => {
  test.each(BROKEN_CALLBACKS)(
    'threat 5: %s is answered %d %s in JSON, and the next callback is stored',
    async (_what, status, code, send) => {
      const answer = await send({ base, webhookUrl: system.dev.webhookUrl });
      expect(answer.contentType).toMatch(/^application\/json/);
      expect(answer.text).not.toMatch(/\bat .*:\d+:\d+|node_modules|\.[jt]s\b|stack/);
      const { error } = errorResponse.parse(JSON.parse(answer.text));
      expect({ status: answer.status, code: error.code }).toEqual({ status, code });
      const peer = newPeer();
      await expectStored(get('incoming', { origem: peer, destino: '3501' }));
      await system.history.waitForCalls({ peer }, (calls) => calls.length === 1);
    },
  );

  test('threat 10: hostile names and values never end in a 5xx, and what was answered 2xx is stored', async () => {
    const answers = { stored: 0, refused: 0 };
    for (const name of HOSTILE_NAMES) {
      await Promise.all(
        HOSTILE_VALUES.flatMap((value) => {
          const marked = { origem: newPeer(), destino: '3503', id: randomUUID() };
          const json = `{${JSON.stringify(name)}:${JSON.stringify(value)},${Object.entries(marked)
            .filter(([key]) => key !== name)
            .map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`)
            .join()}}`;
          const mark = name === 'id' ? { origin: marked.origem } : { external_call_id: marked.id };
          return [
            () => post(`${base}/ended`, 'application/json', json),
            () => get('ended', { ...marked, id: `${marked.id}-q`, [name]: value }),
          ].map(async (send, i) => {
            const { status, text } = await send();
            expect({ name, value, status }).toSatisfy(() => status < 500);
            if (status !== 200) {
              answers.refused++;
              expect(errorResponse.parse(JSON.parse(text)).error.code).toMatch(/^[a-z_]+$/);
              return;
            }
            answers.stored++;
            const key =
              i === 1 && mark.external_call_id !== undefined ? { external_call_id: `${marked.id}-q` } : mark;
            await system.history.waitForCalls(key, (calls) => calls.length === 1);
          });
        }),
      );
    }
    console.log(
      `hostile values: ${answers.stored} stored, ${answers.refused} refused, 0 of ${HOSTILE_NAMES.length * HOSTILE_VALUES.length * 2} ended in a 5xx`,
    );
    expect(answers.stored + answers.refused).toBe(HOSTILE_NAMES.length * HOSTILE_VALUES.length * 2);
  });

  test('I3 nothing of all this became a dead letter, and no service died of it', async () => {
    expect(await system.history.query('select reason, detail from dead_letters')).toEqual([]);
    const restarts = (['webhook', 'history'] as const).flatMap((name) =>
      system.stack.output(name).filter((line) => /is ready/.test(line)),
    );
    expect(restarts).toHaveLength(2);
  });
});
