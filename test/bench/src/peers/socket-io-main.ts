import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { readSetting, tellParent } from '../floors/tell-parent.ts';

/** Socket.IO with its Redis adapter, one room an agent, as its documentation has it. */
const publisher = new Redis(readSetting('REDIS_URL'));
const server = createServer();
const io = new Server(server, {
  adapter: createAdapter(publisher, publisher.duplicate()),
  transports: ['websocket'],
  serveClient: false,
});
io.on('connection', (socket) => {
  socket.on('auth', async ({ channel }: { channel: string }) => {
    await socket.join(channel);
    socket.emit('ready');
  });
});
server.listen(0, '127.0.0.1', () => tellParent((server.address() as AddressInfo).port));
