import { randomUUID } from 'node:crypto';
import { callsResponse } from '@ramal/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  dial,
  dialSteps,
  peersSeen,
  popupSteps,
  waitForFinal,
  waitForPopup,
} from '../harness/agent-events.ts';
import { changeConfiguration } from '../harness/change-configuration.ts';
import { sendCallback } from '../harness/send-callback.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

let system: TestStack;
const toClose: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  system = await startTestStack();
});
afterEach(() => Promise.all(toClose.splice(0).map((agent) => agent.close())));
afterAll(() => system?.stop());

async function connect(tenant: string, user: string, resume?: { epoch: string; seq: number }) {
  const agent = await system.connect(tenant, user, resume === undefined ? {} : { resume });
  toClose.push(agent);
  return agent;
}

describe('an outgoing call', () => {
  test('R14 R31 R32 ana’s click becomes exactly one request, byte for byte, with her Basic credentials', async () => {
    const ana = await connect('demo', 'ana');
    const callId = await dial(ana, randomUUID(), '4732100123');
    await waitForPopup(ana, 'end', callId);
    // A second call afterwards: whatever the first one still had to send would stand in the log before it.
    const sentinel = randomUUID();
    await dial(ana, sentinel, '4732100999');
    await waitForFinal(ana, sentinel);

    const originates = await system.simulator.originates();
    expect(originates.map(({ destination }) => destination)).toEqual(['4732100123', '4732100999']);
    expect(originates[0]).toMatchObject({
      method: 'GET',
      url: `${system.dev.simulatorUrl}/api/clicktodial?origem=3501&destino=4732100123`,
      account: 'demo',
      outcome: 'accepted',
    });
    const [row] = await system.history.query<{ agente: string; senha: string }>(
      "select agente, senha from agents where tenant = 'demo' and user_name = 'ana'",
    );
    // The demo data put it there in plain (threat 3).
    expect(row?.senha).toMatch(/^enc:v2:/);
    const basic = Buffer.from(`${row?.agente}:${system.secretsOf('ana').senha}`, 'utf8').toString('base64');
    const headers = (originates[0]?.headers ?? []).map(([name, value]) => [name.toLowerCase(), value]);
    expect(headers.filter(([name]) => name === 'authorization')).toEqual([
      ['authorization', `Basic ${basic}`],
    ]);
    expect(headers.some(([name]) => name === 'token_auth')).toBe(false);
  });

  test('R43 R44 the start pop-up does not wait for the CTI; the end brings pop-up, history and recording', async () => {
    const bruno = await connect('demo', 'bruno');
    await system.simulator.behave({ answerDelayMs: 2000 }, 'demo');
    const intentId = randomUUID();
    const clickedAt = performance.now();
    const callId = await dial(bruno, intentId, '(47) 3210-0201');
    const start = await waitForPopup(bruno, 'start', callId);
    expect(start).toMatchObject({ direction: 'outbound', ramal: '3502', peer: { raw: '4732100201' } });
    expect(dialSteps(bruno, intentId)).not.toContain('dial.accepted');
    await waitForFinal(bruno, intentId);
    expect(performance.now() - clickedAt).toBeGreaterThan(1950);
    await system.simulator.reset('demo');
    expect(dialSteps(bruno, intentId)).toEqual(['dial.queued', 'dial.requesting', 'dial.accepted']);

    const end = await waitForPopup(bruno, 'end', callId);
    expect(end).toMatchObject({ state: 'ended', result: 'completed', durationSec: 1 });
    const steps = popupSteps(bruno, callId);
    expect(steps.filter((step) => !step.startsWith('update'))).toEqual([
      'show start',
      'hide start',
      'show end',
    ]);

    const stored = await system.history.waitForEnd(callId);
    expect(stored).toMatchObject({
      tenant: 'demo',
      direction: 'outbound',
      result: 'completed',
      ramal: '3502',
      user_name: 'bruno',
      origin: '3502',
      destination: '4732100201',
      intent_id: intentId,
      matched_by: 'numbers',
      duration_sec: 1,
    });
    expect([stored.answered_at, stored.ended_at]).not.toContain(null);
    const types = (await system.history.events(callId)).map(({ type }) => type);
    expect(types.toSorted()).toEqual([
      'call.answered',
      'call.ended',
      'call.requested',
      'dial.accepted',
      'dial.requesting',
    ]);

    const answer = await system.api('GET', '/v1/calls?tenant=demo&number=32100201');
    const { calls } = callsResponse.parse(answer.body);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      callId,
      state: 'ended',
      result: 'completed',
      durationSec: 1,
      origin: '3502',
      destination: '4732100201',
      recording: end.recording,
    });
    const wav = await (await fetch(calls[0]?.recording ?? '')).arrayBuffer();
    expect(Buffer.from(wav).toString('latin1', 0, 12)).toMatch(/^RIFF.{4}WAVE$/s);
  });

  test('R21 R23 R24 R31 acme’s row makes it a POST with the prefix and the token in the URL', async () => {
    const diego = await connect('acme', 'diego');
    const callId = await dial(diego, randomUUID(), '4732100301');
    const end = await waitForPopup(diego, 'end', callId);
    expect(end).toMatchObject({ result: 'completed', peer: { raw: '4732100301' } });
    const originates = await system.simulator.originates('04732100301');
    expect(originates.map(({ method, url }) => ({ method, url }))).toEqual([
      {
        method: 'POST',
        url: `${system.dev.simulatorUrl}/api/acme/originate?ramal=2001&numero=04732100301&token=${system.secretsOf('diego').token}`,
      },
    ]);
    expect(originates[0]?.headers.some(([name]) => name.toLowerCase() === 'authorization')).toBe(false);
    // Acme's CTI sends its own id: the first callback is matched by the numbers, the next ones by it.
    const stored = await system.history.waitForEnd(callId);
    expect(stored.external_call_id).toBe(originates[0]?.callId);
    const matches = (await system.history.events(callId)).flatMap((event) =>
      'matchedBy' in event ? [event.matchedBy] : [],
    );
    expect(matches).toEqual(['numbers', 'external_id']);
  });

  test('R33 R10 a colleague’s extension is dialled without the prefix, and both of them see the call', async () => {
    const [diego, elisa] = [await connect('acme', 'diego'), await connect('acme', 'elisa')];
    const callId = await dial(diego, randomUUID(), '2002');
    const [ends, other] = await Promise.all([
      waitForPopup(diego, 'end', callId),
      waitForPopup(elisa, 'end', callId),
    ]);
    expect(ends).toMatchObject({ direction: 'internal', ramal: '2001', peer: { raw: '2002' } });
    expect(other).toMatchObject({ direction: 'internal', ramal: '2002', peer: { raw: '2001' } });
    const originates = await system.simulator.originates('2002');
    expect(originates.map(({ url }) => new URL(url).search.replace(/&token=.*/, ''))).toEqual([
      '?ramal=2001&numero=2002',
    ]);
    await system.history.waitForEnd(callId);
    expect(await system.history.calls({ tenant: 'acme', destination: '2002' })).toHaveLength(1);
  });

  test('R37 a server’s dial reaches the agent’s screen, and the same intent is one call on every way in', async () => {
    const carla = await connect('demo', 'carla');
    const intentId = `crm-${randomUUID()}`;
    const request = { tenant: 'demo', user: 'carla', to: '4732100401', intentId, context: { ticket: '77' } };
    const first = await system.api('POST', '/v1/calls', request);
    expect(first).toMatchObject({ status: 202 });
    const { callId } = first.body as { callId: string };
    expect(await waitForPopup(carla, 'start', callId)).toMatchObject({ context: { ticket: '77' } });

    expect(await system.api('POST', '/v1/calls', request)).toEqual(first);
    expect(await dial(carla, intentId, '4732100401')).toBe(callId);
    const conflict = await system.api('POST', '/v1/calls', { ...request, to: '4732100402' });
    expect(conflict).toMatchObject({ status: 409, body: { error: { code: 'intent_conflict' } } });
    await expect(dial(carla, intentId, '4732100402')).rejects.toMatchObject({ code: 'intent_conflict' });
    await waitForPopup(carla, 'end', callId);
    const sentinel = randomUUID();
    await dial(carla, sentinel, '4732100403');
    await waitForFinal(carla, sentinel);
    expect(await system.simulator.originates('4732100401')).toHaveLength(1);
    expect(await system.simulator.originates('4732100402')).toHaveLength(0);
    expect(popupSteps(carla, callId).filter((step) => step === 'show start')).toHaveLength(1);
  });
});

