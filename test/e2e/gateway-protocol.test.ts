import { randomUUID } from 'node:crypto';
import type { AgentClient, ServerEvent } from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { popupSteps, waitForPopup } from '../harness/agent-events.ts';
import { forgeToken } from '../harness/forge-token.ts';
import { openRawSocket, type RawSocket, refusedUpgrade } from '../harness/raw-socket.ts';
import { sendCallback } from '../harness/send-callback.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

let system: TestStack;
let gatewayUrl: string;
/** Opened first and looked at last, so that nobody waits for its five seconds. */
let silent: { socket: RawSocket; openedAt: number; closedAfterMs: Promise<number> };
const toCut: { cut(): void }[] = [];

beforeAll(async () => {
  system = await startTestStack({ only: ['history', 'webhook', 'ws-gateway'] });
  ({ gatewayUrl } = system.dev);
  const openedAt = performance.now();
  const socket = await openRawSocket(gatewayUrl);
  const closedAfterMs = socket.closed.then(() => performance.now() - openedAt);
  silent = { socket, openedAt, closedAfterMs };
});
afterEach(() => {
  for (const socket of toCut.splice(0)) socket.cut();
});
afterAll(() => system?.stop());

async function openRaw(): Promise<RawSocket> {
  const socket = await openRawSocket(gatewayUrl);
  toCut.push(socket);
  return socket;
}

async function openAuthenticated(user = 'carla', ttlSec = 600): Promise<RawSocket> {
  const socket = await openRaw();
  const ramal = user === 'carla' ? '3503' : '3501';
  const token = await system.signToken('demo', user, ramal, ttlSec);
  socket.send(JSON.stringify({ op: 'auth', id: 'auth', data: { token } }));
  await socket.waitFor(({ op }) => op === 'ready');
  return socket;
}

async function connect(user: string, resume?: { epoch: string; seq: number }): Promise<AgentClient> {
  const agent = await system.connect('demo', user, resume === undefined ? {} : { resume });
  toCut.push(agent);
  return agent;
}

let nextPeer = 48_900_000_000;
const newPeer = () => String((nextPeer += 1));

async function call(kind: string, peer: string, ramal: string, more = ''): Promise<void> {
  const token = system.callbackTokenOf('demo');
  const url = `${system.dev.webhookUrl}/v1/cti/${token}/${kind}?origem=${peer}&destino=${ramal}${more}`;
  expect((await sendCallback(url)).status).toBe(200);
}

describe('frames that are wrong', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['no JSON', '{"op":', 'bad_json'],
    ['an array', '[]', 'bad_frame'],
    ['an unknown op', '{"op":"hack","id":1,"data":{}}', 'unknown_op'],
    ['an op of every object', '{"op":"constructor","id":1,"data":{}}', 'unknown_op'],
    ['a dial without data', '{"op":"dial","id":1}', 'bad_frame'],
    ['a dial of letters', '{"op":"dial","id":1,"data":{"intentId":"a","to":"drop table"}}', 'bad_frame'],
    ['a binary frame', Buffer.from('{"op":"ping","id":1}'), 'payload_too_large'],
    ['20 kB', JSON.stringify({ op: 'ping', id: 1, data: { x: 'x'.repeat(20_000) } }), 'payload_too_large'],
    ['a second auth', '{"op":"auth","id":1,"data":{"token":"x"}}', 'bad_frame'],
    [
      'an unknown pop-up',
      `{"op":"popup.dismiss","id":1,"data":{"popupId":"${randomUUID()}"}}`,
      'popup_not_found',
    ],
    ['an unknown intent', '{"op":"dial.cancel","id":1,"data":{"intentId":"none"}}', 'intent_not_found'],
  ])('%s is answered with an error, and the connection lives on', async (_what, frame, code) => {
    const socket = await openAuthenticated();
    socket.send(frame);
    const { data } = await socket.waitFor(({ op }) => op === 'error');
    expect(data).toMatchObject({ code, retryable: false, message: expect.any(String) });
    expect(await socket.ask('ping')).toMatchObject({ op: 'ack' });
  });

  test.each([
    ['a broken frame', '{', 'bad_json'],
    ['a dial', '{"op":"dial","id":7,"data":{"intentId":"a","to":"190"}}', 'auth_required'],
    ['a ping', '{"op":"ping","id":7}', 'auth_required'],
  ])('%s before auth closes with 4004', async (_what, frame, code) => {
    const socket = await openRaw();
    socket.send(frame);
    expect((await socket.closed).code).toBe(4004);
    expect(socket.frames).toMatchObject([{ op: 'error', data: { code } }]);
  });

  test('threat 9 a frame of 100 kB cuts the connection, and a flood is closed with 4008', async () => {
    const [large, flood] = [await openAuthenticated(), await openAuthenticated()];
    large.send('x'.repeat(100_000));
    expect([1006, 1009]).toContain((await large.closed).code);
    for (let i = 0; i < 300; i++) flood.send(`{"op":"ping","id":${i}}`);
    expect((await flood.closed).code).toBe(4008);
    expect(flood.frames.at(-1)).toMatchObject({
      op: 'error',
      data: { code: 'rate_limited', retryable: true },
    });
    expect(await (await openAuthenticated()).ask('ping')).toMatchObject({ op: 'ack' });
  });

  test('another subprotocol is refused with 400, another address with 404', async () => {
    expect(await refusedUpgrade(`${gatewayUrl}/v1/agent`, ['graphql-ws'])).toBe(400);
    expect(await refusedUpgrade(`${gatewayUrl}/v2/agent`, ['ramal.v1'])).toBe(404);
  });
});

