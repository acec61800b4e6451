import { connect, type Dial, type RamalClient, type ShownPopup, type WebSocketClass } from '@ramal/client';
import { type FaultProxy, sleepUntil, startFaultProxy } from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

const LONG = 150_000;

describe('@ramal/client in Node', () => {
  let system: TestStack;
  let proxy: FaultProxy;
  const clients: RamalClient[] = [];

  beforeAll(async () => {
    system = await startTestStack();
    proxy = await startFaultProxy({ url: system.dev.gatewayUrl });
  }, 400_000);

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await proxy.heal();
    await system.simulator.behave({ ringMs: 60, talkMs: 120 });
  });

  afterAll(async () => {
    await proxy?.stop();
    await system?.stop();
  });

  it('R43 R46 dials, follows the call, and shows the start and the end pop-up', async () => {
    const { client, heard } = open('ana', '3501');
    const dial = await client.dial('(47) 3210-0123', { context: { deal: '8812' } });
    expect(dial.callId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await dial.final).toMatchObject({ state: 'accepted', reason: null });
    await until(() => heard.ended.length > 0, 'the end');
    expect(heard.ended).toMatchObject([
      { callId: dial.callId, result: 'completed', context: { deal: '8812' } },
    ]);
    await until(() => heard.popups.includes('show end'), 'the end pop-up');
    expect(heard.popups.filter((step) => step.startsWith('show'))).toEqual(['show start', 'show end']);
    expect(client.calls.list).toEqual([]);
    const [end] = client.popups.list as [ShownPopup];
    expect(end).toMatchObject({ kind: 'end', claimed: true });
    await client.popups.dismiss(end.popupId);
    expect(client.popups.list).toEqual([]);
  });

  it(
    'I1 I2 a dial whose ack is lost is sent again under its intentId: one call, and the promise is kept',
    async () => {
      const { client } = open('ana', '3501', { url: proxy.url });
      await connected(client);
      const number = '4732100777';
      proxy.cutAfter(0, 'server');
      const dial = await client.dial(number);
      expect((await dial.final).state).toBe('accepted');
      expect(await system.simulator.originates(number)).toHaveLength(1);
    },
    LONG,
  );

  it(
    'I1 I2 a click while the connection is away is sent once it is back, and once only',
    async () => {
      const { client } = open('ana', '3501', { url: proxy.url, timing: { firstMs: 100, longestMs: 300 } });
      await connected(client);
      proxy.refuse();
      proxy.reset();
      await until(() => client.status.state !== 'connected', 'the loss');
      const number = '4732100778';
      const dialling = client.dial(number);
      expect(await system.simulator.originates(number)).toEqual([]);
      await proxy.heal();
      const dial = await dialling;
      expect((await dial.final).state).toBe('accepted');
      expect(await system.simulator.originates(number)).toHaveLength(1);
    },
    LONG,
  );

  it(
    'I5 notices a connection that went silent, comes back, and hears once of everything that it missed',
    async () => {
      const timing = {
        heartbeatMs: 300,
        pingTimeoutMs: 700,
        firstMs: 50,
        longestMs: 400,
        connectTimeoutMs: 1_000,
      };
      const { client, heard } = open('bruno', '3502', { url: proxy.url, timing });
      await connected(client);
      await system.simulator.behave({ ringMs: 400, talkMs: 400 });
      proxy.silence();
      const from = '11987650001';
      await system.simulator.placeIncoming({ account: 'demo', from, to: '3502' });
      await until(() => client.status.state !== 'connected', 'the silence to be noticed');
      await system.history.waitForCalls({ peer: from }, ([call]) => call?.state === 'ended', 60_000);
      await proxy.heal();
      await connected(client);
      await until(() => heard.ended.length > 0, 'the end that was missed');
      expect(heard.ended).toHaveLength(1);
      // The incoming one was hidden meanwhile, and nothing old pops up again.
      await until(() => heard.popups.includes('show end'), 'the end pop-up');
      expect(heard.popups).toEqual(['show end']);
      expect(heard.resumes).toEqual(expect.arrayContaining(['fresh', 'resumed']));
      expect(heard.resumes).not.toContain('lost');
    },
    LONG,
  );

  it(
    'threat 7: renews its token before the end of it on the same socket',
    async () => {
      // A quarter of a token's life is there to renew it in: where a second is too little, it is had with more.
      for (const ttlSec of [4, 16, 64]) if (await outlivesItsToken(ttlSec)) return;
      expect.unreachable('no token was renewed in time');
    },
    LONG,
  );

  it(
    'threat 7: asks for another token when the gateway closed at the end of one that nobody renewed',
    async () => {
      const reasons: string[] = [];
      const { client, heard } = open('ana', '3501', {
        getToken: async ({ reason }) => {
          reasons.push(reason);
          if (reason === 'refresh') throw new Error('the api is away');
          return system.signToken('demo', 'ana', '3501', heard.resumes.length === 0 ? 3 : 600);
        },
        timing: { firstMs: 50, longestMs: 200 },
      });
      await until(() => heard.resumes.includes('resumed'), 'the way back', LONG);
      expect(heard.statuses).toContain('token_expired');
      expect(reasons).toContain('expired');
      expect(client.status.state).toBe('connected');
    },
    LONG,
  );

  it(
    'fails for good on a token that is not valid, and connects again only when asked to',
    async () => {
      let token = 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln';
      const { client } = open('ana', '3501', { getToken: () => token });
      await until(() => client.status.state === 'failed', 'the failure');
      expect(client.status).toMatchObject({ reason: 'auth_failed' });
      await expect(client.dial('4732100123')).rejects.toMatchObject({ code: 'closed', retryable: false });
      token = await system.signToken('demo', 'ana', '3501');
      client.connect();
      // The first token is still held; what the gateway refused is not tried twice.
      await until(() => client.status.state === 'connected', 'the connection');
    },
    LONG,
  );

  it(
    'says what the gateway says when it refuses, and takes a dial back',
    async () => {
      const { client } = open('ana', '3501');
      await expect(client.dial('not a number')).rejects.toMatchObject({
        code: 'bad_frame',
        retryable: false,
      });
      await expect(client.popups.seen('a834ddf6-a225-8e0d-918d-12322b6d4a6e')).rejects.toMatchObject({
        code: 'popup_not_found',
      });
      const dial: Dial = await client.dial('4732100999');
      await dial.final;
      await expect(dial.cancel()).rejects.toMatchObject({ code: 'intent_not_cancelable' });
      await client.sync();
      await client.logout();
      await until(() => client.status.reason === 'logged_out', 'the logout');
      expect(client.status.state).toBe('disconnected');
    },
    LONG,
  );

  /** Whether a client's first connection still stands after the end of the token that it was opened with. */
  async function outlivesItsToken(ttlSec: number): Promise<boolean> {
    const reasons: string[] = [];
    let endsAtMs = 0;
    const { client, heard } = open('ana', '3501', {
      getToken: ({ reason }) => {
        reasons.push(reason);
        if (reason !== 'refresh') endsAtMs = Date.now() + ttlSec * 1000;
        return system.signToken('demo', 'ana', '3501', reason === 'refresh' ? 600 : ttlSec);
      },
    });
    await connected(client);
    await until(() => Date.now() > endsAtMs, 'the end of the first token', LONG);
    // What the gateway had to say about that end comes before this answer.
    await client.sync().catch(() => undefined);
    const stands = !heard.statuses.includes('token_expired') && heard.resumes.length === 1;
    if (stands) expect(reasons).toEqual(['connect', 'refresh']);
    client.close();
    return stands;
  }

  interface OpenOptions {
    url?: string;
    timing?: NonNullable<Parameters<typeof connect>[0]['timing']>;
    getToken?: Parameters<typeof connect>[0]['getToken'];
  }

  function open(user: string, ramal: string, options: OpenOptions = {}) {
    const { url = system.dev.gatewayUrl, timing = {} } = options;
    const client = connect({
      url,
      WebSocket: WebSocket as unknown as WebSocketClass,
      timing,
      getToken: options.getToken ?? (() => system.signToken('demo', user, ramal)),
    });
    clients.push(client);
    const heard = {
      popups: [] as string[],
      ended: [] as object[],
      resumes: [] as string[],
      statuses: [] as unknown[],
    };
    client.on('popup.show', ({ popup }) => heard.popups.push(`show ${popup.kind}`));
    client.on('popup.hide', ({ popup, because }) => heard.popups.push(`hide ${popup.kind} ${because}`));
    client.on('call.ended', ({ call }) => heard.ended.push(call));
    client.on('ready', ({ resume }) => heard.resumes.push(resume));
    client.on('status', ({ reason }) => heard.statuses.push(reason));
    return { client, heard };
  }
});

function until(condition: () => boolean, describeIt: string, timeoutMs = 60_000): Promise<unknown> {
  return sleepUntil(condition, { timeoutMs, describe: describeIt });
}

function connected(client: RamalClient): Promise<unknown> {
  return until(() => client.status.state === 'connected', 'the connection');
}