describe('an incoming call', () => {
  test('R45 R46 I6 its pop-up shows to the called agent alone, hides at the end, and the end has the recording', async () => {
    const [ana, bruno, diego] = [
      await connect('demo', 'ana'),
      await connect('demo', 'bruno'),
      await connect('acme', 'diego'),
    ];
    await system.simulator.placeIncoming({ account: 'demo', from: '11987650001', to: '3502' });
    const incoming = await waitForPopup(bruno, 'incoming');
    expect(incoming).toMatchObject({ direction: 'inbound', ramal: '3502', peer: { raw: '11987650001' } });
    const end = await waitForPopup(bruno, 'end', incoming.callId);
    expect(end).toMatchObject({ result: 'completed', durationSec: 1 });
    expect((await fetch(end.recording ?? '')).headers.get('content-type')).toBe('audio/wav');
    expect(popupSteps(bruno, incoming.callId).filter((step) => !step.startsWith('update'))).toEqual([
      'show incoming',
      'hide incoming',
      'show end',
    ]);

    // Sentinels: had anything of the call above been on its way to the others, it would come before these.
    await system.simulator.placeIncoming({ account: 'demo', from: '11987650002', to: '3501' });
    await system.simulator.placeIncoming({ account: 'acme', from: '11987650003', to: '2001' });
    await Promise.all([waitForPopup(ana, 'end'), waitForPopup(diego, 'end')]);
    expect(peersSeen(ana)).toEqual(['11987650002']);
    expect(peersSeen(diego)).toEqual(['11987650003']);
    expect(peersSeen(bruno)).toEqual(['11987650001']);
  });

  test('I6 a callback of one tenant that names another’s extension stays with the one its token speaks for', async () => {
    const diego = await connect('acme', 'diego');
    const token = system.callbackTokenOf('demo');
    const url = `${system.dev.webhookUrl}/v1/cti/${token}/incoming?origem=11987650011&destino=2001&tenant=acme`;
    expect((await sendCallback(url)).status).toBe(200);
    await system.simulator.placeIncoming({ account: 'acme', from: '11987650012', to: '2001' });
    await waitForPopup(diego, 'end');
    expect(peersSeen(diego)).toEqual(['11987650012']);
    const stored = await system.history.waitForCalls({ peer: '11987650011' }, () => true);
    expect(stored.map(({ tenant, user_name }) => ({ tenant, user_name }))).toEqual([
      { tenant: 'demo', user_name: null },
    ]);
    const [event] = await system.history.events(stored[0]?.call_id ?? '');
    expect(event).toMatchObject({ popupSkipped: 'ramal_unknown' });
  });

  test('R44 an agent who has logged out by the end gets no end pop-up; the history says why', async () => {
    const fabio = await connect('acme', 'fabio');
    await system.simulator.placeIncoming({ account: 'acme', from: '11987650021', to: '2003', talkMs: 800 });
    const { callId } = await waitForPopup(fabio, 'incoming');
    await fabio.waitFor('call.answered');
    const { resumeAt } = fabio;
    await fabio.request('logout');
    expect((await fabio.closed).code).toBe(1000);
    expect(await system.history.waitForEnd(callId)).toMatchObject({
      result: 'completed',
      user_name: 'fabio',
    });
    const ended = (await system.history.events(callId)).filter(({ type }) => type === 'call.ended');
    expect(ended).toMatchObject([{ popupSkipped: 'not_logged_in' }]);

    const back = await connect('acme', 'fabio', resumeAt);
    expect(back.ready.popups).toEqual([]);
    await system.simulator.placeIncoming({ account: 'acme', from: '11987650022', to: '2003' });
    await waitForPopup(back, 'end');
    expect(popupSteps(back, callId)).toEqual(['hide incoming']);
  });
});

