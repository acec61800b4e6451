import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestWebhook, TOKENS, type TestWebhook } from '../test/open-test-webhook.ts';
import {
  type Answer,
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

describe('R39 WConnect_WSDL_ConsultaRamal.php', () => {
  const expected = {
    tenant: 'demo',
    ramal: '3503',
    usuario: 'clara',
    logado: false,
    estado: 'free',
    call_id: null,
    numero: null,
    direcao: null,
    inicio: null,
  };

  test('R39 answers a query, a form and JSON with the same fields as SOAP', async () => {
    const url = `/wconnect/${TOKENS.demo}/${LOOKUP}`;
    expect((await caller.ask(`${url}?tenant=demo&ramal=3503`)).json).toEqual(expected);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await caller.ask(url, { payload: 'empresa=demo&EXTENSAO=3503', headers: form })).json).toEqual(
      expected,
    );
    const json = { 'content-type': 'application/json' };
    const body = '{"tenant":"demo","ramal":3503}';
    expect((await caller.ask(url, { payload: body, headers: json })).json).toEqual(expected);

    const reply = readReply(
      await caller.soap(url, envelope('ConsultaRamal', { tenant: 'demo', ramal: '3503' })),
    );
    expect(reply).toEqual({
      operation: 'ConsultaRamalResponse',
      fields: {
        ...expected,
        logado: 'false',
        call_id: '',
        numero: '',
        direcao: '',
        inicio: '',
      },
    });
  });

  test('R39 tells of the current call', async () => {
    const peer = newPeer();
    await webhook.logIn('demo', 'clara');
    await caller.ask(`/v1/cti/${TOKENS.demo}/incoming?origem=${peer}&destino=3503`);
    const [call] = await caller.callsOf('demo', '3503', peer);
    const { fields } = readReply(
      await caller.soap(`/wconnect/${TOKENS.demo}/${LOOKUP}`, envelope('ConsultaRamal', { ramal: '3503' })),
    );
    expect(fields).toMatchObject({
      logado: 'true',
      estado: 'ringing',
      call_id: call?.callId,
      numero: peer,
      direcao: 'inbound',
      inicio: new Date(call?.startedAt ?? 0).toISOString(),
    });
    await caller.ask(`/v1/cti/${TOKENS.demo}/ended?origem=${peer}&destino=3503`);
  });

  test.each([
    ['no SOAPAction', {}],
    ['an empty one', { soapaction: '""' }],
    ['one in quotes', { soapaction: '"urn:ramal:wconnect#ConsultaRamal"' }],
    ['one without', { soapaction: 'ConsultaRamal' }],
  ])('R39 takes SOAP with %s', async (_, headers) => {
    const answer = await caller.soap(
      `/wconnect/${TOKENS.demo}/${LOOKUP}`,
      envelope('ConsultaRamal', { ramal: '3503' }),
      headers,
    );
    expect([answer.status, readReply(answer).operation]).toEqual([200, 'ConsultaRamalResponse']);
  });

  test('R39 serves its WSDL without a credential, with the public address and the token that was in the path', async () => {
    for (const query of ['wsdl', 'WSDL', 'wsdl=1', 'a=b&wsdl']) {
      const answer = await caller.ask(`/wconnect/${LOOKUP}?${query}`);
      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/xml; charset=utf-8']);
      expect(answer.text).toContain(`location="https://cti.example/wconnect/${LOOKUP}"`);
    }
    const { text } = await caller.ask(`/wconnect/a%22%3Cb/${LOOKUP}?wsdl`);
    expect(text).toContain(`location="https://cti.example/wconnect/a%22%3Cb/${LOOKUP}"`);
  });

  test('R39 asking about wsdl in a value is no request for the WSDL', async () => {
    expectError(await caller.ask(`/wconnect/${LOOKUP}?ramal=wsdl`), 401, 'auth_required');
  });
});

describe('R40 WConnect_WSDL_FinalizaLigacao.php', () => {
  test('R40 R44 ends a call by SOAP, with its recording, status and duration', async () => {
    const peer = newPeer();
    await caller.demo(MONITOR, `origem=${peer}&destino=3502&id=fin-1`);
    const fields = {
      tenant: 'demo',
      origem: peer,
      destino: '3502',
      audio: 'https://pbx.example/a.wav?x=1&amp;y=2',
      id: 'fin-1',
      status: 'Atendida',
      duracao: '00:01:05',
    };
    const url = `/wconnect/${TOKENS.demo}/${FINISH}`;
    const reply = readReply(await caller.soap(url, envelope('FinalizaLigacao', fields)));
    const [call] = await caller.callsOf('demo', '3502', peer);
    expect(reply).toEqual({
      operation: 'FinalizaLigacaoResponse',
      fields: { resultado: 'ok', call_id: call?.callId },
    });
    expect(call).toMatchObject({
      state: 'ended',
      result: 'completed',
      durationSec: 65,
      recording: 'https://pbx.example/a.wav?x=1&y=2',
      externalCallId: 'fin-1',
      matchedBy: 'created',
    });

    // Told again, and by the twin: the same fact of the same call (I3).
    const again = await caller.soap(url, envelope('FinalizaLigacao', fields));
    expect(readReply(again).fields['call_id']).toBe(call?.callId);
    expect(await caller.callsOf('demo', '3502', peer)).toHaveLength(1);
  });

  test('R40 ends a call by query, form and JSON', async () => {
    const url = `/wconnect/${TOKENS.acme}/${FINISH}`;
    const ways: ((peer: string) => Promise<Answer>)[] = [
      (peer) => caller.ask(`${url}?de=${peer}&para=2001&gravacao=/a.wav`),
      (peer) =>
        caller.ask(url, {
          payload: `origem=${peer}&destino=2001&audio=/a.wav`,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        }),
      (peer) =>
        caller.ask(url, {
          payload: JSON.stringify({ origem: peer, ramal: '2001', audio: '/a.wav' }),
          headers: { 'content-type': 'application/json' },
        }),
    ];
    for (const way of ways) {
      const peer = newPeer();
      const { status, json } = await way(peer);
      const [call] = await caller.callsOf('acme', '2001', peer);
      expect([status, json]).toEqual([200, { resultado: 'ok', call_id: call?.callId }]);
      expect(call).toMatchObject({ state: 'ended', direction: 'inbound', recording: '/a.wav' });
    }
  });

  test('R40 reads ISO-8859-1 by the prolog and answers in UTF-8', async () => {
    const xml = envelope('FinalizaLigacao', { origem: 'Fila São João', destino: '3502' });
    const body = Buffer.from(xml.replace('UTF-8', 'ISO-8859-1'), 'latin1');
    const answer = await caller.soap(`/wconnect/${TOKENS.demo}/${FINISH}`, body, {
      'content-type': 'text/xml',
    });
    expect(readReply(answer).fields['resultado']).toBe('ok');
    expect(await caller.callsOf('demo', '3502', 'Fila São João')).toHaveLength(1);
  });

  test('R40 a call that names nobody is the caller’s mistake', async () => {
    const answer = await caller.soap(
      `/wconnect/${TOKENS.demo}/${FINISH}`,
      envelope('FinalizaLigacao', { status: 'x' }),
    );
    expectFault(answer, 'soap:Client', 'bad_request');
    expectError(await caller.demo(FINISH, 'status=x'), 400, 'bad_request');
  });
});
