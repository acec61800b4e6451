import {
  type AgentClient,
  connectHostile,
  type HostileSocket,
  openHostile,
  sleepUntil,
  toFrameBytes,
  toHandshakeBytes,
} from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { forgeToken } from '../harness/forge-token.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

const CRM = 'https://crm.example';
const PER_IP = { sockets: 60, strangers: 20, handshakes: 100 };

let system: TestStack;
let gatewayUrl: string;
/** Works all the while: nothing that others do may cost it its connection. */
let honest: AgentClient;
/** Opened first and looked at last: it is uWebSockets' own clock that ends them. */
let slow: { what: string; socket: HostileSocket }[];
let endless: HostileSocket;
let endlessFragments: HostileSocket;
let pidAtStart: number | undefined;
const toCut: HostileSocket[] = [];

beforeAll(async () => {
  system = await startTestStack({
    only: ['ws-gateway'],
    env: {
      'ws-gateway': {
        GATEWAY_ALLOWED_ORIGINS: CRM,
        GATEWAY_TRUSTED_PROXIES: '1',
        GATEWAY_SILENCE_MS: '8000',
        GATEWAY_MAX_SOCKETS_PER_IP: String(PER_IP.sockets),
        GATEWAY_MAX_UNAUTHENTICATED_PER_IP: String(PER_IP.strangers),
        GATEWAY_HANDSHAKES_PER_MINUTE_PER_IP: String(PER_IP.handshakes),
      },
    },
  });
  ({ gatewayUrl } = system.dev);
  pidAtStart = system.dev.services['ws-gateway']?.pid;
  slow = openSlowHandshakes();
  honest = await system.connect('demo', 'bruno');
  endless = await open({ authenticated: true });
  endless.write(toFrameBytes('x', { claimedLength: 60_000n }));
  endless.trickle(500, () => 'x');
  endlessFragments = await open({ authenticated: false });
  endlessFragments.write(toFrameBytes('x', { fin: false }));
  endlessFragments.trickle(500, () => toFrameBytes('', { fin: false, opcode: 0 }));
  // Looked at last, so not to be cut after the first test.
  toCut.length = 0;
}, 240_000);
afterEach(async () => {
  for (const socket of toCut.splice(0)) socket.cut();
  // Whatever was done to it: who behaves is served.
  expect(await honest.request('ping')).toEqual({ ts: expect.any(Number) });
});
afterAll(async () => {
  for (const { socket } of slow ?? []) socket.cut();
  await honest?.close();
  await system?.stop();
});

/** Hostile sockets come from the proxy's word for it, so that no attack runs into another one's limit. */
let lastClient = 0;
function newAddress(): string {
  lastClient += 1;
  return `198.51.100.${lastClient}`;
}

async function open(
  options: {
    authenticated?: boolean;
    headers?: string[];
    address?: string;
    path?: string;
    token?: string;
  } = {},
): Promise<HostileSocket> {
  const { authenticated = false, headers = [], address = newAddress(), path = '/v1/agent' } = options;
  const token = authenticated ? await system.signToken('demo', 'carla', '3503') : options.token;
  const socket = await openHostile(gatewayUrl, {
    path,
    headers: [`X-Forwarded-For: ${address}`, ...headers],
    ...(token === undefined ? {} : { token }),
  });
  toCut.push(socket);
  return socket;
}

function openSlowHandshakes(): typeof slow {
  const start = (what: string, run: (socket: HostileSocket) => void) => {
    const socket = connectHostile(gatewayUrl);
    run(socket);
    return { what, socket };
  };
  const handshake = toHandshakeBytes();
  let sent = 0;
  return [
    start('that says nothing', () => undefined),
    start('of a byte a second', (socket) => {
      socket.trickle(1_000, () => handshake[sent++ % handshake.length] ?? 'x');
    }),
    start('of one header after the other', (socket) => {
      socket.write('GET /v1/agent HTTP/1.1\r\nHost: x\r\n');
      socket.trickle(700, () => `X-${sent++}: ${sent}\r\n`);
    }),
    start('with a body that never comes', (socket) => {
      socket.write('POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 2147483648\r\n\r\n');
      socket.trickle(1_000, () => 'x');
    }),
  ];
}

const errorsOf = (socket: HostileSocket) =>
  socket.frames.filter(({ op }) => op === 'error').map(({ data }) => data.code);
const frame = (op: string, data: unknown = {}) => toFrameBytes(JSON.stringify({ op, id: 1, data }));

