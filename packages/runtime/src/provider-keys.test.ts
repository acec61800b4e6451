import { errors } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { createForgedKey, type ForgedKey } from '../test/token-forge.ts';
import { createProviderKeys, type ProviderKeys } from './provider-keys.ts';

const URL_OF_KEYS = 'https://id.example/keys';
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let nowMs: number;
/** What the provider answers; an error when it is away. */
let answer: unknown;
let status: number;
let asked: number;
let failures: { host: string; error: unknown }[];
let keys: ProviderKeys;
let first: ForgedKey;
let second: ForgedKey;

beforeEach(async () => {
  nowMs = 0;
  asked = 0;
  status = 200;
  failures = [];
  [first, second] = await Promise.all([createForgedKey('k1'), createForgedKey('k2')]);
  answer = { keys: [first.jwk] };
  keys = createProviderKeys({
    fetch: async () => {
      asked += 1;
      if (answer instanceof Error) throw answer;
      return { status, body: Buffer.from(JSON.stringify(answer)) };
    },
    onRefreshFailed: (failure) => failures.push(failure),
    now: () => nowMs,
  });
});

/** What becomes of a token whose header names this key. */
const find = (kid: string | undefined, alg = 'ES256') =>
  Promise.resolve(keys.of(URL_OF_KEYS)({ alg, ...(kid === undefined ? {} : { kid }) }, {} as never)).then(
    () => 'found',
    (error: unknown) => {
      if (error instanceof errors.JWKSNoMatchingKey) return 'unknown';
      if (error instanceof errors.JOSEError) return 'refused';
      return (error as { code?: string }).code;
    },
  );

describe('the keys of an identity provider', () => {
  it('are asked for once, by however many tokens at once', async () => {
    expect(await Promise.all(Array.from({ length: 50 }, () => find('k1')))).toEqual(Array(50).fill('found'));
    expect(asked).toBe(1);
  });

  it('are asked for anew when a token names one that is not there: keys rotate with overlap', async () => {
    expect(await find('k1')).toBe('found');
    answer = { keys: [second.jwk, first.jwk] };
    nowMs += MINUTE;
    expect(await find('k2')).toBe('found');
    expect(await find('k1')).toBe('found');
    answer = { keys: [second.jwk] };
    nowMs += 11 * MINUTE;
    expect([await find('k1'), await find('k2')]).toEqual(['unknown', 'found']);
  });

  it('threat 9 are asked for once in ten seconds at most, whatever keys tokens make up', async () => {
    await find('k1');
    nowMs += 11 * SECOND;
    expect(await find('made-up')).toBe('unknown');
    expect(asked).toBe(2);
    for (let i = 0; i < 100; i++) expect(await find(`made-up-${i}`)).toBe('unavailable');
    expect(await find('k1')).toBe('found');
    expect(asked).toBe(2);
  });

  it('tell who names a new key within the ten seconds to come again, not to stay away', async () => {
    await find('k1');
    answer = { keys: [second.jwk] };
    expect(await find('k2')).toBe('unavailable');
    nowMs += 10 * SECOND;
    expect(await find('k2')).toBe('found');
  });

  it.each([
    ['does not answer', new Error('ETIMEDOUT'), 200],
    ['answers 503', { keys: [] }, 503],
    ['redirects', { keys: [] }, 302],
    ['answers with something else', { hello: 'world' }, 200],
    ['answers with null', null, 200],
  ])('stay as they were while the provider %s, for a day', async (_, next, nextStatus) => {
    await find('k1');
    answer = next;
    status = nextStatus;
    nowMs += 11 * MINUTE;
    expect(await find('k1')).toBe('found');
    expect(failures).toEqual([{ host: 'id.example', error: expect.any(Error) }]);
    nowMs += 23 * 60 * MINUTE;
    expect(await find('k1')).toBe('found');
    nowMs += 60 * MINUTE;
    expect(await find('k1')).toBe('unavailable');
  });

  it('are nobody’s word while the provider was never reached', async () => {
    answer = new Error('ECONNREFUSED');
    expect(await find('k1')).toBe('unavailable');
    answer = { keys: [first.jwk] };
    expect(await find('k1')).toBe('unavailable');
    nowMs += 10 * SECOND;
    expect(await find('k1')).toBe('found');
  });

  it('that were withdrawn stop counting within ten minutes', async () => {
    await find('k1');
    answer = { keys: [] };
    nowMs += 10 * MINUTE + 1;
    expect(await find('k1')).toBe('unknown');
  });

  it('threat 7 are public keys for signatures alone', async () => {
    answer = {
      keys: [
        { kty: 'oct', kid: 'shared', alg: 'HS256', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXM' },
        { ...first.jwk, kid: 'for-encryption', use: 'enc' },
        { ...first.jwk, kid: 'private', d: 'oops' },
        null,
        'nonsense',
        first.jwk,
      ],
    };
    expect(await find('shared', 'HS256')).toBe('refused');
    expect(await find('shared')).not.toBe('found');
    expect(await find('for-encryption')).not.toBe('found');
    expect(await find('private')).not.toBe('found');
    expect(await find('k1')).toBe('found');
  });

  it('need a name in the token once there are several', async () => {
    expect(await find(undefined)).toBe('found');
    answer = { keys: [first.jwk, second.jwk] };
    nowMs += 11 * MINUTE;
    expect(await find(undefined)).toBe('refused');
  });
});
