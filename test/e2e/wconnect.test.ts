import { fileURLToPath } from 'node:url';
import { type AgentClient, findPhp } from '@ramal/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitForPopup } from '../harness/agent-events.ts';
import { runCommand } from '../harness/run-command.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

const SCRIPT = fileURLToPath(new URL('../fixtures/wconnect.php', import.meta.url));
const NAMESPACE = 'urn:ramal:wconnect';

let system: TestStack;
let php: string;
let token: string;
let base: string;
let ana: AgentClient;

beforeAll(async () => {
  [system, php] = await Promise.all([
    startTestStack({ only: ['history', 'webhook', 'ws-gateway'] }),
    findPhp(console.log, ['soap']),
  ]);
  token = system.callbackTokenOf('demo');
  base = `${system.dev.webhookUrl}/wconnect`;
  ana = await system.connect('demo', 'ana');
}, 420_000);
afterAll(async () => {
  await ana?.close();
  await system?.stop();
});

const urlOf = (file: string) => `${base}/WConnect_${file}.php`;
const ADDRESS = { ConsultaRamal: 'WSDL_ConsultaRamal', FinalizaLigacao: 'WSDL_FinalizaLigacao' } as const;
type Operation = keyof typeof ADDRESS;

interface PhpResult {
  reply?: any; // oxlint-disable-line typescript/no-explicit-any
  fault?: { code: string; string: string; detail: { code: string } };
}

/** What PHP's SoapClient makes of an operation; the token goes as Basic password unless told otherwise. */
async function callByPhp(
  operation: Operation,
  fields: Record<string, string>,
  {
    wsdl = `${urlOf(ADDRESS[operation])}?wsdl`,
    options = { login: 'pbx', password: token },
    latin1 = false,
  }: {
    wsdl?: string | null;
    options?: Record<string, string>;
    latin1?: boolean;
  } = {},
): Promise<PhpResult> {
  const asked = { wsdl, options, operation, arguments: fields, latin1 };
  return JSON.parse(await runCommand(php, [SCRIPT, JSON.stringify(asked)])) as PhpResult;
}

const curl = (...args: string[]) =>
  runCommand('curl', ['--silent', '--show-error', '--max-time', '15', ...args]);

let nextPeer = 47_700_000_000;
const newPeer = () => String((nextPeer += 1));

describe('a call as a PBX tells it through the three files', () => {
  test('R38 R39 R40 curl brings it in, PHP looks at it and ends it, the agent sees it', async () => {
    const peer = newPeer();
    const asked = { tenant: 'demo', ramal: '3501' };
    expect((await callByPhp('ConsultaRamal', asked)).reply).toEqual({
      tenant: 'demo',
      ramal: '3501',
      usuario: 'ana',
      logado: true,
      estado: 'free',
      call_id: null,
      numero: null,
      direcao: null,
      inicio: null,
    });

    const arrived = await curl(
      '--get',
      urlOf('MonitoraRamal'),
      ...Object.entries({ token, tenant: 'demo', origem: peer, destino: '3501', id: `e2e-${peer}` }).flatMap(
        ([name, value]) => ['--data-urlencode', `${name}=${value}`],
      ),
    );
    expect(arrived).toBe('ok');
    const shown = await waitForPopup(ana, 'incoming');
    expect(shown.peer.raw).toBe(peer);

    const { reply: busy } = await callByPhp('ConsultaRamal', asked);
    expect(busy).toMatchObject({
      logado: true,
      estado: 'ringing',
      call_id: shown.callId,
      numero: peer,
      direcao: 'inbound',
    });
    expect(Date.parse(busy.inicio)).toBe(shown.startedAt);
    const monitored = await curl('-u', `pbx:${token}`, `${urlOf('MonitoraRamal')}?tenant=demo&ramal=3501`);
    expect(JSON.parse(monitored)).toEqual({
      tenant: 'demo',
      ramal: '3501',
      user: 'ana',
      logged_in: true,
      state: 'ringing',
      call: {
        callId: shown.callId,
        direction: 'inbound',
        state: 'ringing',
        peer,
        startedAt: busy.inicio,
      },
    });

    const audio = 'https://pbx.example/São João.wav?a=1&b=<2>';
    const { reply: ended } = await callByPhp('FinalizaLigacao', {
      tenant: 'demo',
      origem: peer,
      destino: '3501',
      id: `e2e-${peer}`,
      audio,
      status: 'ANSWERED',
      duracao: '42',
    });
    expect(ended).toEqual({ resultado: 'ok', call_id: shown.callId });
    expect(await waitForPopup(ana, 'end', shown.callId)).toMatchObject({ recording: audio, durationSec: 42 });
    expect(await system.history.waitForEnd(shown.callId)).toMatchObject({
      tenant: 'demo',
      result: 'completed',
      recording: audio,
      duration_sec: 42,
      external_call_id: `e2e-${peer}`,
    });
    expect((await callByPhp('ConsultaRamal', asked)).reply.estado).toBe('free');
  });

  test('R38 the state of an extension in a call, and of one that nobody has', async () => {
    const peer = newPeer();
    await curl(`${base}/${token}/WConnect_MonitoraRamal.php?origem=${peer}&destino=3502`);
    await curl(`${system.dev.webhookUrl}/v1/cti/${token}/answered?origem=${peer}&destino=3502`);
    const stateOf = async (ramal: string) =>
      JSON.parse(await curl('--data', `ramal=${ramal}&token=${token}`, urlOf('MonitoraRamal')));
    expect(await stateOf('3502')).toMatchObject({ logged_in: false, state: 'in_call', call: { peer } });
    expect(await stateOf('9999')).toMatchObject({ user: null, state: 'unknown_ramal', call: null });
  });
});

