import { CLOSE } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestGateway, errorsOf, opsOf, type TestGateway } from '../test/create-test-gateway.ts';
import type { MemoryInbox } from '../test/memory-inbox.ts';

let gateway: TestGateway;
let memory: MemoryInbox;
beforeEach(() => {
  gateway = createTestGateway();
  ({ memory } = gateway);
});
afterEach(() => {
  gateway.closeAll();
});

describe('threat 9 limits', () => {
  it('frames above the rate end the socket', async () => {
    const { socket, auth, raw } = gateway.connect({ messagesPerSec: 2 });
    await auth();
    for (let id = 0; id < 12; id++) raw(`{"op":"ping","id":${id}}`);
    expect(socket.closedWith?.code).toBe(CLOSE.rateLimited.code);
    expect(errorsOf(socket)).toEqual(['rate_limited']);
  });

  it('frames that pile up behind a slow one end it too', async () => {
    gateway.onDial = () => new Promise(() => undefined);
    const { socket, auth, raw } = gateway.connect({ messagesPerSec: 1_000 });
    await auth();
    raw('{"op":"dial","id":1,"data":{"intentId":"i","to":"190"}}');
    for (let id = 2; id < 300; id++) raw(`{"op":"ping","id":${id}}`);
    expect(socket.closedWith?.code).toBe(CLOSE.rateLimited.code);
  });

  it('a few broken frames are told, many end the socket', async () => {
    const { socket, auth, raw, ask } = gateway.connect({ messagesPerSec: 1_000 });
    await auth();
    raw('{');
    raw(null);
    raw('{"op":"fly","id":9}');
    expect(await ask('ping')).toMatchObject({ op: 'ack' });
    expect(errorsOf(socket)).toEqual(['bad_json', 'payload_too_large', 'unknown_op']);
    for (let i = 0; i < 30; i++) raw('{');
    await sleepUntil(() => socket.closed);
    expect(socket.closedWith?.code).toBe(CLOSE.protocolError.code);
    expect(errorsOf(socket).length).toBeLessThan(25);
  });

  it('the oldest socket of an agent gives way to one too many', async () => {
    const tabs = [];
    for (let i = 0; i < 5; i++) {
      const tab = gateway.connect();
      await tab.auth();
      tabs.push(tab.socket);
    }
    expect(tabs.map(({ closedWith }) => closedWith?.code)).toEqual([
      CLOSE.superseded.code,
      CLOSE.superseded.code,
      undefined,
      undefined,
      undefined,
    ]);
    memory.tell('news');
    expect(tabs.slice(2).map((socket) => opsOf(socket).at(-1))).toEqual(['news', 'news', 'news']);
  });
});