describe('tokens', () => {
  test.each([
    ['nonsense', () => 'nonsense', 4002],
    ['alg none', () => forgeToken({ alg: 'none' }, {}, null), 4002],
    ['another secret', () => forgeToken({ alg: 'HS256' }, {}, 'x'.repeat(43)), 4002],
    ['HS256 called RS256', () => forgeToken({ alg: 'RS256' }, {}, system.agentTokenSecret), 4002],
    ['a key of its own', () => forgeToken({ alg: 'HS256', jwk: { kty: 'oct', k: 'eA' } }, {}, 'x'), 4002],
    ['another audience', () => forgeToken({ alg: 'HS256' }, { aud: 'crm' }, system.agentTokenSecret), 4002],
    ['another issuer', () => forgeToken({ alg: 'HS256' }, { iss: 'crm' }, system.agentTokenSecret), 4002],
    ['no expiry', () => forgeToken({ alg: 'HS256' }, { exp: undefined }, system.agentTokenSecret), 4002],
    ['not valid yet', () => forgeToken({ alg: 'HS256' }, { nbf: 4e9 }, system.agentTokenSecret), 4002],
    ['expired', () => forgeToken({ alg: 'HS256' }, { exp: 1_600_000_000 }, system.agentTokenSecret), 4003],
  ])('threat 7 a token with %s closes the socket', async (_what, forge, code) => {
    const socket = await openRaw();
    socket.send(JSON.stringify({ op: 'auth', id: 'a', data: { token: forge() } }));
    expect((await socket.closed).code).toBe(code);
    expect(socket.frames).toMatchObject([{ op: 'error', replyTo: 'a', data: { code: 'auth_failed' } }]);
  });

  test('threat 7 a forged token that is right in every way opens, so the ones above fail for their reason', async () => {
    const socket = await openRaw();
    const token = forgeToken({ alg: 'HS256' }, {}, system.agentTokenSecret);
    socket.send(JSON.stringify({ op: 'auth', id: 'a', data: { token } }));
    expect(await socket.waitFor(({ op }) => op === 'ready')).toMatchObject({
      data: { agent: { tenant: 'demo', user: 'ana', ramal: '3501' } },
    });
  });

  test('threat 7 a socket closes with its token at 4003, unless auth.refresh brought another of the same user', async () => {
    const lives = await openAuthenticated('carla', 4);
    const refresh = async (user: string) =>
      lives.ask('auth.refresh', { token: await system.signToken('demo', user, '3503') });
    expect(await refresh('ana')).toMatchObject({ op: 'error', data: { code: 'auth_failed' } });
    expect(await refresh('carla')).toMatchObject({ op: 'ack', data: { expiresAt: expect.any(Number) } });
    // Its token ends later than the first one of the other did.
    const ends = await openAuthenticated('carla', 4);
    expect((await ends.closed).code).toBe(4003);
    expect(await lives.ask('ping')).toMatchObject({ op: 'ack', data: { ts: expect.any(Number) } });
  });
});

