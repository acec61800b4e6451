import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { type WebSocket, WebSocketServer } from 'ws';
import { readSetting, tellParent } from '../floors/tell-parent.ts';

/** What many would write by hand: `ws` and one ioredis subscriber, with the payload untouched. */
const subscriber = new Redis(readSetting('REDIS_URL'));
const socketOf = new Map<string, WebSocket>();
subscriber.on('smessage', (channel: string, text: string) => socketOf.get(channel)?.send(text));

const server = createServer();
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  let channel = '';
  socket.on('error', () => undefined);
  socket.once('message', (data: Buffer) => {
    ({ channel } = JSON.parse(data.toString('utf8')) as { channel: string });
    socketOf.set(channel, socket);
    void subscriber.ssubscribe(channel).then(() => socket.send('{"op":"ready"}'));
  });
  socket.on('close', () => {
    if (socketOf.get(channel) !== socket) return;
    socketOf.delete(channel);
    void subscriber.sunsubscribe(channel);
  });
});
server.listen(0, '127.0.0.1', () => tellParent((server.address() as AddressInfo).port));
