import { createHmac, generateKeyPairSync } from 'node:crypto';
import { AGENT_TOKEN } from '@ramal/contracts';
import { exportSPKI, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { AgentTokenInvalidError, signAgentToken, verifyAgentToken } from './agent-token.ts';

const SECRET = 'a-secret-of-tests-that-is-long-enough';
const nowSec = () => Math.floor(Date.now() / 1000);
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = (over: Record<string, unknown> = {}) => ({
  iss: AGENT_TOKEN.issuer,
  aud: AGENT_TOKEN.audience,
  sub: 'ana',
  tenant: 'acme',
  ramal: '3501',
  iat: nowSec(),
  exp: nowSec() + 60,
  ...over,
});

/** A token with any header and claims, signed with HMAC or not at all. */
function forge(header: object, payload: object, key: string | null = SECRET, hash = 'sha256'): string {
  const text = `${base64url(header)}.${base64url(payload)}`;
  return `${text}.${key === null ? '' : createHmac(hash, key).update(text).digest('base64url')}`;
}
const refusal = (token: string) =>
  verifyAgentToken(token, SECRET).then(
    () => 'accepted',
    (error: unknown) => {
      expect(error).toBeInstanceOf(AgentTokenInvalidError);
      return (error as AgentTokenInvalidError).expired ? 'expired' : 'invalid';
    },
  );

describe('an agent token', () => {
  it('I6 says who the agent is, and until when', async () => {
    const token = await signAgentToken({
      secret: SECRET,
      tenant: 'a:{b}',
      user: 'ana',
      ramal: '3501',
      ttlSec: 60,
    });
    const { identity, expiresAtMs } = await verifyAgentToken(token, SECRET);
    expect(identity).toEqual({ tenant: 'a:{b}', user: 'ana', ramal: '3501' });
    expect(expiresAtMs - Date.now()).toBeGreaterThan(55_000);
    expect(expiresAtMs - Date.now()).toBeLessThanOrEqual(60_000);
  });

  it('may be of a user without an extension', async () => {
    const token = await signAgentToken({
      secret: SECRET,
      tenant: 'acme',
      user: 'ana',
      ramal: null,
      ttlSec: 60,
    });
    expect((await verifyAgentToken(token, SECRET)).identity.ramal).toBeNull();
  });

  it('the forger of these tests makes a good one, too', async () => {
    expect(await refusal(forge({ alg: 'HS256', typ: 'JWT' }, claims()))).toBe('accepted');
  });
});

describe('threat 7 is refused', () => {
  it.each(['none', 'None', 'NONE', ''])('with the algorithm %j and no signature', async (alg) => {
    expect(await refusal(forge({ alg }, claims(), null))).toBe('invalid');
    expect(await refusal(forge({ alg }, claims()))).toBe('invalid');
  });

  it.each([
    ['HS512', 'sha512'],
    ['HS384', 'sha384'],
  ])('with %s, though signed with our secret', async (alg, hash) => {
    expect(await refusal(forge({ alg }, claims(), SECRET, hash))).toBe('invalid');
  });

  it('signed with a public key, whatever the algorithm is said to be', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const signed = await new SignJWT(claims()).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
    expect(await refusal(signed)).toBe('invalid');
    expect(await refusal(forge({ alg: 'HS256' }, claims(), await exportSPKI(publicKey)))).toBe('invalid');
    expect(await refusal(forge({ alg: 'RS256' }, claims()))).toBe('invalid');
  });

  it('with a key of its own in the header', async () => {
    const jwk = { kty: 'oct', k: Buffer.from('mine').toString('base64url') };
    const header = { alg: 'HS256', jwk, jku: 'https://evil.example/keys', kid: '../../dev/null' };
    expect(await refusal(forge(header, claims(), 'mine'))).toBe('invalid');
  });

  it('with another secret, or a changed claim', async () => {
    expect(await refusal(forge({ alg: 'HS256' }, claims(), 'another secret'))).toBe('invalid');
    const [header, , signature] = forge({ alg: 'HS256' }, claims()).split('.');
    expect(await refusal(`${header}.${base64url(claims({ tenant: 'globex' }))}.${signature}`)).toBe(
      'invalid',
    );
  });

  it.each([
    ['another issuer', { iss: 'somebody' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'ramal-admin' }],
    ['no audience', { aud: undefined }],
    ['no tenant', { tenant: undefined }],
    ['an empty tenant', { tenant: '' }],
    ['a tenant that is no text', { tenant: ['acme'] }],
    ['no user', { sub: undefined }],
    ['an empty user', { sub: '' }],
    ['an extension that is none', { ramal: '3501;x' }],
    ['no end', { exp: undefined }],
    ['an end that is no number', { exp: 'tomorrow' }],
    ['a beginning in the future', { nbf: nowSec() + 600 }],
  ])('with %s', async (_, over) => {
    expect(await refusal(forge({ alg: 'HS256' }, claims(over)))).toBe('invalid');
  });

  it('after its end, which is told apart: a new one helps', async () => {
    expect(await refusal(forge({ alg: 'HS256' }, claims({ exp: nowSec() - 60 })))).toBe('expired');
    expect(await refusal(forge({ alg: 'HS256' }, claims({ exp: nowSec() - 60 }), 'another secret'))).toBe(
      'invalid',
    );
  });

  it.each(['', '.', '..', 'a.b.c', 'null', 'x'.repeat(8_192), `${base64url({ alg: 'HS256' })}..`])(
    'when it is no token: %j',
    async (token) => {
      expect(await refusal(token)).toBe('invalid');
    },
  );

  it('I8 without repeating the token', async () => {
    const token = forge({ alg: 'HS256' }, claims(), 'another secret');
    const error: unknown = await verifyAgentToken(token, SECRET).catch((failure: unknown) => failure);
    expect(String(error)).not.toContain(token.slice(0, 20));
  });
});
