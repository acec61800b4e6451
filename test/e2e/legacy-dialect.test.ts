import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { waitForPopup } from '../harness/agent-events.ts';
import { type LegacySocket, openLegacySocket } from '../harness/legacy-socket.ts';
import { openRawSocket } from '../harness/raw-socket.ts';
import { sendCallback } from '../harness/send-callback.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

let system: TestStack;
const toCut: { cut(): void }[] = [];

beforeAll(async () => {
  system = await startTestStack({ env: { 'ws-gateway': { GATEWAY_LEGACY_PASSWORDS: 'true' } } });
});
afterEach(() => {
  for (const socket of toCut.splice(0)) socket.cut();
});
afterAll(() => system?.stop());

async function open(path?: string): Promise<LegacySocket> {
  const socket = await openLegacySocket(system.dev.gatewayUrl, path);
  toCut.push(socket);
  return socket;
}

async function toLogin(user: string, ramal: string, change: { tenant?: string; passwd?: string } = {}) {
  const { tenant = 'demo', passwd = await system.signToken('demo', user, ramal) } = change;
  return { action: 'login', auth: { login: user, passwd }, params: { tenant, ramal } };
}

async function openLoggedIn(user: string, ramal: string, path?: string): Promise<LegacySocket> {
  const socket = await open(path);
  expect(await socket.ask(await toLogin(user, ramal))).toMatchObject({ action: 'logged_in' });
  return socket;
}

async function call(kind: string, peer: string, ramal: string): Promise<void> {
  const url = `${system.dev.webhookUrl}/v1/cti/${system.callbackTokenOf('demo')}/${kind}`;
  expect((await sendCallback(`${url}?origem=${peer}&destino=${ramal}`)).status).toBe(200);
}

const about = (callId: unknown) => (message: { params: Record<string, unknown> }) =>
  message.params['callId'] === callId;

describe('R47 an old client on the bare host', () => {
  test('logs in, dials, sees start and end of its call, and logs out', async () => {
    const ana = await open();
    const ready = await ana.ask(await toLogin('ana', '3501'));
    expect(ready).toMatchObject({
      action: 'logged_in',
      reply_to: 'login',
      params: { agent: { tenant: 'demo', user: 'ana', ramal: '3501' }, cti: { enabled: true } },
    });
    const ack = await ana.ask({ action: 'dial', params: { to: '(47) 3210-0301' } });
    expect(ack).toMatchObject({ action: 'ack', reply_to: 'dial' });
    const { callId } = ack.params;
    const start = await ana.waitFor((message) => message.action === 'popup_start' && about(callId)(message));
    expect(start.params).toMatchObject({ kind: 'start', ramal: '3501', peer: { raw: '4732100301' } });
    await ana.waitFor((message) => message.action === 'dial_accepted' && about(callId)(message));
    const end = await ana.waitFor((message) => message.action === 'popup_end' && about(callId)(message));
    expect(end.params).toMatchObject({ kind: 'end', result: 'completed' });
    expect(await system.history.waitForEnd(String(callId))).toMatchObject({
      user_name: 'ana',
      ramal: '3501',
    });
    expect(
      await ana.ask({ action: 'popup_dismiss', params: { popupId: end.params['popupId'] } }),
    ).toMatchObject({
      action: 'ack',
      reply_to: 'popup_dismiss',
    });
    await ana.waitFor(({ action, params }) => action === 'popup_hide' && params['hidden'] === 'dismissed');
    expect(await ana.ask({ action: 'logout', auth: { login: 'ana' } })).toMatchObject({
      action: 'ack',
      reply_to: 'logout',
    });
  });

  test('R45 is shown the incoming pop-up of its extension', async () => {
    const bruno = await openLoggedIn('bruno', '3502');
    await call('incoming', '4732100302', '3502');
    const shown = await bruno.waitFor(({ action }) => action === 'popup_incoming');
    expect(shown.params).toMatchObject({ kind: 'incoming', peer: { raw: '4732100302' } });
    await call('ended', '4732100302', '3502');
    await bruno.waitFor(
      ({ action, params }) => action === 'popup_end' && about(shown.params['callId'])({ params }),
    );
  });

  test('hears nothing after its logout, and the next user of the socket nothing of the last', async () => {
    const socket = await openLoggedIn('bruno', '3502');
    const colleague = await openLoggedIn('bruno', '3502');
    await socket.ask({ action: 'logout' });
    const before = socket.messages.length;
    await call('incoming', '4732100303', '3502');
    await colleague.waitFor(({ params }) => JSON.stringify(params).includes('4732100303'));
    // A marked message that comes first proves that nothing came before it.
    await socket.ask(await toLogin('carla', '3503'));
    expect(socket.messages.slice(before).map(({ action }) => action)).toEqual(['logged_in']);
    expect(JSON.stringify(socket.messages)).not.toContain('4732100303');
    await call('ended', '4732100303', '3502');
  });
});