describe('resuming', () => {
  const after = (agent: AgentClient, seq: number) => agent.events.filter((event) => (event.seq ?? 0) > seq);
  // A claim that passes has no seq, and whoever takes one over may be told of it though `ready` said so.
  const sequenced = (agent: AgentClient) => after(agent, 0);
  const isPopup = (event: ServerEvent) => event.op === 'popup.show' || event.op === 'popup.update';

  test('I5 what happened while a socket was cut comes exactly once, in order, with rising seq', async () => {
    const [witness, cut] = [await connect('bruno'), await connect('bruno')];
    const [before, missed, last] = [newPeer(), newPeer(), newPeer()];
    await call('incoming', before, '3502');
    const shown = await waitForPopup(cut, 'incoming');
    await waitForPopup(witness, 'incoming', shown.callId);
    const { resumeAt } = cut;
    cut.cut();
    await cut.closed;

    await call('ended', before, '3502');
    await call('incoming', missed, '3502');
    const open = await waitForPopup(witness, 'incoming');
    await call('answered', missed, '3502');
    await witness.waitFor('call.answered');

    const back = await connect('bruno', resumeAt);
    expect(back.ready.resume).toEqual({ ...resumeAt, status: 'resumed' });
    await call('ended', missed, '3502');
    await call('incoming', last, '3502');
    expect((await waitForPopup(back, 'incoming')).popupId).toBe(open.popupId);
    const sentinel = await witness.waitFor((event) => 'peer' in event.data && event.data.peer.raw === last);
    await back.waitFor((event) => event.seq === sentinel.seq);

    // All of it, but for the pop-ups that were gone when it came back: of those only the hiding.
    const gone = new Set([shown.popupId]);
    const expected = after(witness, resumeAt.seq).filter(
      (event) => !(isPopup(event) && 'popupId' in event.data && gone.has(event.data.popupId)),
    );
    // Whether it is the one to bring a pop-up to the front, each hears for itself.
    const upToSentinel = (events: ServerEvent[]) =>
      events
        .filter((event) => (event.seq ?? 0) <= (sentinel.seq ?? 0))
        .map((event) => ({ ...event, claimed: undefined }));
    expect(upToSentinel(sequenced(back))).toEqual(upToSentinel(expected));
    const seqs = sequenced(back).map((event) => event.seq ?? 0);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(new Set(seqs).size).toBe(seqs.length);
    expect(seqs[0]).toBe(resumeAt.seq + 1);
    expect(back.ready.popups.map(({ popupId }) => popupId)).not.toContain(shown.popupId);
    await call('ended', last, '3502');
  });

  test('I5 an inbox that is not the client’s any more is lost, with the live calls and pop-ups for a new start', async () => {
    const first = await connect('ana');
    const peer = newPeer();
    await call('incoming', peer, '3501');
    const popup = await waitForPopup(first, 'incoming');
    for (const resume of [
      { epoch: randomUUID(), seq: first.resumeAt.seq },
      { epoch: first.resumeAt.epoch, seq: first.resumeAt.seq + 1000 },
    ]) {
      const back = await connect('ana', resume);
      expect(back.ready.resume).toEqual({ ...first.resumeAt, status: 'lost' });
      expect(back.ready.popups.map(({ popupId }) => popupId)).toEqual([popup.popupId]);
      expect(back.ready.calls.map(({ callId, state }) => ({ callId, state }))).toEqual([
        { callId: popup.callId, state: 'ringing' },
      ]);
      expect(sequenced(back)).toEqual([]);
    }
    await call('ended', peer, '3501');
    await waitForPopup(first, 'end', popup.callId);
  });

  test('I5 a pop-up closed in one tab closes in all, and neither it nor a hidden one ever comes back', async () => {
    const [one, other] = [await connect('ana'), await connect('ana')];
    const { resumeAt } = one;
    const peer = newPeer();
    await call('incoming', peer, '3501');
    const incoming = await waitForPopup(one, 'incoming');
    expect((await waitForPopup(other, 'incoming')).popupId).toBe(incoming.popupId);
    await call('ended', peer, '3501');
    const end = await waitForPopup(one, 'end', incoming.callId);
    await one.request('popup.seen', { popupId: end.popupId });
    await one.request('popup.dismiss', { popupId: end.popupId });
    const isDismissal = (event: ServerEvent) =>
      event.op === 'popup.hide' && event.data.hidden === 'dismissed';
    const hidden = await Promise.all([one.waitFor(isDismissal), other.waitFor(isDismissal)]);
    expect(hidden.map(({ data }) => 'popupId' in data && data.popupId)).toEqual([end.popupId, end.popupId]);
    await expect(one.request('popup.dismiss', { popupId: end.popupId })).rejects.toMatchObject({
      code: 'popup_not_found',
    });
    const all = ['show incoming', 'hide incoming', 'show end', 'update end', 'hide end'];
    expect([popupSteps(one, end.callId), popupSteps(other, end.callId)]).toEqual([all, all]);

    const [resumed, fresh] = [await connect('ana', resumeAt), await connect('ana')];
    const gone = [incoming.popupId, end.popupId];
    for (const agent of [resumed, fresh]) {
      expect(agent.ready.popups.filter(({ popupId }) => gone.includes(popupId))).toEqual([]);
      const sync = (await agent.request('sync')) as { popups: { popupId: string }[] };
      expect(sync.popups.filter(({ popupId }) => gone.includes(popupId))).toEqual([]);
      expect(popupSteps(agent, end.callId).filter((step) => step.startsWith('show'))).toEqual([]);
    }
    const seen = await system.history.waitForCalls({ peer }, ([row]) => row?.state === 'ended');
    const storedId = seen[0]?.call_id ?? '';
    await system.history.waitForEvent(storedId, 'popup.seen');
    await system.history.waitForEvent(storedId, 'popup.dismissed');
  });
});

describe('a connection', () => {
  test('logout is acknowledged and closes with 1000; a ping is acknowledged with the time', async () => {
    const agent = await connect('carla');
    expect(agent.ready.heartbeatMs).toBeGreaterThan(0);
    expect(await agent.request('ping')).toEqual({ ts: expect.any(Number) });
    await agent.request('logout');
    expect(await agent.closed).toMatchObject({ code: 1000 });
  });

  test('threat 9 a socket that says nothing is closed with 4001 after five seconds', async () => {
    expect((await silent.socket.closed).code).toBe(4001);
    const ms = await silent.closedAfterMs;
    expect(ms).toBeGreaterThan(4900);
    expect(ms).toBeLessThan(20_000);
  });
});
