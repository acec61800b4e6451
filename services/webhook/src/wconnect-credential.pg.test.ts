import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

let webhook: TestWebhook;
let caller: WconnectCaller;
beforeAll(async () => {
  webhook = await openTestWebhook({ publicUrl: 'https://cti.example' });
  caller = createWconnectCaller(webhook);
});
afterAll(() => webhook?.close());

describe('I6 threat 5 the tenant comes from the credential', () => {
  const basic = (password: string) => `Basic ${Buffer.from(`pbx:${password}`).toString('base64')}`;

  test.each<[string, string, Asking]>([
    ['in the path', `/wconnect/${TOKENS.demo}/${LOOKUP}?ramal=3501`, {}],
    ['in the query', `/wconnect/${LOOKUP}?ramal=3501&token=${TOKENS.demo}`, {}],
    [
      'in a form',
      `/wconnect/${LOOKUP}`,
      {
        payload: `ramal=3501&Token=${TOKENS.demo}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
    ],
    [
      'in JSON',
      `/wconnect/${LOOKUP}`,
      {
        payload: JSON.stringify({ ramal: '3501', token: TOKENS.demo }),
        headers: { 'content-type': 'application/json' },
      },
    ],
    ['as Bearer', `/wconnect/${LOOKUP}?ramal=3501`, { headers: { authorization: `Bearer ${TOKENS.demo}` } }],
    [
      'as Basic password',
      `/wconnect/${LOOKUP}?ramal=3501`,
      { headers: { authorization: basic(TOKENS.demo) } },
    ],
    [
      'in the path behind a proxy with a password of its own',
      `/wconnect/${TOKENS.demo}/${LOOKUP}?ramal=3501`,
      { headers: { authorization: basic('proxy') } },
    ],
    [
      'as Bearer beside a variable token of the CTI’s',
      `/wconnect/${LOOKUP}?ramal=3501&token=7`,
      { headers: { authorization: `Bearer ${TOKENS.demo}` } },
    ],
  ])('R39 the token is taken %s', async (_, url, asking) => {
    const { status, json } = await caller.ask(url, asking);
    expect([status, json]).toMatchObject([200, { tenant: 'demo', usuario: 'ana' }]);
  });

  test.each<[string, string, string, Record<string, string>]>([
    ['as a parameter', envelope('ConsultaRamal', { ramal: '3501', token: TOKENS.demo }), '', {}],
    [
      'as a header entry',
      envelope('ConsultaRamal', { ramal: '3501' }, `<ns1:token>${TOKENS.demo}</ns1:token>`),
      '',
      {},
    ],
    [
      'as Basic password',
      envelope('ConsultaRamal', { ramal: '3501' }),
      '',
      { authorization: basic(TOKENS.demo) },
    ],
    ['in the query', envelope('ConsultaRamal', { ramal: '3501' }), `?token=${TOKENS.demo}`, {}],
  ])('R39 in SOAP the token is taken %s', async (_, body, query, headers) => {
    const answer = await caller.soap(`/wconnect/${LOOKUP}${query}`, body, headers);
    expect(readReply(answer).fields).toMatchObject({ tenant: 'demo', usuario: 'ana' });
  });

  test('without a credential nothing is told', async () => {
    for (const file of [MONITOR, LOOKUP, FINISH]) {
      const answer = await caller.ask(`/wconnect/${file}?tenant=demo&ramal=3501`);
      expectError(answer, 401, 'auth_required');
      expect(answer.headers['www-authenticate']).toMatch(/^Basic/);
    }
    expectFault(
      await caller.soap(`/wconnect/${LOOKUP}`, envelope('ConsultaRamal', { tenant: 'demo', ramal: '3501' })),
      'soap:Client',
      'auth_required',
    );
  });

  test.each(['x', 'd'.repeat(63), `${'d'.repeat(64)}x`, '%00', '__proto__', 'D'.repeat(64), "' or 1=1 --"])(
    'with the token %s nothing is told',
    async (token) => {
      expectError(
        await caller.ask(`/wconnect/${LOOKUP}?ramal=3501&token=${encodeURIComponent(token)}`),
        401,
        'auth_failed',
      );
    },
  );

  test('a tenant in the payload has to be the token’s, and is never chosen by it', async () => {
    const peer = newPeer();
    for (const claim of [
      'tenant=acme',
      'empresa=acme',
      'TENANT=acme',
      'tenant=demo&tenant=acme',
      'empresa=2',
    ]) {
      expectError(await caller.demo(FINISH, `${claim}&origem=${peer}&destino=3502`), 403, 'forbidden');
      expectError(await caller.demo(MONITOR, `${claim}&ramal=3501`), 403, 'forbidden');
    }
    expectFault(
      await caller.soap(
        `/wconnect/${TOKENS.demo}/${FINISH}`,
        envelope('FinalizaLigacao', { tenant: 'acme', origem: peer, destino: '2001' }),
      ),
      'soap:Client',
      'forbidden',
    );
    expect(await caller.callsOf('acme', '2001', peer)).toEqual([]);
    expect(await caller.callsOf('demo', '3502', peer)).toEqual([]);
    expect((await caller.demo(LOOKUP, 'empresa=1&ramal=3501')).status).toBe(200);
  });

  test('R42 a company that is not active is refused', async () => {
    expectError(await caller.ask(`/wconnect/${TOKENS.closed}/${MONITOR}?ramal=1`), 403, 'tenant_disabled');
  });
});