describe('R47 who may log in', () => {
  test('a user with the CTI password, where the operator allows it', async () => {
    const socket = await open();
    const login = await toLogin('carla', '3503', { passwd: system.secretsOf('carla').senha });
    expect(await socket.ask(login)).toMatchObject({
      action: 'logged_in',
      params: { agent: { tenant: 'demo', user: 'carla', ramal: '3503' } },
    });
  });

  test('R42 a user whose password is the company’s senha_padrao', async () => {
    await system.history.query(
      `insert into wl_chamados_empresa (empresa_id, nome, ativo, tenant, senha_padrao)
       values (301, 'padrao', 1, 'padrao', 'a-padrao-of-theirs')`,
    );
    await system.history.query(
      `insert into agents (tenant, user_name, ramal, active) values ('padrao', 'rui', '7001', true)`,
    );
    const login = { tenant: 'padrao', passwd: 'a-padrao-of-theirs' };
    expect(await (await open()).ask(await toLogin('rui', '7001', login))).toMatchObject({
      action: 'logged_in',
    });
    expect(await (await open()).ask(await toLogin('rui', '7001', { ...login, passwd: 'x' }))).toMatchObject({
      action: 'error',
    });
  });

  test.each([
    ['a wrong password', 'auth_failed', () => toLogin('ana', '3501', { passwd: 'wrong' })],
    ['an unknown company', 'auth_failed', () => toLogin('ana', '3501', { tenant: 'nowhere', passwd: 'x' })],
    ['an unknown user', 'auth_failed', () => toLogin('nobody', '3501', { passwd: 'x' })],
    ['a token of another company', 'forbidden', () => toLogin('ana', '3501', { tenant: 'acme' })],
    [
      'a token of another user',
      'forbidden',
      async () => toLogin('ana', '3501', { passwd: await system.signToken('demo', 'bruno', '3501') }),
    ],
    [
      'a colleague’s extension and a token',
      'forbidden',
      async () => toLogin('ana', '3502', { passwd: await system.signToken('demo', 'ana', '3501') }),
    ],
    [
      'a colleague’s extension and a password',
      'forbidden',
      async () => toLogin('ana', '3502', { passwd: system.secretsOf('ana').senha }),
    ],
  ])('I6 %s is refused with a message, then 4002', async (_what, code, login) => {
    const socket = await open();
    expect(await socket.ask(await login())).toMatchObject({
      action: 'error',
      reply_to: 'login',
      params: { code, message: expect.any(String), retryable: false },
    });
    expect((await socket.closed).code).toBe(4002);
  });

  test('R42 nobody of a company that is switched off: 4010', async () => {
    await system.history.query(
      `insert into wl_chamados_empresa (empresa_id, nome, ativo, tenant) values (302, 'off', 0, 'off')`,
    );
    const socket = await open();
    const passwd = await system.signToken('off', 'ana', '3501');
    expect(await socket.ask(await toLogin('ana', '3501', { tenant: 'off', passwd }))).toMatchObject({
      action: 'error',
      params: { code: 'tenant_disabled' },
    });
    expect((await socket.closed).code).toBe(4010);
  });
});

describe('R47 both dialects of one agent at once', () => {
  test('are told the same facts, on either address', async () => {
    const [host, path, raw] = [
      await openLoggedIn('carla', '3503'),
      await openLoggedIn('carla', '3503', '/v1/agent'),
      await openRawSocket(system.dev.gatewayUrl),
    ];
    toCut.push(raw);
    const modern = await system.connect('demo', 'carla');
    toCut.push(modern);
    const ack = (await modern.request('dial', { intentId: randomUUID(), to: '4732100304' })) as {
      callId: string;
    };
    const { callId } = ack;
    const end = await waitForPopup(modern, 'end', callId, 10_000);
    for (const legacy of [host, path]) {
      const shown = await legacy.waitFor(
        (message) => message.action === 'popup_end' && about(callId)(message),
      );
      expect(shown.params).toEqual(end);
      const facts = legacy.messages.filter(({ seq }) => seq !== undefined);
      const sameSeqs = new Set(facts.map(({ seq }) => seq));
      const known = modern.events.filter((event) => event.seq !== undefined && sameSeqs.has(event.seq));
      expect(known.length).toBeGreaterThan(4);
      expect(known.map(({ seq, ts, data }) => ({ seq, ts, params: data }))).toEqual(
        facts.slice(0, known.length).map(({ seq, ts, params }) => ({ seq, ts, params })),
      );
    }
    // The first message chooses, not the address: this one never logs in.
    raw.send(JSON.stringify({ action: 'ping' }));
    expect((await raw.closed).code).toBe(4004);
  });

  test('a socket of the bare host may speak ramal.v1 as well', async () => {
    const socket = await openLegacySocket(system.dev.gatewayUrl);
    toCut.push(socket);
    const token = await system.signToken('demo', 'ana', '3501');
    socket.send({ op: 'auth', id: 1, data: { token } });
    expect(await socket.waitFor((message) => 'op' in message)).toMatchObject({ op: 'ready' });
  });
});
