import {
  connectHostile,
  type HostileSocket,
  openHostile,
  toFrameBytes,
  toHandshakeBytes,
} from '@ramal/testkit';

/** What each member of the crew has done so far. */
export type CrewCounts = Record<string, number>;

export interface CrewTarget {
  gatewayUrl: string;
  /** Of an agent who attacks from within. */
  token: string;
  /** Signed, and run out. */
  expiredToken: string;
}

export interface HostileCrew {
  counts: CrewCounts;
  /** Lets go of everything at once. */
  stop(): void;
}

/** Bounded on purpose: what the gateway lets them cost is looked for, not what two cores can do. */
const SLOW_HANDSHAKES = 100;
const STRANGERS = 150;
const ENDLESS_FRAMES = 50;
const EVERY_MS = { handshakes: 50, floods: 500, breaches: 50, refill: 500, trickle: 500 };
const MOST_OPEN = 1_000;

/** One way each to break the protocol at the first frame. */
const BREACHES: Record<string, (socket: HostileSocket, target: CrewTarget) => void> = {
  oversized: (socket) => socket.write(toFrameBytes('x'.repeat(70_000))),
  fragments(socket) {
    for (let i = 0; i < 3; i++)
      socket.write(toFrameBytes('x'.repeat(30_000), { fin: false, opcode: i === 0 ? 1 : 0 }));
  },
  'length of 2 GiB': (socket) => socket.write(toFrameBytes('x', { claimedLength: 2n ** 31n })),
  'reserved bits': (socket) => socket.write(toFrameBytes('{}', { reserved: 7 })),
  'reserved opcode': (socket) => socket.write(toFrameBytes('{}', { opcode: 3 })),
  unmasked: (socket) => socket.write(toFrameBytes('{"op":"ping","id":1,"data":{}}', { masked: false })),
  'invalid UTF-8': (socket) => socket.write(toFrameBytes(Buffer.from([0xc3, 0x28]))),
  'deep JSON': (socket) => socket.write(toFrameBytes('['.repeat(16_000))),
  pollution: (socket) =>
    socket.write(toFrameBytes('{"__proto__":{"op":"auth"},"constructor":{"prototype":{}}}')),
  'alg none': (socket) =>
    socket.write(auth(`${base64({ alg: 'none' })}.${base64({ sub: 'a', tenant: 'a' })}.`)),
  'swapped algorithm': (socket, { token }) =>
    socket.write(auth([base64({ alg: 'RS256' }), ...token.split('.').slice(1)].join('.'))),
  'expired token': (socket, { expiredToken }) => socket.write(auth(expiredToken)),
};

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const auth = (token: string) => toFrameBytes(JSON.stringify({ op: 'auth', id: 1, data: { token } }));
const PING = toFrameBytes('{"op":"ping","id":1,"data":{}}');

/** Attacks until it is stopped. */
export function startHostileCrew(target: CrewTarget): HostileCrew {
  const { gatewayUrl, token } = target;
  const counts: CrewCounts = {};
  const open = new Set<HostileSocket>();
  const timers: NodeJS.Timeout[] = [];
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  const track = (socket: HostileSocket) => {
    open.add(socket);
    void socket.ended.then(() => open.delete(socket));
    return socket;
  };
  const every = (everyMs: number, attack: () => void) => {
    const timer = setInterval(() => open.size < MOST_OPEN && attack(), everyMs);
    timers.push(timer);
  };
  /** Keeps so many sockets of one kind, whatever becomes of each. */
  const keep = (most: number, what: string, make: () => HostileSocket) => {
    let alive = 0;
    every(EVERY_MS.refill, () => {
      for (; alive < most; alive++) {
        count(what);
        void track(make()).ended.then(() => {
          alive -= 1;
        });
      }
    });
  };
  /** An upgraded socket to do something with; refused ones are counted. */
  const withSocket = (
    what: string,
    options: Parameters<typeof openHostile>[1],
    use: (s: HostileSocket) => void,
  ) => {
    count(what);
    openHostile(gatewayUrl, options)
      .then((socket) => (socket.status === 101 ? use(track(socket)) : count('refused')))
      .catch(() => count('unanswered'));
  };

  keep(SLOW_HANDSHAKES, 'slow handshake', () => {
    const socket = connectHostile(gatewayUrl);
    const bytes = toHandshakeBytes();
    let sent = 0;
    socket.trickle(EVERY_MS.trickle, () => bytes[sent++ % bytes.length] ?? 'x');
    return socket;
  });
  keep(STRANGERS, 'stranger', () => {
    const socket = connectHostile(gatewayUrl);
    socket.write(toHandshakeBytes());
    return socket;
  });
  keep(ENDLESS_FRAMES, 'endless frame', () => {
    const socket = connectHostile(gatewayUrl);
    socket.write(toHandshakeBytes());
    socket.write(toFrameBytes('x', { claimedLength: 60_000n }));
    socket.trickle(EVERY_MS.trickle, () => 'x');
    return socket;
  });
  every(EVERY_MS.handshakes, () => {
    const headers = ['Origin: https://evil.example'];
    withSocket('wrong origin', { headers }, (socket) => socket.cut());
    withSocket('handshake', {}, (socket) => socket.cut());
  });
  const burst = Buffer.concat(Array.from({ length: 5_000 }, () => PING));
  const pings = Buffer.concat(Array.from({ length: 5_000 }, () => toFrameBytes('', { opcode: 9 })));
  every(EVERY_MS.floods, () => {
    withSocket('10,000 messages a second', { token }, (socket) => socket.write(burst));
    withSocket('10,000 pings a second', { token }, (socket) => socket.write(pings));
  });
  const breaches = Object.entries(BREACHES);
  let next = 0;
  every(EVERY_MS.breaches, () => {
    const [what, attack] = breaches[next++ % breaches.length] ?? [];
    if (what !== undefined && attack !== undefined) withSocket(what, {}, (socket) => attack(socket, target));
  });

  return {
    counts,
    stop() {
      for (const timer of timers) clearInterval(timer);
      for (const socket of open) socket.cut();
    },
  };
}
