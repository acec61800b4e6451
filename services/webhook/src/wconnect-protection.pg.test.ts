import { createHmac, randomBytes, scryptSync } from 'node:crypto';
import { type CallbackProtection, parseNetworks } from '@ramal/store';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OPEN_TO_ALL } from '../test/create-test-door.ts';
import { openTestWebhook, TOKENS, type TestWebhook } from '../test/open-test-webhook.ts';
import {
  type Asking,
  createWconnectCaller,
  envelope,
  expectError,
  expectFault,
  FINISH,
  LOOKUP,
  MONITOR,
  newPeer,
  readReply,
  type WconnectCaller,
} from '../test/wconnect-caller.ts';

const KEY = randomBytes(32);
const SALT = Buffer.alloc(16, 3);
const PASSWORD_HASH = `scrypt:16:8:1:${SALT.toString('base64url')}:${scryptSync('canary-senha', SALT, 32, { N: 16, r: 8, p: 1 }).toString('base64url')}`;

let webhook: TestWebhook;
let caller: WconnectCaller;
let protection: CallbackProtection;
beforeAll(async () => {
  webhook = await openTestWebhook({
    publicUrl: 'https://cti.example',
    trustedProxies: 1,
    protectionOf: async (tenant) => (tenant === 'demo' ? protection : OPEN_TO_ALL),
  });
  caller = createWconnectCaller(webhook);
});
afterAll(() => webhook?.close());
beforeEach(() => {
  protection = { ...OPEN_TO_ALL, signingKeys: [KEY] };
});

let lastId = 0;
function sign(payload: string, id = `msg_${(lastId += 1)}`): Record<string, string> {
  const at = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', KEY).update(`${id}.${at}.${payload}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${signature}` };
}
const url = (file: string, query = '') =>
  `/wconnect/${TOKENS.demo}/${file}${query === '' ? '' : `?${query}`}`;
const signedGet = (file: string, query: string): [string, Asking] => [
  url(file, query),
  { headers: sign(`${file}?${query}`) },
];

describe('threat 5 what a company asks for beside the token it asks for at /wconnect, too', () => {
  test('R38 R39 R40 unsigned requests are refused, in SOAP by a fault, and the WSDL is still served', async () => {
    const peer = newPeer();
    for (const [file, query] of [
      [MONITOR, `origem=${peer}&destino=3501`],
      [MONITOR, 'ramal=3501'],
      [LOOKUP, 'ramal=3501'],
      [FINISH, `origem=${peer}&destino=3501`],
    ] as const)
      expectError(await caller.demo(file, query), 401, 'auth_required');
    expectFault(
      await caller.soap(url(FINISH), envelope('FinalizaLigacao', { origem: peer, destino: '3501' })),
      'soap:Client',
      'auth_required',
    );
    expect((await caller.ask(url(LOOKUP, 'wsdl'))).status).toBe(200);
    expect(await caller.callsOf('demo', '3501', peer)).toEqual([]);
  });

  test('R38 a signed address brings a call in, once however often it is told', async () => {
    const peer = newPeer();
    const asked = signedGet(MONITOR, `origem=${peer}&destino=3501`);
    const answers = await Promise.all(Array.from({ length: 8 }, () => caller.ask(...asked)));
    answers.push(await caller.ask(...asked));
    expect(answers.map(({ text }) => text)).toEqual(answers.map(() => 'ok'));
    const [call, ...others] = await caller.callsOf('demo', '3501', peer);
    expect([call?.state, others]).toEqual(['ringing', []]);
  });

  test('R40 signed SOAP ends a call; told again it answers with the same call', async () => {
    const peer = newPeer();
    const body = envelope('FinalizaLigacao', { origem: peer, destino: '3502' });
    const headers = sign(body, 'soap-1');
    const first = readReply(await caller.soap(url(FINISH), body, headers)).fields;
    const again = readReply(await caller.soap(url(FINISH), body, headers)).fields;
    expect(first['resultado']).toBe('ok');
    expect(again).toEqual(first);
    const other = envelope('FinalizaLigacao', { origem: newPeer(), destino: '3502' });
    expectFault(await caller.soap(url(FINISH), other, sign(other, 'soap-1')), 'soap:Client', 'forbidden');
  });

  test('R39 what only asks may ask again', async () => {
    const asked = signedGet(LOOKUP, 'ramal=3502');
    for (let i = 0; i < 2; i++) expect((await caller.ask(...asked)).json).toMatchObject({ usuario: 'bruno' });
  });

  test('I6 threat 10 nothing beside a signed body is believed', async () => {
    const [peer, forged] = [newPeer(), newPeer()];
    const payload = `destino=3503&id=signed-${peer}`;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const address of [
      url(FINISH, `origem=${forged}`),
      `/v1/cti/${TOKENS.demo}/ended?origem=${forged}`,
    ]) {
      const answer = await caller.ask(address, { payload, headers: { ...form, ...sign(payload) } });
      expect(answer.status).toBe(200);
    }
    expect(await caller.callsOf('demo', '3503', forged)).toEqual([]);
    const tampered = { payload: `${payload}&origem=${forged}`, headers: { ...form, ...sign(payload) } };
    expectError(await caller.ask(url(FINISH), tampered), 401, 'auth_failed');
  });

  test('networks and HTTP Basic hold there as well, and no secret is logged', async () => {
    protection = {
      networks: parseNetworks(['203.0.113.0/24']),
      basicLogins: [{ user: 'pbx', passwordHash: PASSWORD_HASH }],
      signingKeys: [KEY],
    };
    const basic = (password: string) => `Basic ${Buffer.from(`pbx:${password}`).toString('base64')}`;
    const ask = (from: string, password: string, query = 'ramal=3501') =>
      caller.ask(url(LOOKUP, query), {
        headers: {
          ...sign(`${LOOKUP}?ramal=3501`, `canary-id-${(lastId += 1)}`),
          'x-forwarded-for': from,
          authorization: basic(password),
        },
      });
    webhook.log.length = 0;
    expect((await ask('203.0.113.5', 'canary-senha')).status).toBe(200);
    expectError(await ask('198.51.100.5', 'canary-senha'), 403, 'forbidden');
    expectError(await ask('203.0.113.5, 198.51.100.5', 'canary-senha'), 403, 'forbidden');
    expectError(await ask('canary-garbage', 'canary-senha'), 403, 'forbidden');
    const wrong = await ask('203.0.113.5', 'canary-errada');
    expectError(wrong, 401, 'auth_failed');
    expect(wrong.headers['www-authenticate']).toMatch(/^Basic/);
    expectError(await ask('203.0.113.5', 'canary-senha', 'ramal=3502'), 401, 'auth_failed');
    const log = webhook.log.join('\n');
    expect(log).toContain('"reason":"signature_wrong"');
    for (const secret of ['canary', TOKENS.demo, KEY.toString('base64'), '203.0.113.5'])
      expect(log).not.toContain(secret);
  });

  test('I3 another company is asked for nothing', async () => {
    const peer = newPeer();
    const answer = await caller.ask(`/v1/cti/${TOKENS.acme}/incoming?de=${peer}&para=2001`);
    expect(answer.status).toBe(200);
  });
});