describe('a configuration that is changed while everything runs', () => {
  test('R29 R3 R31 another cti_tipo and missing credentials fail the dial with their reason, and nothing is requested', async () => {
    const [carla, diego] = [await connect('demo', 'carla'), await connect('acme', 'diego')];
    await changeConfiguration(
      system.history,
      "update agents set senha = null where tenant = 'demo' and user_name = 'carla'",
      'update configuracao_cti set tipo = 9 where empresa_id = 2',
    );
    const [noCredentials, wrongType] = [randomUUID(), randomUUID()];
    const callId = await dial(carla, noCredentials, '4732100501');
    await dial(diego, wrongType, '4732100502');
    const [first, second] = await Promise.all([
      waitForFinal(carla, noCredentials),
      waitForFinal(diego, wrongType),
    ]);
    expect(first).toMatchObject({ op: 'dial.failed', reason: 'cti_credentials_missing' });
    expect(second).toMatchObject({ op: 'dial.failed', reason: 'unsupported_cti_type' });
    expect(await system.history.waitForEnd(callId)).toMatchObject({
      result: 'failed',
      reason: 'cti_credentials_missing',
    });
    const ana = await connect('demo', 'ana');
    const sentinel = randomUUID();
    await dial(ana, sentinel, '4732100503');
    expect(await waitForFinal(ana, sentinel)).toMatchObject({ op: 'dial.accepted' });
    const dialled = (await system.simulator.originates()).map(({ destination }) => destination);
    expect(dialled.filter((number) => number?.includes('473210050'))).toEqual(['4732100503']);
  });

  test('R1 R29 usa_cti = 0 refuses every dial and tells the buttons to hide, yet callbacks are stored', async () => {
    await changeConfiguration(system.history, 'update empresas set usa_cti = 0 where empresa_id = 1');
    const ana = await connect('demo', 'ana');
    expect(ana.ready.cti).toEqual({ enabled: false, state: 'disabled' });
    const refused = { code: 'cti_disabled', retryable: false };
    await expect(dial(ana, randomUUID(), '4732100601')).rejects.toMatchObject(refused);
    expect(
      await system.api('POST', '/v1/calls', { tenant: 'demo', user: 'ana', to: '4732100601' }),
    ).toMatchObject({ status: 409, body: { error: { code: 'cti_disabled' } } });

    await system.simulator.placeIncoming({ account: 'demo', from: '11987650031', to: '3501' });
    const end = await waitForPopup(ana, 'end');
    expect(end.peer.raw).toBe('11987650031');
    expect(await system.history.waitForEnd(end.callId)).toMatchObject({ result: 'completed' });
    expect(await system.simulator.originates('4732100601')).toHaveLength(0);
  });
});