describe('PHP’s SoapClient', () => {
  test.each<[string, () => Promise<PhpResult>]>([
    [
      'with the token as a parameter',
      () => callByPhp('ConsultaRamal', { ramal: '3503', token }, { options: {} }),
    ],
    [
      'with the token in the WSDL’s address',
      () =>
        callByPhp(
          'ConsultaRamal',
          { ramal: '3503' },
          { wsdl: `${base}/${token}/WConnect_WSDL_ConsultaRamal.php?wsdl`, options: {} },
        ),
    ],
  ])('R39 R40 is answered %s', async (_, call) => {
    expect((await call()).reply).toMatchObject({ tenant: 'demo', ramal: '3503', estado: 'free' });
  });

  test('R39 is answered without a WSDL, in RPC style with encoded types', async () => {
    const { reply } = await callByPhp(
      'ConsultaRamal',
      { tenant: 'demo', ramal: '3503' },
      {
        wsdl: null,
        options: {
          location: urlOf(ADDRESS.ConsultaRamal),
          uri: NAMESPACE,
          login: 'pbx',
          password: token,
        },
      },
    );
    expect(reply).toMatchObject({ tenant: 'demo', ramal: '3503', logado: 'false', estado: 'free' });
  });

  test('R40 may hold its texts in ISO-8859-1', async () => {
    const origem = 'Fila São João';
    const { reply } = await callByPhp('FinalizaLigacao', { origem, destino: '3502' }, { latin1: true });
    expect(reply.resultado).toBe('ok');
    expect(await system.history.waitForEnd(reply.call_id)).toMatchObject({ origin: origem });
  });

  test.each<[string, string, () => Promise<PhpResult>]>([
    ['auth_required', 'callback token', () => callByPhp('ConsultaRamal', { ramal: '3501' }, { options: {} })],
    [
      'auth_failed',
      'not valid',
      () => callByPhp('ConsultaRamal', { ramal: '3501', token: 'wrong' }, { options: {} }),
    ],
    [
      'forbidden',
      'tenant',
      () => callByPhp('FinalizaLigacao', { tenant: 'acme', origem: '1', destino: '2001' }),
    ],
    ['bad_request', 'ramal', () => callByPhp('ConsultaRamal', { tenant: 'demo' })],
    ['bad_request', 'names no call', () => callByPhp('FinalizaLigacao', { status: 'x' })],
  ])('R39 R40 I6 gets the fault %s (%s)', async (code, word, call) => {
    const { fault } = await call();
    expect(fault).toMatchObject({ code: 'soap:Client', detail: { code } });
    expect(fault?.string).toContain(word);
  });
});

describe('curl', () => {
  test('R39 R40 uses the plain twins by query, form and JSON', async () => {
    const peer = newPeer();
    const lookup = `${base}/${token}/WConnect_WSDL_ConsultaRamal.php`;
    const expected = expect.objectContaining({ tenant: 'demo', usuario: 'carla', estado: 'free' });
    const json = ['--header', 'content-type: application/json', '--data'];
    expect(JSON.parse(await curl(`${lookup}?ramal=3503`))).toEqual(expected);
    expect(JSON.parse(await curl('--data', 'ramal=3503', lookup))).toEqual(expected);
    expect(JSON.parse(await curl(...json, '{"ramal":"3503"}', lookup))).toEqual(expected);

    const form = `tenant=demo&origem=3502&destino=${peer}&audio=/g/1.wav&status=ocupado`;
    const finish = urlOf(ADDRESS.FinalizaLigacao);
    const ended = JSON.parse(await curl('--oauth2-bearer', token, '--data', form, finish));
    expect(ended.resultado).toBe('ok');
    expect(await system.history.waitForEnd(ended.call_id)).toMatchObject({
      direction: 'outbound',
      result: 'busy',
      peer,
      recording: '/g/1.wav',
    });
  });

  test('R39 pitfall 8 gets a fault of SOAP 1.1 for a document type', async () => {
    const answer = await curl(
      '--write-out',
      '\n%{http_code} %{content_type}',
      '--header',
      'content-type: text/xml',
      '--data',
      '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
      `${base}/${token}/WConnect_WSDL_ConsultaRamal.php`,
    );
    expect(answer).toContain('<faultcode>soap:Client</faultcode>');
    expect(answer).toMatch(/\n500 text\/xml; charset=utf-8$/);
  });
});
