import { type FakeDns, startFakeDns } from '@ramal/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AddressPolicy, createAddressPolicy } from './address-policy.ts';
import { OutboundFailedError } from './errors.ts';
import { type AddressesSkipped, createHostResolver } from './resolve-host.ts';

let dns: FakeDns;
beforeEach(async () => {
  dns = await startFakeDns();
});
afterEach(() => dns.close());

/** Which addresses are denied is shown elsewhere. */
const anywhere: AddressPolicy = { judge: () => null };

/** Resolves for port 80. */
function resolverOf(more: Partial<Parameters<typeof createHostResolver>[0]> = {}) {
  const own = createHostResolver({
    policy: anywhere,
    servers: [dns.server],
    inHostsFile: () => [],
    ...more,
  });
  return { resolve: (host: string, timeoutMs: number) => own.resolve({ host, port: 80 }, timeoutMs) };
}

describe('without DNS', () => {
  it.each([
    ['10.0.0.5', '10.0.0.5'],
    ['2001:db8::5', '2001:db8::5'],
    ['[2001:db8::5]', '2001:db8::5'],
    ['::ffff:10.0.0.5', '::ffff:10.0.0.5'],
  ])('%s is an address already', async (host, address) => {
    expect(await resolverOf().resolve(host, 1_000)).toEqual([address]);
    expect(dns.questions).toEqual([]);
  });

  it.each(['localhost', 'LOCALHOST', 'localhost.', 'pbx.localhost'])('%s is this machine', async (host) => {
    expect(await resolverOf().resolve(host, 1_000)).toEqual(['::1', '127.0.0.1']);
    expect(dns.questions).toEqual([]);
  });

  it('the hosts file comes first, for localhost too', async () => {
    const inHostsFile = (name: string) =>
      name === 'pbx' ? ['10.0.0.1', '::5'] : name === 'localhost' ? ['127.0.0.1'] : [];
    const resolver = resolverOf({ inHostsFile });
    expect(await resolver.resolve('PBX.', 1_000)).toEqual(['::5', '10.0.0.1']);
    expect(await resolver.resolve('localhost', 1_000)).toEqual(['127.0.0.1']);
    expect(dns.questions).toEqual([]);
  });

  it('the system has a localhost', async () => {
    const system = createHostResolver({ policy: anywhere });
    expect(await system.resolve({ host: 'localhost', port: 80 }, 1_000)).toContain('127.0.0.1');
  });
});

describe('with DNS', () => {
  it('both families come in turn, and are remembered', async () => {
    dns.set('pbx.example', { a: ['10.0.0.1', '10.0.0.2', '10.0.0.3'], aaaa: ['2001:db8::1'] });
    const resolver = resolverOf();
    const addresses = await resolver.resolve('pbx.example', 2_000);
    expect(addresses).toHaveLength(4);
    expect(addresses[0]).toBe('2001:db8::1');
    expect([...addresses].sort()).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3', '2001:db8::1']);
    await resolver.resolve('PBX.example.', 2_000);
    expect(dns.questions).toHaveLength(2);
  });

  it('many who ask at once cost one question a family', async () => {
    dns.set('pbx.example', { a: ['10.0.0.1'] });
    const resolver = resolverOf();
    await Promise.all(Array.from({ length: 100 }, () => resolver.resolve('pbx.example', 2_000)));
    expect(dns.questions.map(({ type }) => type).sort()).toEqual(['A', 'AAAA']);
  });

  it('a name that does not exist, or has no address, is not found', async () => {
    dns.set('empty.example', {});
    for (const host of ['no.example', 'empty.example']) {
      const resolving = resolverOf().resolve(host, 2_000);
      await expect(resolving).rejects.toBeInstanceOf(OutboundFailedError);
      await expect(resolving).rejects.toMatchObject({ code: 'ENOTFOUND' });
    }
  });

  it.each([
    ['A', '2001:db8::1'],
    ['AAAA', '10.0.0.1'],
  ] as const)('one that is mute about %s records does not hide the others', async (type, address) => {
    dns.set('pbx.example', { a: ['10.0.0.1'], aaaa: ['2001:db8::1'], mute: [type] });
    // Well before the question itself is given up.
    expect(await resolverOf().resolve('pbx.example', 1_500)).toEqual([address]);
  });

  it('a mute one is given up in time, and when it is asked too much of', async () => {
    dns.set('mute.example', { mute: ['A', 'AAAA'] });
    const resolver = resolverOf();
    await expect(resolver.resolve('mute.example', 50)).rejects.toMatchObject({ code: 'DNS_TIMEOUT' });
    await expect(resolver.resolve('mute.example', 10_000)).rejects.toMatchObject({ code: 'DNS_TIMEOUT' });
  });

  it('one that fails says so, and one that is not there too', async () => {
    dns.set('bad.example', { rcode: 2 });
    await expect(resolverOf().resolve('bad.example', 5_000)).rejects.toMatchObject({ code: 'DNS_ESERVFAIL' });
    const gone = await startFakeDns();
    await gone.close();
    await expect(resolverOf({ servers: [gone.server] }).resolve('pbx.example', 5_000)).rejects.toMatchObject({
      code: expect.stringMatching(/^DNS_/),
    });
  });

  it("one company's mute name delays nobody else's", { timeout: 120_000 }, async () => {
    const resolver = resolverOf();
    const startedMs = performance.now();
    let givenUp = 0;
    const mute = Array.from({ length: 60 }, (_, i) => {
      dns.set(`mute-${i}.example`, { mute: ['A', 'AAAA'] });
      return resolver.resolve(`mute-${i}.example`, 10_000).catch(() => {
        givenUp += 1;
      });
    });
    for (let i = 0; i < 20; i++) {
      dns.set(`good-${i}.example`, { a: [`10.0.0.${i + 1}`] });
      expect(await resolver.resolve(`good-${i}.example`, 10_000)).toEqual([`10.0.0.${i + 1}`]);
    }
    // Four at a time, as the process' threads have it, the mute ones would have taken thirty seconds. (More of them at once
    // than a UDP socket has room for would be lost before the server hears them, and the good ones with them.)
    expect(performance.now() - startedMs).toBeLessThan(25_000);
    await Promise.all(mute);
    expect(givenUp).toBe(60);
  });

  it('while it is away, what was known stands in', async () => {
    // The clock of the cache stands still in here: that it counts TTLs is shown beside it.
    dns.set('pbx.example', { a: ['10.0.0.1'] });
    const resolver = resolverOf();
    await resolver.resolve('pbx.example', 2_000);
    dns.silence(true);
    expect(await resolver.resolve('pbx.example', 2_000)).toEqual(['10.0.0.1']);
    dns.silence(false);
  });
});

