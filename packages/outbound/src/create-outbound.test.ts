import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FakeDns, startFakeDns } from '@ramal/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAddressPolicy } from './address-policy.ts';
import { LOOPBACK, parseAllowList } from './allow-list.ts';
import { createOutbound, type Outbound } from './create-outbound.ts';
import { queryDns } from './query-dns.ts';
import { createHostResolver } from './resolve-host.ts';

/** Stands for the address that may be asked; 127.0.0.1 for what must not be. */
const OUTSIDE = '127.0.0.2';
const INSIDE = '127.0.0.1';

let dns: FakeDns;
let outside: Server;
let inside: Server;
let port: number;
/** Connections and requests of each, as they came. */
let seen: string[];

function serve(name: string): Server {
  const server = createServer((request, response) => {
    seen.push(`${name} ${request.url} ${request.headers.connection}`);
    response.end(name);
  });
  return server.on('connection', () => seen.push(`${name} connection`));
}
const listen = (server: Server, at: number, host: string) =>
  new Promise<void>((resolve) => server.listen(at, host, resolve));

beforeEach(async () => {
  seen = [];
  dns = await startFakeDns();
  [outside, inside] = [serve('outside'), serve('inside')];
  await listen(outside, 0, OUTSIDE);
  ({ port } = outside.address() as AddressInfo);
  await listen(inside, port, INSIDE);
});
afterEach(async () => {
  for (const server of [outside, inside]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await dns.close();
});

/** One that forgets what DNS said at once, as after the TTL. */
function openDoor(): Outbound {
  const resolver = createHostResolver({
    policy: createAddressPolicy(parseAllowList(OUTSIDE)),
    inHostsFile: (name) => (name === 'in-file.example' ? [INSIDE] : []),
    cache: {
      lookup: async (host, family) =>
        (await queryDns(host, family, [dns.server])).map(({ address }) => address),
    },
  });
  return createOutbound({ resolver });
}
const fetchFrom = (door: Outbound, url: string) =>
  door.fetchOutbound(url, { timeoutMs: 10_000, maxBytes: 1_000 });

describe('threat 2 a name whose address changes between two requests', () => {
  it('leads to the address that was judged, at each request anew: no connection is kept', async () => {
    const door = openDoor();
    dns.set('pbx.example', { a: [OUTSIDE], ttl: 0 });
    const url = `http://pbx.example:${port}`;
    expect(String((await fetchFrom(door, `${url}/1`)).body)).toBe('outside');
    dns.set('pbx.example', { a: [INSIDE], ttl: 0 });
    await expect(fetchFrom(door, `${url}/2`)).rejects.toMatchObject({
      code: 'ADDRESS_DENIED',
      denied: [{ address: INSIDE, kind: 'loopback' }],
    });
    dns.set('pbx.example', { a: [OUTSIDE], ttl: 0 });
    expect(String((await fetchFrom(door, `${url}/3`)).body)).toBe('outside');
    expect(seen).toEqual([
      'outside connection',
      'outside /1 close',
      'outside connection',
      'outside /3 close',
    ]);
  });

  it('leads nowhere else though it changes before the connection is opened', async () => {
    const resolver = createHostResolver({
      policy: createAddressPolicy(parseAllowList(OUTSIDE)),
      inHostsFile: () => [],
      cache: {
        async lookup(_, family) {
          // Whoever asks a second time hears the other address.
          dns.set('pbx.example', { a: [INSIDE], ttl: 0 });
          return family === 4 ? [OUTSIDE] : [];
        },
      },
    });
    const door = createOutbound({ resolver });
    const socket = await door.connect({ protocol: 'http', host: 'pbx.example', port }, 10_000);
    expect(socket.remoteAddress).toBe(OUTSIDE);
    socket.destroy();
    expect(dns.questions).toEqual([]);
    expect(seen.filter((one) => one.startsWith('inside'))).toEqual([]);
  });

  it('and has both at once, leads to the one that may be asked', async () => {
    dns.set('pbx.example', { a: [INSIDE, OUTSIDE], aaaa: ['::1', '::ffff:127.0.0.1'] });
    for (let i = 0; i < 5; i++) {
      expect(String((await fetchFrom(openDoor(), `http://pbx.example:${port}/`)).body)).toBe('outside');
    }
    expect(seen.filter((one) => one.startsWith('inside'))).toEqual([]);
  });
});

describe('threat 2 without the list', () => {
  it.each([
    ['an address', INSIDE],
    ['a name', 'pbx.example'],
    ['another name of an inner one', 'alias.example'],
    ['a line of the hosts file', 'in-file.example'],
    ['localhost', 'localhost'],
    ['a name below it', 'pbx.localhost'],
    ['a name with a dot at its end', 'pbx.example.'],
    ['a decimal', '2130706433'],
    ['hex', '0x7f.1'],
    ['octal', '0177.0.0.1'],
    ['parts left out', '127.1'],
    ['fullwidth digits', '１２７.0.0.1'],
    ['ideographic full stops', '127。0。0。1'],
    ['letters that fold into others', 'ⓛocalhost'],
    ['percents', '%6cocalhost'],
    ['IPv6', '[::1]'],
    ['a mapped address', '[::ffff:127.0.0.1]'],
    ['a mapped address in hex', '[::ffff:7f00:1]'],
    ['nothing', '0.0.0.0'],
    ['nothing, as a number', '0'],
  ])('%s of this machine is not connected to: %s', async (_, host) => {
    dns.set('pbx.example', { a: [INSIDE] });
    dns.set('alias.example', { cname: 'localhost', a: [INSIDE] });
    await expect(fetchFrom(openDoor(), `http://${host}:${port}/`)).rejects.toMatchObject({
      code: 'ADDRESS_DENIED',
    });
    expect(seen).toEqual([]);
  });

  it('a door that was given nothing lets nothing near through', async () => {
    await expect(fetchFrom(createOutbound(), `http://${INSIDE}:${port}/`)).rejects.toMatchObject({
      code: 'ADDRESS_DENIED',
    });
    const local = createOutbound({ allow: parseAllowList(LOOPBACK) });
    expect(String((await fetchFrom(local, `http://${INSIDE}:${port}/`)).body)).toBe('inside');
  });

  it('I8 what the error says holds no address', async () => {
    const error: unknown = await fetchFrom(openDoor(), `http://${INSIDE}:${port}/`).catch(
      (thrown: unknown) => thrown,
    );
    expect(String(error)).toBe('OutboundFailedError: nothing was reached: ADDRESS_DENIED');
  });
});