/** A metric of the gateway's, of this label where it has one; 0 where it never counted. */
async function measured(name: string, label?: string): Promise<number> {
  const text = await (await fetch(`${system.dev.services['ws-gateway']?.opsUrl}/metrics`)).text();
  const lines = text.split('\n').filter((one) => one.startsWith(`${name}{`));
  const line = lines.find((one) => label === undefined || one.includes(`"${label}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

describe('threat 8 pages of other origins', () => {
  test.each([
    'https://evil.example',
    'null',
    'http://crm.example',
    'https://crm.example:8443',
    'https://crm.example.evil.example',
    'https://evilcrm.example',
    'https://www.crm.example',
    'https://crm.example@evil.example',
    '*',
  ])('%s is refused with 403', async (origin) => {
    const socket = await open({ headers: [`Origin: ${origin}`] });
    expect(socket.status).toBe(403);
    await socket.ended;
  });

  test('the page that is named may connect, also in other letters', async () => {
    for (const origin of [CRM, CRM.toUpperCase()]) {
      expect((await open({ headers: [`Origin: ${origin}`] })).status).toBe(101);
    }
  });

  test('a cookie, a header, or a token in the address authenticates nobody', async () => {
    const token = await system.signToken('demo', 'ana', '3501');
    const socket = await open({
      path: `/v1/agent?token=${token}&access_token=${token}`,
      headers: [`Cookie: token=${token}; session=${token}`, `Authorization: Bearer ${token}`],
    });
    expect(socket.status).toBe(101);
    socket.write(frame('sync'));
    expect((await socket.ended).code).toBe(4004);
    expect(errorsOf(socket)).toEqual(['auth_required']);
  });
});

describe('threat 7 tokens that are none', () => {
  const hs256 = { alg: 'HS256' };
  test.each<[string, () => string, number]>([
    ['alg none', () => forgeToken({ alg: 'none' }, {}, null), 4002],
    ['alg None with a signature', () => forgeToken({ alg: 'None' }, {}, system.agentTokenSecret), 4002],
    [
      'the algorithm swapped for RS256',
      () => forgeToken({ alg: 'RS256' }, {}, system.agentTokenSecret),
      4002,
    ],
    [
      'the algorithm swapped for HS512',
      () => forgeToken({ alg: 'HS512' }, {}, system.agentTokenSecret),
      4002,
    ],
    ['a key of its own in jwk', () => forgeToken({ ...hs256, jwk: { kty: 'oct', k: 'eA' } }, {}, 'x'), 4002],
    ['a key elsewhere in jku', () => forgeToken({ ...hs256, jku: 'http://127.0.0.1/keys' }, {}, 'x'), 4002],
    ['a kid that is a path', () => forgeToken({ ...hs256, kid: '../../../dev/null' }, {}, ''), 4002],
    [
      'a critical extension',
      () => forgeToken({ ...hs256, crit: ['b64'], b64: false }, {}, system.agentTokenSecret),
      4002,
    ],
    [
      'a tenant that is an object',
      () => forgeToken(hs256, { tenant: { $ne: '' } }, system.agentTokenSecret),
      4002,
    ],
    [
      'a tenant that every object has',
      () => forgeToken(hs256, { tenant: '' }, system.agentTokenSecret),
      4002,
    ],
    ['an end that is past', () => forgeToken(hs256, { exp: 1_600_000_000 }, system.agentTokenSecret), 4003],
    ['an end that is text', () => forgeToken(hs256, { exp: '9999999999' }, system.agentTokenSecret), 4002],
    ['8 kB of nothing', () => 'e'.repeat(8_000), 4002],
  ])('a token with %s closes the socket', async (_what, forge, code) => {
    const socket = await open();
    socket.write(toFrameBytes(JSON.stringify({ op: 'auth', id: 1, data: { token: forge() } })));
    expect((await socket.ended).code).toBe(code);
    expect(errorsOf(socket)).toEqual(['auth_failed']);
  });
});

describe('threat 9 frames that are none', () => {
  /** uWebSockets cuts what breaks RFC 6455 without a word: 1006. */
  const CUT = 1006;
  const broken: [string, (socket: HostileSocket) => void][] = [
    ['a length of 2 GiB', (s) => s.write(toFrameBytes('abc', { claimedLength: 2n ** 31n }))],
    ['a length of 2^63', (s) => s.write(toFrameBytes('abc', { claimedLength: 2n ** 63n }))],
    ['70 kB', (s) => s.write(toFrameBytes('x'.repeat(70_000)))],
    [
      'fragments of 90 kB in all',
      (s) => {
        s.write(toFrameBytes('x'.repeat(30_000), { fin: false }));
        for (let i = 0; i < 2; i++) s.write(toFrameBytes('x'.repeat(30_000), { fin: false, opcode: 0 }));
      },
    ],
    ['reserved bit 1', (s) => s.write(toFrameBytes('{}', { reserved: 4 }))],
    ['reserved bit 2', (s) => s.write(toFrameBytes('{}', { reserved: 2 }))],
    ['reserved bit 3', (s) => s.write(toFrameBytes('{}', { reserved: 1 }))],
    ['opcode 3', (s) => s.write(toFrameBytes('{}', { opcode: 3 }))],
    ['opcode 7', (s) => s.write(toFrameBytes('{}', { opcode: 7 }))],
    ['opcode 11', (s) => s.write(toFrameBytes('{}', { opcode: 11 }))],
    ['opcode 15', (s) => s.write(toFrameBytes('{}', { opcode: 15 }))],
    ['a continuation of nothing', (s) => s.write(toFrameBytes('x', { opcode: 0 }))],
    [
      'a message within a message',
      (s) => {
        s.write(toFrameBytes('a', { fin: false }));
        s.write(toFrameBytes('b'));
      },
    ],
    ['invalid UTF-8', (s) => s.write(toFrameBytes(Buffer.from([0x7b, 0xc3, 0x28, 0x7d])))],
    ['a surrogate in UTF-8', (s) => s.write(toFrameBytes(Buffer.from([0xed, 0xa0, 0x80])))],
    ['a ping of 200 bytes', (s) => s.write(toFrameBytes('x'.repeat(200), { opcode: 9 }))],
    ['a ping in fragments', (s) => s.write(toFrameBytes('x', { opcode: 9, fin: false }))],
  ];

  describe.each([
    ['before auth', false],
    ['after auth', true],
  ])('%s', (_when, authenticated) => {
    test.each(broken)('%s cuts the socket', async (_what, attack) => {
      const socket = await open({ authenticated });
      attack(socket);
      expect((await socket.ended).code).toBe(CUT);
      expect(errorsOf(socket)).toEqual([]);
    });

    test('frames without a mask are never read as frames, and the socket ends', async () => {
      const socket = await open({ authenticated });
      for (let i = 0; i < 4; i++) {
        socket.write(toFrameBytes('{"op":"logout","id":1,"data":{}}', { masked: false }));
      }
      // Read as if they had one they are noise: cut, or told so, or never finished.
      expect([CUT, 4001, 4004]).toContain((await socket.ended).code);
      expect(socket.frames.map(({ op }) => op)).not.toContain('ack');
    });

    test('a close frame that is malformed ends the socket', async () => {
      const socket = await open({ authenticated });
      socket.write(toFrameBytes(Buffer.from([3]), { opcode: 8 }));
      expect((await socket.ended).code).toBeLessThan(4000);
    });

    test('pings without end are closed with 4008', async () => {
      const before = await measured('ramal_gateway_limited_total', 'frames');
      const socket = await open({ authenticated });
      for (let i = 0; i < 300; i++) socket.write(toFrameBytes('', { opcode: i % 2 === 0 ? 9 : 10 }));
      expect((await socket.ended).code).toBe(4008);
      expect(errorsOf(socket)).toEqual(['rate_limited']);
      expect(await measured('ramal_gateway_limited_total', 'frames')).toBeGreaterThan(before);
    });
  });

  test('10,000 messages at once are closed with 4008, and answered no more after that', async () => {
    const socket = await open({ authenticated: true });
    const burst = Buffer.concat(Array.from({ length: 10_000 }, () => frame('ping')));
    socket.write(burst);
    expect((await socket.ended).code).toBe(4008);
    expect(socket.frames.filter(({ op }) => op === 'ack').length).toBeLessThanOrEqual(110);
  });

  test('10,000 messages before auth are closed with 4004 at the first', async () => {
    const socket = await open();
    socket.write(Buffer.concat(Array.from({ length: 10_000 }, () => frame('ping'))));
    expect([4004, 4008]).toContain((await socket.ended).code);
    expect(socket.frames.length).toBeLessThanOrEqual(2);
  });

  test('few frames of many bytes are closed with 4008', async () => {
    const before = await measured('ramal_gateway_limited_total', 'bytes');
    const socket = await open({ authenticated: true });
    for (let i = 0; i < 30; i++) socket.write(frame('ping', { x: 'x'.repeat(16_000) }));
    expect((await socket.ended).code).toBe(4008);
    expect(await measured('ramal_gateway_limited_total', 'bytes')).toBe(before + 1);
  });
});

describe('threat 9 threat 10 JSON that is none of ours', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const object = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  test.each([
    ['8,000 arrays within each other', nested(8_000), 'bad_frame'],
    ['arrays that never end', '['.repeat(16_000), 'bad_json'],
    ['2,600 objects within each other', object(2_600), 'unknown_op'],
    ['an op in its prototype', '{"__proto__":{"op":"sync","id":1}}', 'unknown_op'],
    ['an op of every object', '{"op":"__proto__","id":1}', 'unknown_op'],
    ['an id that is an object', '{"op":"sync","id":{"toString":"x"}}', 'bad_frame'],
    ['an id of 20 digits', '{"op":"sync","id":12345678901234567890}', 'bad_frame'],
    [
      'a dial into a prototype',
      '{"op":"dial","id":1,"data":{"__proto__":{"intentId":"a","to":"190"}}}',
      'bad_frame',
    ],
    [
      'a number that breaks the line',
      '{"op":"dial","id":1,"data":{"intentId":"a","to":"190\\r\\nX: y"}}',
      'bad_frame',
    ],
    ['a NUL', '{"op":"dial","id":1,"data":{"intentId":"a\\u0000","to":"190"}}', 'bad_frame'],
    ['half a surrogate pair', '{"op":"dial","id":1,"data":{"intentId":"\\ud800","to":"190"}}', 'bad_frame'],
  ])('%s is answered with an error', async (_what, text, code) => {
    const socket = await open({ authenticated: true });
    socket.write(toFrameBytes(text));
    await sleepUntil(() => errorsOf(socket).length > 0);
    expect(errorsOf(socket)).toEqual([code]);
    socket.write(frame('ping'));
    await sleepUntil(() => socket.frames.at(-1)?.op === 'ack');
  });

  test('keys of every object stay data: they reach nobody else and change nothing', async () => {
    const socket = await open({ authenticated: true });
    socket.write(
      toFrameBytes(
        '{"op":"ping","id":1,"data":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}},' +
          '"__proto__":{"retryable":true,"ts":1}}',
      ),
    );
    await sleepUntil(() => socket.frames.some(({ op }) => op === 'ack'));
    expect(await honest.request('ping')).toEqual({ ts: expect.any(Number) });
  });
});

describe('threat 9 too many', () => {
  test('strangers of one address are refused with 429 and a time to wait; the others are let in', async () => {
    const address = newAddress();
    const sockets = await Promise.all(Array.from({ length: PER_IP.strangers + 5 }, () => open({ address })));
    expect(sockets.filter(({ status }) => status === 101)).toHaveLength(PER_IP.strangers);
    const refused = sockets.filter(({ status }) => status === 429);
    expect(refused.map(({ headers }) => headers['retry-after'])).toEqual(Array(5).fill('1'));
    expect((await open()).status).toBe(101);
    expect(await measured('ramal_gateway_handshakes_refused_total', 'unauthenticated_per_ip')).toBe(5);
  });

  test('a flood of handshakes of one address is refused with 429, whatever becomes of each', async () => {
    const address = newAddress();
    const statuses: (number | null)[] = [];
    const refused = () => measured('ramal_gateway_handshakes_refused_total', 'handshakes_per_ip');
    // Until one is: a slow machine gives the address a part of its minute back meanwhile.
    for (let batch = 0; batch < 100 && (await refused()) === 0; batch++) {
      const sockets = await Promise.all(Array.from({ length: 10 }, () => open({ address })));
      for (const socket of sockets) {
        statuses.push(socket.status);
        socket.cut();
      }
    }
    expect(await refused()).toBeGreaterThan(0);
    expect(statuses).toContain(429);
    expect(statuses.length).toBeGreaterThan(PER_IP.handshakes);
  });
});

describe('threat 9 slowness', () => {
  test('a frame that never ends cuts its socket, however many bytes it sends', async () => {
    expect((await endless.ended).code).toBe(1006);
    expect(await measured('ramal_gateway_limited_total', 'silence')).toBeGreaterThan(0);
  }, 60_000);

  test('a message of fragments without end is closed with 4001 like any socket without auth', async () => {
    expect((await endlessFragments.ended).code).toBe(4001);
  }, 60_000);

  test('a handshake that does not come to an end is cut', async () => {
    for (const { what, socket } of slow) {
      expect([what, (await socket.ended).code]).toEqual([what, 1006]);
      expect([what, socket.status === 101]).toEqual([what, false]);
    }
  }, 90_000);

  test('none of all this cost the gateway its life or the agent who works a connection', async () => {
    expect(system.dev.services['ws-gateway']?.pid).toBe(pidAtStart);
    expect(honest.events).toEqual([]);
    // It counts what is open, and of those who attacked nobody is left.
    await sleepUntil(async () => (await measured('ramal_gateway_sockets')) === 1, { timeoutMs: 30_000 });
    expect(await measured('ramal_gateway_unauthenticated')).toBe(0);
  });
});
