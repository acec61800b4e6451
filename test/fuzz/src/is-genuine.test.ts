import { createHmac } from 'node:crypto';
import { signAgentToken } from '@ramal/runtime';
import { expect, test } from 'vitest';
import { isGenuine } from './is-genuine.ts';

const secret = 's'.repeat(32);
const sign = (options: { secret?: string; ttlSec?: number } = {}) =>
  signAgentToken({ secret, tenant: 'demo', user: 'ana', ramal: null, ttlSec: 60, ...options });

test('a token of ours is genuine; one of another key, one that is over and one that was changed are not', async () => {
  const token = await sign();
  expect(isGenuine(token, secret)).toBe(true);
  expect(isGenuine(await sign({ secret: 'x'.repeat(32) }), secret)).toBe(false);
  expect(isGenuine(await sign({ ttlSec: -60 }), secret)).toBe(false);
  expect(isGenuine(`${token}.a`, secret)).toBe(false);
  expect(isGenuine(`e30.${token.slice(token.indexOf('.') + 1)}`, secret)).toBe(false);
});

test('a token that says it needs no signature, or another one, is not', () => {
  const claims = Buffer.from(
    JSON.stringify({ iss: 'ramal', aud: 'ramal-agent', exp: 9e9, sub: 'a', tenant: 'demo' }),
  );
  for (const [alg, hash] of [
    ['none', 'sha256'],
    ['HS512', 'sha512'],
  ] as const) {
    const signed = `${Buffer.from(JSON.stringify({ alg })).toString('base64url')}.${claims.toString('base64url')}`;
    expect(isGenuine(`${signed}.`, secret)).toBe(false);
    expect(
      isGenuine(`${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`, secret),
    ).toBe(false);
  }
});
