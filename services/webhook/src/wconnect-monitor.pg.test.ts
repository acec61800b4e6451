import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestWebhook, TOKENS, type TestWebhook } from '../test/open-test-webhook.ts';
import {
  type Answer,
  createWconnectCaller,
  envelope,
  expectError,
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

describe('R38 WConnect_MonitoraRamal.php', () => {
  test('R38 R45 takes an incoming call and answers the reply body, by GET, form, JSON and SOAP', async () => {
    const url = `/wconnect/${TOKENS.demo}/${MONITOR}`;
    const ways: ((peer: string) => Promise<Answer>)[] = [
      (peer) => caller.ask(`${url}?tenant=demo&ramal=3502&origem=${peer}&destino=3502`),
      (peer) =>
        caller.ask(url, {
          payload: `origem=${peer}&destino=3502`,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        }),
      (peer) =>
        caller.ask(url, {
          payload: JSON.stringify({ Origem: peer, ramal: 3502 }),
          headers: { 'content-type': 'application/json' },
        }),
      (peer) => caller.soap(url, envelope('MonitoraRamal', { origem: peer, destino: '3502' })),
    ];
    for (const way of ways) {
      const peer = newPeer();
      const answer = await way(peer);
      expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([
        200,
        'ok',
        'text/plain; charset=utf-8',
      ]);
      const calls = await caller.callsOf('demo', '3502', peer);
      expect(calls).toMatchObject([{ direction: 'inbound', state: 'ringing', ramal: '3502', user: 'bruno' }]);
    }
  });

  test('R38 reads the names that the tenant has configured', async () => {
    const peer = newPeer();
    const answer = await caller.ask(`/wconnect/${MONITOR}?token=${TOKENS.acme}&de=${peer}&para=2001`);
    expect([answer.status, answer.text]).toEqual([200, 'ok']);
    expect(await caller.callsOf('acme', '2001', peer)).toMatchObject([{ direction: 'inbound', user: 'gil' }]);
  });

  test('R38 shows an extension that is free, rings, is in a call and is free again, and who is logged in', async () => {
    const peer = newPeer();
    const state = async () => {
      const { status, json } = await caller.demo(MONITOR, 'tenant=demo&ramal=3501');
      expect(status).toBe(200);
      return json;
    };
    expect(await state()).toEqual({
      tenant: 'demo',
      ramal: '3501',
      user: 'ana',
      logged_in: false,
      state: 'free',
      call: null,
    });

    const logOut = await webhook.logIn('demo', 'ana');
    const before = Date.now();
    await caller.ask(`/v1/cti/${TOKENS.demo}/incoming?origem=${peer}&destino=3501&id=mon-1`);
    const ringing = await state();
    expect(ringing).toMatchObject({
      logged_in: true,
      state: 'ringing',
      call: { direction: 'inbound', state: 'ringing', peer },
    });
    expect(Math.abs(Date.parse(ringing.call.startedAt) - before)).toBeLessThan(5_000);

    await caller.ask(`/v1/cti/${TOKENS.demo}/answered?origem=${peer}&destino=3501&id=mon-1`);
    expect(await state()).toMatchObject({
      state: 'in_call',
      call: { callId: ringing.call.callId, state: 'answered' },
    });

    // A second call rings while the first goes on: the extension is busy with the first.
    const other = newPeer();
    await caller.ask(`/v1/cti/${TOKENS.demo}/incoming?origem=${other}&destino=3501`);
    expect(await state()).toMatchObject({ state: 'in_call', call: { peer } });

    await caller.ask(`/v1/cti/${TOKENS.demo}/ended?origem=${peer}&destino=3501&id=mon-1`);
    expect(await state()).toMatchObject({ state: 'ringing', call: { peer: other } });
    await caller.ask(`/v1/cti/${TOKENS.demo}/ended?origem=${other}&destino=3501`);
    await logOut();
    expect(await state()).toMatchObject({ state: 'free', call: null, logged_in: false });
  });

  test('R38 shows an internal call at the extension that is called', async () => {
    await caller.ask(`/v1/cti/${TOKENS.demo}/incoming?origem=3503&destino=3501&id=int-1`);
    expect((await caller.demo(MONITOR, 'ramal=3501')).json).toMatchObject({
      state: 'ringing',
      call: { direction: 'internal', peer: '3503' },
    });
    await caller.ask(`/v1/cti/${TOKENS.demo}/ended?origem=3503&destino=3501&id=int-1`);
  });

  test('R38 says that an extension is unknown; I6 another tenant’s extension is', async () => {
    const unknown = { user: null, logged_in: false, state: 'unknown_ramal', call: null };
    expect((await caller.demo(MONITOR, 'ramal=9999')).json).toMatchObject(unknown);
    expect((await caller.demo(MONITOR, 'ramal=2001')).json).toMatchObject({ ...unknown, tenant: 'demo' });
  });

  test('R38 an extension that is missing or none is refused', async () => {
    expectError(await caller.demo(MONITOR), 400, 'bad_request');
    expectError(await caller.demo(MONITOR, 'ramal=ana%00'), 400, 'bad_request');
    expectError(await caller.demo(MONITOR, 'ramal=__proto__'), 400, 'bad_request');
  });
});
