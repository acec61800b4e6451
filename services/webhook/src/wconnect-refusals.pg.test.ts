import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestWebhook, TOKENS, type TestWebhook } from '../test/open-test-webhook.ts';
import {
  createWconnectCaller,
  envelope,
  expectError,
  expectFault,
  FINISH,
  LOOKUP,
  MONITOR,
  newPeer,
  type WconnectCaller,
} from '../test/wconnect-caller.ts';

let webhook: TestWebhook;
let caller: WconnectCaller;
beforeAll(async () => {
  webhook = await openTestWebhook({ publicUrl: 'https://cti.example' });
  caller = createWconnectCaller(webhook);
});
afterAll(() => webhook?.close());

describe('what is refused', () => {
  const finish = `/wconnect/${TOKENS.demo}/${FINISH}`;
  test.each([
    ['an entity bomb', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['XML that is none', '<a>'],
    ['no SOAP', '<FinalizaLigacao><origem>1</origem></FinalizaLigacao>'],
    ['nothing', ''],
    ['the other address’s operation', envelope('consultaramal', { ramal: '3501' })],
  ])('R40 pitfall 8 %s becomes a fault', async (_, payload) => {
    expectFault(await caller.soap(finish, payload), 'soap:Client', 'bad_request');
  });

  test('R40 pitfall 7 SOAP may hold 256 KiB, everything else 64 KiB', async () => {
    const filled = (bytes: number) => {
      const xml = envelope('FinalizaLigacao', { origem: '4733334444', destino: '3502', nota: '' });
      return xml.replace('<ns1:nota>', `<ns1:nota>${'x'.repeat(bytes - Buffer.byteLength(xml))}`);
    };
    expect((await caller.soap(finish, filled(256 * 1024))).status).toBe(200);
    expectFault(await caller.soap(finish, filled(256 * 1024 + 1)), 'soap:Client', 'payload_too_large');
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expectError(
      await caller.ask(finish, { payload: 'x'.repeat(65_537), headers: form }),
      413,
      'payload_too_large',
    );
  });

  test('R38 pitfall 8 an attack on a plain address or an ordinary callback is a plain refusal', async () => {
    const bomb = { payload: '<!DOCTYPE a><a/>', headers: { 'content-type': 'text/xml' } };
    expectError(await caller.ask(`/wconnect/${TOKENS.demo}/${MONITOR}`, bomb), 400, 'bad_request');
    expectError(await caller.ask(`/v1/cti/${TOKENS.demo}/ended`, bomb), 400, 'bad_request');
  });

  test('a HEAD, another method and another file are not found', async () => {
    expect((await caller.ask(`${finish}?origem=1&destino=3501`, { method: 'HEAD' })).status).toBe(404);
    expectError(await caller.demo('WConnect_Outro.php'), 404, 'not_found');
  });
});

test('R45 an ordinary callback may come as SOAP, too', async () => {
  const peer = newPeer();
  const answer = await caller.soap(
    `/v1/cti/${TOKENS.acme}/incoming`,
    envelope('Chamada', { de: peer, para: '2001', id: 'soap-1' }),
  );
  expect([answer.status, answer.text]).toEqual([200, 'ok']);
  expect(await caller.callsOf('acme', '2001', peer)).toMatchObject([{ externalCallId: 'soap-1' }]);
});

test('I8 unknown fields are logged by name; neither values, tokens nor numbers are', async () => {
  webhook.log.length = 0;
  const peer = newPeer();
  await caller.demo(MONITOR, `origem=${peer}&destino=3502&fila=canary-value`);
  await caller.demo(LOOKUP, `ramal=3501&setor=canary-value`);
  await caller.ask(`/wconnect/${LOOKUP}?ramal=3501&token=canary-token`);
  await caller.soap(`/wconnect/${TOKENS.demo}/${FINISH}`, `<a>canary-value`);
  const log = webhook.log.join('\n');
  expect(log).toContain('"names":["fila"]');
  expect(log).toContain('"names":["setor"]');
  expect(log).toContain('"route":"/wconnect/:token/WConnect_WSDL_FinalizaLigacao.php"');
  for (const secret of ['canary', TOKENS.demo, peer, '3501']) expect(log).not.toContain(secret);
});

test('R39 with Redis down a SOAP caller is told that it is our fault', async () => {
  await webhook.redisServer.kill();
  try {
    const url = `/wconnect/${TOKENS.demo}/${LOOKUP}`;
    expectFault(
      await caller.soap(url, envelope('ConsultaRamal', { ramal: '3501' })),
      'soap:Server',
      'unavailable',
    );
    const answer = await caller.ask(`${url}?ramal=3501`);
    expectError(answer, 503, 'unavailable');
    expect(answer.headers['retry-after']).toBe('1');
  } finally {
    await webhook.redisServer.restart();
  }
});
