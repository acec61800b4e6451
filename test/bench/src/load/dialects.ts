import { SUBPROTOCOL } from '@ramal/contracts';
import type { Dialect } from './crowd-socket.ts';

/** A client of ours, with its token. */
export function toRamalDialect(token: string): Dialect {
  return {
    path: '/v1/agent',
    subprotocol: SUBPROTOCOL,
    hello: [JSON.stringify({ op: 'auth', id: 1, data: { token } })],
    greet: (text) => (text.startsWith('{"op":"ready"') ? { isIn: true } : null),
  };
}

/** A client of the floor's and of `ws`: it names its channel. */
export function toBareDialect(channel: string): Dialect {
  return {
    path: '/',
    hello: [JSON.stringify({ op: 'auth', channel })],
    greet: (text) => (text === '{"op":"ready"}' ? { isIn: true } : null),
  };
}

/** A client of Socket.IO, by hand: Engine.IO 4 on a WebSocket. */
export function toSocketIoDialect(channel: string): Dialect {
  return {
    path: '/socket.io/?EIO=4&transport=websocket',
    hello: [],
    greet(text) {
      if (text.startsWith('0')) return { answer: '40' };
      if (text.startsWith('40')) return { answer: `42${JSON.stringify(['auth', { channel }])}` };
      return text === '42["ready"]' ? { isIn: true } : null;
    },
    ping: { text: '2', answer: '3' },
  };
}
