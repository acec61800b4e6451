import { beforeEach, describe, expect, it } from 'vitest';
import { createDnsCache, type DnsCache } from './dns-cache.ts';
import type { DnsRecord } from './query-dns.ts';

let nowMs: number;
let asked: string[];
/** What DNS says at the moment: records, an error code, or a promise that the test settles. */
let says: DnsRecord[] | string | Promise<DnsRecord[]>;
let cache: DnsCache;

beforeEach(() => {
  nowMs = 0;
  asked = [];
  says = [{ address: '10.0.0.5', ttl: 60 }];
  cache = createDnsCache({
    now: () => nowMs,
    maxEntries: 3,
    query: async (host, family) => {
      asked.push(`${family} ${host}`);
      if (typeof says === 'string') throw Object.assign(new Error(says), { code: says });
      return says;
    },
  });
});

function withResolvers(): { promise: Promise<DnsRecord[]>; resolve: (records: DnsRecord[]) => void } {
  let resolve: (records: DnsRecord[]) => void = () => undefined;
  const promise = new Promise<DnsRecord[]>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const lookup = (host = 'pbx.example') => cache.lookup(host, 4);

describe('what DNS says', () => {
  it.each([
    ['for its TTL', 60, 60_000],
    ['for five seconds where the TTL is shorter', 0, 5_000],
    ['for five minutes where the TTL is longer', 86_400, 300_000],
  ])('is remembered %s', async (_, ttl, ms) => {
    says = [
      { address: '10.0.0.5', ttl: 86_400 },
      { address: '10.0.0.6', ttl },
    ];
    await lookup();
    nowMs = ms - 1;
    expect(await lookup()).toEqual(['10.0.0.5', '10.0.0.6']);
    expect(asked).toHaveLength(1);
    nowMs = ms;
    await lookup();
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['ENOTFOUND', 5_000],
    ['ENODATA', 60_000],
  ])('%s is remembered for %s ms, and ends what was known', async (code, ms) => {
    await lookup();
    nowMs = 60_000;
    says = code;
    expect(await lookup()).toEqual([]);
    nowMs += ms - 1;
    expect(await lookup()).toEqual([]);
    expect(asked).toHaveLength(2);
    nowMs += 1;
    says = 'ESERVFAIL';
    await expect(lookup()).rejects.toThrow('ESERVFAIL');
  });

  it('is asked for once by many who ask at the same time, each family by itself', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => lookup()));
    expect(answers.every(([address]) => address === '10.0.0.5')).toBe(true);
    await cache.lookup('pbx.example', 6);
    expect(asked).toEqual(['4 pbx.example', '6 pbx.example']);
  });

  it('is forgotten for the longest unused name when there are too many', async () => {
    for (const host of ['a', 'b', 'c']) await lookup(host);
    await lookup('a');
    await lookup('d');
    await lookup('a');
    expect(asked).toEqual(['4 a', '4 b', '4 c', '4 d']);
    await lookup('b');
    expect(asked.at(-1)).toBe('4 b');
  });
});

describe('while DNS is away', () => {
  it('the last known addresses stand in, for an hour', async () => {
    await lookup();
    says = 'ETIMEOUT';
    nowMs = 60_000;
    expect(await lookup()).toEqual(['10.0.0.5']);
    nowMs = 60_000 + 3_599_999;
    expect(await lookup()).toEqual(['10.0.0.5']);
    nowMs = 60_000 + 3_600_000 + 5_000;
    await expect(lookup()).rejects.toThrow('ETIMEOUT');
  });

  it('it is not asked each time', async () => {
    await lookup();
    says = 'ECONNREFUSED';
    nowMs = 60_000;
    for (let i = 0; i < 20; i++) await lookup();
    expect(asked).toHaveLength(2);
    nowMs += 5_000;
    says = [{ address: '10.0.0.9', ttl: 60 }];
    expect(await lookup()).toEqual(['10.0.0.9']);
  });

  it('a mute one keeps nobody who knows an older answer waiting for its own time', async () => {
    await lookup();
    nowMs = 60_000;
    const mute = withResolvers();
    says = mute.promise;
    expect(await lookup()).toEqual(['10.0.0.5']);
    expect(asked).toHaveLength(2);
    mute.resolve([{ address: '10.0.0.9', ttl: 60 }]);
    await mute.promise;
    await new Promise((resolve) => setImmediate(resolve));
    expect(await lookup()).toEqual(['10.0.0.9']);
  });

  it('a name that nobody knows fails for a second without a question', async () => {
    says = 'ETIMEOUT';
    await expect(lookup()).rejects.toThrow('ETIMEOUT');
    nowMs = 999;
    await expect(lookup()).rejects.toThrow('ETIMEOUT');
    expect(asked).toHaveLength(1);
    nowMs = 1_000;
    says = [{ address: '10.0.0.5', ttl: 60 }];
    expect(await lookup()).toEqual(['10.0.0.5']);
  });
});
