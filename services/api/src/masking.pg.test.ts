import { randomBytes, randomUUID } from 'node:crypto';
import { reduceCall } from '@ramal/calls';
import { type CallEvent, type Right, toUuidV7 } from '@ramal/contracts';
import { createApiKey, writeBatch } from '@ramal/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KEYS, openTestApi, type TestApi } from '../test/open-test-api.ts';

const NUMBER = '47987650001';
const E164 = `+55${NUMBER}`;
let api: TestApi;
let anas: string;
let brunos: string;
let supervisor: string;
let masked: string;

beforeAll(async () => {
  api = await openTestApi();
  anas = await remember('ana', '3501');
  brunos = await remember('bruno', '3502');
  await api.store.query(`update agents set ramal = $1 where tenant = 'acme' and user_name = 'noline'`, [
    NUMBER,
  ]);
  await api.logIn('acme', 'noline');
  supervisor = await api.token('acme', 'ana', 'supervisor');
  masked = await newKey(['calls:read', 'calls:read:any', 'calls:trail', 'presence:read']);
});
afterAll(() => api.close());

async function newKey(rights: Right[]): Promise<string> {
  const key = { name: 'masked', tenant: 'acme', grants: { rights }, expiresAt: null };
  return (await createApiKey(api.store, key, 'operator test')).secret;
}

/** A call that holds the number wherever one may stand. */
async function remember(user: string, ramal: string): Promise<string> {
  const at = Date.now() - 60_000;
  const callId = toUuidV7(at, randomBytes(10));
  const base = { tenant: 'acme', callId, user, ramal };
  const requested: CallEvent = {
    ...base,
    type: 'call.requested',
    eventId: randomUUID(),
    at,
    intentId: `click-${NUMBER}`,
    direction: 'outbound',
    peer: NUMBER,
    peerE164: E164,
    via: 'agent',
    context: { deal: `call ${NUMBER} back`, [NUMBER]: 'whose' },
  };
  const ended: CallEvent = {
    ...base,
    type: 'call.ended',
    eventId: randomUUID(),
    at: at + 1_000,
    direction: 'outbound',
    peer: NUMBER,
    peerE164: E164,
    origin: ramal,
    destination: NUMBER,
    externalCallId: `pbx-${NUMBER}`,
    matchedBy: 'numbers',
    result: 'completed',
    recording: `https://pbx.example/rec/${NUMBER}.wav`,
  };
  const events = [requested, ended].map((event) => ({ event }));
  await writeBatch(api.store, { partition: 0, checkpointId: null, events, deadLetters: [] }, reduceCall);
  return callId;
}

const get = (path: string, credential: string) => api.ask({ url: path, credential });
const digits = NUMBER.slice(0, -4);
const SHOWN = NUMBER.slice(-4);
const paths = (callId: string) => [
  `/v1/calls/${callId}`,
  `/v1/calls/${callId}/events`,
  `/v1/calls/${callId}/timeline`,
  '/v1/calls?user=bruno',
  '/v1/presence',
];

describe('without the right to see numbers', () => {
  test.each(['a key', 'a supervisor’s token'])('%s sees the last 4 digits, in every answer', async (who) => {
    const credential = who === 'a key' ? masked : supervisor;
    for (const path of paths(brunos)) {
      const { status, text } = await get(path, credential);
      expect([path, status]).toEqual([path, 200]);
      expect([path, text.includes(digits)]).toEqual([path, false]);
      expect([path, text.includes(SHOWN)]).toEqual([path, true]);
    }
  });

  test('what is no number stays as it is', async () => {
    const { body } = await get(`/v1/calls/${brunos}`, masked);
    expect(body).toMatchObject({
      user: 'bruno',
      ramal: '3502',
      origin: '3502',
      peer: { raw: `*******${SHOWN}`, display: expect.stringContaining(SHOWN) },
      recording: `https://pbx.example/rec/*******${SHOWN}.wav`,
      context: { deal: `call *******${SHOWN} back` },
    });
  });

  test('nobody finds out a number digit by digit', async () => {
    for (const credential of [masked, supervisor]) {
      expect((await get(`/v1/calls?number=${SHOWN}`, credential)).status).toBe(200);
      const { status, body } = await get(`/v1/calls?number=5${SHOWN}`, credential);
      expect([status, body.error?.code]).toEqual([403, 'forbidden']);
    }
    expect((await get(`/v1/calls?number=${NUMBER}&user=ana`, supervisor)).body.calls).toHaveLength(1);
    expect((await get(`/v1/calls?number=${NUMBER}`, KEYS.acme)).body.calls).toHaveLength(2);
  });
});

