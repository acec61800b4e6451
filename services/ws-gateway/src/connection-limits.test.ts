import { CLOSE } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestGateway, errorsOf, opsOf, type TestGateway } from '../test/create-test-gateway.ts';
import { openAdmission } from '../test/admit-socket.ts';
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

  it('bytes above the rate end the socket, also those of messages that are not looked at', async () => {
    const { socket, auth, raw } = gateway.connect({ bytesPerSec: 1_000 });
    await auth();
    for (let id = 0; id < 6; id++) raw(JSON.stringify({ op: 'ping', id, data: { x: 'x'.repeat(1_000) } }));
    expect(socket.closedWith?.code).toBe(CLOSE.rateLimited.code);
    expect(gateway.events.noted).toContain('limited bytes');
  });

  it('pings and pongs count as frames do', async () => {
    const { socket, auth, control } = gateway.connect({ messagesPerSec: 2 });
    await auth();
    for (let i = 0; i < 12; i++) control(4);
    expect(socket.closedWith?.code).toBe(CLOSE.rateLimited.code);
  });

  it('what a closed socket still sends is told and counted no more', async () => {
    const { socket, auth, raw } = gateway.connect({ messagesPerSec: 2 });
    await auth();
    for (let id = 0; id < 500; id++) raw(`{"op":"ping","id":${id}}`);
    expect(errorsOf(socket)).toEqual(['rate_limited']);
    expect(gateway.events.noted.filter((what) => what === 'limited frames')).toHaveLength(1);
  });

  it('a company with as many sockets as it may have gets no more, until one of them goes', async () => {
    gateway.admission = openAdmission(1);
    const first = gateway.connect();
    await first.auth('ana');
    const second = gateway.connect();
    await second.auth('bruno');
    expect(second.socket.closedWith?.code).toBe(CLOSE.tryLater.code);
    expect(errorsOf(second.socket)).toEqual(['rate_limited']);
    expect(gateway.present).toEqual(new Set(['ana']));
    first.socket.close(1000, 'gone');
    const third = gateway.connect();
    await third.auth('bruno');
    expect(opsOf(third.socket)).toEqual(['ready']);
  });
});
