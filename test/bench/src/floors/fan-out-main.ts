import { Redis } from 'ioredis';
import type { us_listen_socket, WebSocket } from 'uws-modern';
import { loadUws } from './load-uws.ts';
import { readSetting, tellParent } from './tell-parent.ts';

/**
 * The least that brings a published message to one agent's socket: bare uWebSockets.js, one subscriber, the payload
 * untouched. A client's first message names the channel; nobody is authenticated, nothing is kept.
 */
const uws = loadUws();
const subscriber = new Redis(readSetting('REDIS_URL'));
const socketOf = new Map<string, WebSocket<{ channel: string }>>();

subscriber.on(
  'smessage',
  (channel: string, text: string) => void socketOf.get(channel)?.send(text, false, false),
);

const decoder = new TextDecoder();
const app = uws.App();
app.ws<{ channel: string }>('/*', {
  idleTimeout: 120,
  upgrade: (response, request, context) =>
    response.upgrade(
      { channel: '' },
      request.getHeader('sec-websocket-key'),
      '',
      request.getHeader('sec-websocket-extensions'),
      context,
    ),
  message(ws, message) {
    const { channel } = JSON.parse(decoder.decode(message)) as { channel: string };
    ws.getUserData().channel = channel;
    socketOf.set(channel, ws);
    void subscriber
      .ssubscribe(channel)
      .then(() => socketOf.get(channel)?.send('{"op":"ready"}', false, false));
  },
  close(ws) {
    const { channel } = ws.getUserData();
    if (socketOf.get(channel) !== ws) return;
    socketOf.delete(channel);
    void subscriber.sunsubscribe(channel);
  },
});
app.listen('127.0.0.1', 0, (token: us_listen_socket | false) => {
  if (token === false) throw new Error('no port to listen on');
  tellParent(uws.us_socket_local_port(token));
});