describe('whole numbers are seen', () => {
  test('by an agent, of own calls', async () => {
    const ana = await api.token('acme', 'ana');
    for (const path of [`/v1/calls/${anas}`, `/v1/calls/${anas}/timeline`, '/v1/calls'])
      expect([path, (await get(path, ana)).text.includes(NUMBER)]).toEqual([path, true]);
    expect((await get(`/v1/calls/${brunos}`, ana)).status).toBe(404);
  });

  test('by a supervisor, of own calls too', async () => {
    for (const path of [`/v1/calls/${anas}`, `/v1/calls/${anas}/events`, `/v1/calls/${anas}/timeline`])
      expect([path, (await get(path, supervisor)).text.includes(NUMBER)]).toEqual([path, true]);
    const { body } = await get('/v1/calls', supervisor);
    const shown = new Map(
      (body.calls as { callId: string; destination: string }[]).map((call) => [
        call.callId,
        call.destination,
      ]),
    );
    expect([shown.get(anas), shown.get(brunos)]).toEqual([NUMBER, `*******${SHOWN}`]);
  });

  test('by a key that was there before, where it saw them: all but the timeline of a key of every tenant', async () => {
    for (const path of paths(brunos)) {
      expect([path, (await get(path, KEYS.acme)).text.includes(digits)]).toEqual([path, true]);
      const all = await get(`${path}${path.includes('?') ? '&' : '?'}tenant=acme`, KEYS.all);
      expect([path, all.text.includes(digits)]).toEqual([path, !path.endsWith('/timeline')]);
    }
  });
});

describe('a reveal', () => {
  const reveal = (callId: string, credential: string, payload: object = {}) =>
    api.ask({ method: 'POST', url: `/v1/calls/${callId}/reveal`, credential, payload });
  const entries = async (callId: string) =>
    (
      await api.store.query<{ actor: string; tenant: string; reason: string | null; text: string }>(
        `select actor, tenant, detail ->> 'reason' as reason, audit_log::text as text
           from audit_log where action = 'number.revealed' and subject = $1 order by id`,
        [callId],
      )
    ).rows;

  test('threat 11 shows the numbers of one call, and is in the audit log, without them', async () => {
    const { status, body } = await reveal(brunos, supervisor, { reason: 'customer asked for a call back' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ callId: brunos, destination: NUMBER, peer: { raw: NUMBER, e164: E164 } });
    const [entry, ...others] = await entries(brunos);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ tenant: 'acme', reason: 'customer asked for a call back' });
    expect(entry?.text).not.toContain(digits);
    expect(api.log.join('\n')).not.toContain(digits);
  });

  test('takes the right to it, and a call of the own tenant', async () => {
    expect((await reveal(brunos, masked)).status).toBe(403);
    expect((await reveal(anas, await api.token('acme', 'ana'))).status).toBe(403);
    expect((await reveal(brunos, KEYS.globex)).status).toBe(404);
    expect((await reveal(randomUUID(), KEYS.acme)).status).toBe(404);
    expect(await entries(anas)).toEqual([]);
  });

  test('shows nothing where it can’t be written down', async () => {
    await api.store.query('alter table audit_log rename to audit_log_away');
    try {
      const { status, text } = await reveal(brunos, supervisor);
      expect(status).toBeGreaterThanOrEqual(500);
      expect(text).not.toContain(digits);
    } finally {
      await api.store.query('alter table audit_log_away rename to audit_log');
    }
  });
});