it('threat 2 every address, however it was found, passes the one gate, for the port that is asked', async () => {
  dns.set('pbx.example', { a: ['10.0.0.1', '169.254.169.254'], aaaa: ['2001:db8::1'] });
  const seen: string[] = [];
  const skipped: AddressesSkipped[] = [];
  const policy: AddressPolicy = {
    judge(address, port) {
      seen.push(`${address} ${port}`);
      return address === '10.0.0.1' ? null : { address, kind: 'reserved' };
    },
  };
  const inHostsFile = (name: string) => (name === 'in-file' ? ['10.0.0.9'] : []);
  const onSkipped = (fields: AddressesSkipped) => void skipped.push(fields);
  const resolver = resolverOf({ policy, inHostsFile, onSkipped });
  for (let i = 0; i < 2; i++) expect(await resolver.resolve('pbx.example', 2_000)).toEqual(['10.0.0.1']);
  const both = ['2001:db8::1', '169.254.169.254'].map((address) => ({ address, kind: 'reserved' }));
  expect(skipped).toEqual([0, 1].map(() => ({ host: 'pbx.example', port: 80, denied: both })));
  for (const host of ['169.254.169.254', '[::1]', 'localhost', 'in-file']) {
    await expect(resolver.resolve(host, 2_000)).rejects.toMatchObject({ code: 'ADDRESS_DENIED' });
  }
  const wanted = ['10.0.0.1', '169.254.169.254', '2001:db8::1', '::1', '127.0.0.1', '10.0.0.9'];
  expect(new Set(seen)).toEqual(new Set(wanted.map((address) => `${address} 80`)));
  // What the cache remembers is judged each time.
  expect(seen.filter((one) => one.startsWith('10.0.0.1 '))).toHaveLength(2);
});

it.each([
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '127.1',
  '10.0.0.05',
  '１２７.0.0.1',
  '127。0。0。1',
  'pbx。example',
  'pbx．example',
  'ｌocalhost',
  'ⓛocalhost',
  'bücher.example',
  'xn--a',
  'fe80::1%eth0',
  '[fe80::1%25eth0]',
  '[127.0.0.1]',
  '[::1',
  '::1]',
  'ana@pbx.example',
  'pbx.example:80',
  'pbx.example/x',
  'pbx.example#x',
  'pbx.example?x',
  'pbx.example\\x',
  'pbx%2eexample',
  'pbx example',
  'pbx\n.example',
  'pbx\u00ad.example',
  'pbx\u200b.example',
  'pbx\0',
  '.',
  '',
])('threat 2 %j is no host: a URL parser would see another, and nobody is asked', async (host) => {
  await expect(resolverOf().resolve(host, 1_000)).rejects.toMatchObject({ code: 'HOST_INVALID' });
  expect(dns.questions).toEqual([]);
});

it('threat 2 a name that leads to an inner one leads to its address, which is judged', async () => {
  dns.set('cdn.example', { cname: 'inner.corp', a: ['10.0.0.7'], aaaa: ['fd00::7'] });
  const policy = createAddressPolicy();
  const resolving = resolverOf({ policy }).resolve('cdn.example', 2_000);
  await expect(resolving).rejects.toMatchObject({
    code: 'ADDRESS_DENIED',
    denied: [
      { address: 'fd00::7', kind: 'private' },
      { address: '10.0.0.7', kind: 'private' },
    ],
  });
  // The chain was followed: the same one may be allowed.
  expect(await resolverOf().resolve('cdn.example', 2_000)).toEqual(['fd00::7', '10.0.0.7']);
});
