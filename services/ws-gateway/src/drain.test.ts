import { CLOSE } from '@ramal/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestGateway, type TestGateway } from '../test/create-test-gateway.ts';
import type { FakeSocket } from '../test/fake-socket.ts';
import type { AgentHub } from './agent-hub.ts';
import { drain } from './drain.ts';

let gateway: TestGateway;
let hub: AgentHub;
beforeEach(() => {
  gateway = createTestGateway();
  ({ hub } = gateway);
});
afterEach(() => {
  gateway.closeAll();
});

describe('a stop', () => {
  it('asks every agent to come back, then closes them all, not at once', async () => {
    const sockets: FakeSocket[] = [];
    for (let i = 0; i < 25; i++) {
      const one = gateway.connect();
      await one.auth(`user${i}`);
      sockets.push(one.socket);
    }
    const draining = drain(hub, 200);
    for (const socket of sockets) {
      expect(socket.frames.at(-1)).toMatchObject({ op: 'server.draining' });
      expect(socket.frames.at(-1)?.data.reconnectAfterMs).toBeLessThan(200);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    const half = sockets.filter(({ closed }) => closed).length;
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(25);
    await draining;
    expect(sockets.map(({ closedWith }) => closedWith?.code)).toEqual(Array(25).fill(CLOSE.restart.code));
    expect(hub.all()).toEqual([]);
  });

  it('closes those too who log in while it goes on', async () => {
    const first = gateway.connect();
    await first.auth('ana');
    const draining = drain(hub, 300);
    const late = gateway.connect();
    await late.auth('bruno');
    await draining;
    expect([first, late].map(({ socket }) => socket.closedWith?.code)).toEqual(
      Array(2).fill(CLOSE.restart.code),
    );
    expect(hub.all()).toEqual([]);
  });

  it('without anybody ends at once', async () => {
    const startedMs = performance.now();
    await drain(hub, 10_000);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });
});
