import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { toFrameBytes } from './frame-bytes.ts';
import { openHostile } from './hostile-socket.ts';

test('an honest frame of each length form, and fragments, arrive as they were meant', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  try {
    await once(server, 'listening');
    const got: string[] = [];
    server.on('connection', (socket) => socket.on('message', (data) => got.push(String(data as Buffer))));
    const { port } = server.address() as AddressInfo;
    const client = await openHostile(`ws://127.0.0.1:${port}`);
    expect(client.status).toBe(101);
    const texts = ['é', 'x'.repeat(125), 'x'.repeat(126), 'x'.repeat(70_000)];
    for (const text of texts) client.write(toFrameBytes(text));
    client.write(toFrameBytes('a', { fin: false }));
    client.write(toFrameBytes('b', { opcode: 0 }));
    client.write(toFrameBytes('c', { claimedLength: 1n }));
    client.write(toFrameBytes(Buffer.from([0x0f, 0xa0]), { opcode: 8 }));
    expect((await client.ended).code).toBe(4000);
    expect(got).toEqual([...texts, 'ab', 'c']);
  } finally {
    for (const socket of server.clients) socket.terminate();
    server.close();
  }
});

test('a frame that lies is what it was told to be', () => {
  expect([...toFrameBytes('a', { masked: false, reserved: 4, opcode: 3 })]).toEqual([0xc3, 1, 97]);
  const huge = toFrameBytes('', { claimedLength: 2n ** 31n, fin: false });
  expect([...huge.subarray(0, 10)]).toEqual([1, 0xff, 0, 0, 0, 0, 0x80, 0, 0, 0]);
});
