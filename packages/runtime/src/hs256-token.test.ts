import { createHmac } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { Hs256TokenError, openHs256Token } from './hs256-token.ts';

const KEY = new TextEncoder().encode('a secret of thirty-two characters');
const RULE = {
  key: KEY,
  issuer: 'ramal',
  audience: 'agents',
  required: ['exp', 'sub'],
  clockToleranceSec: 5,
};
const NOW = 1_800_000_000;
const CLAIMS = { iss: 'ramal', aud: 'agents', sub: 'ana', iat: NOW, exp: NOW + 60 };

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const forge = (header: unknown, claims: unknown, key: Uint8Array = KEY) => {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
};
const open = (token: string, nowSec = NOW) => openHs256Token(token, RULE, nowSec);

describe('an HS256 token', () => {
  it('of the library that makes ours is opened', async () => {
    const token = await new SignJWT({ tenant: 'demo' })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .setSubject('ana')
      .setIssuer('ramal')
      .setAudience(['others', 'agents'])
      .setExpirationTime(NOW + 60)
      .sign(KEY);
    expect(open(token)).toMatchObject({ claims: { tenant: 'demo', sub: 'ana' }, kid: 'one' });
  });

  it('counts until its end and a moment longer, and says that only its time is wrong', () => {
    const token = forge({ alg: 'HS256' }, CLAIMS);
    expect(() => open(token, NOW + 64)).not.toThrow();
    expect(() => open(token, NOW + 65)).toThrow(expect.objectContaining({ expired: true }) as Error);
    const stolen = forge({ alg: 'HS256' }, CLAIMS, new Uint8Array(32));
    expect(() => open(stolen, NOW + 65)).toThrow(expect.objectContaining({ expired: false }) as Error);
  });

  it.each<[string, string]>([
    ['without a signature', `${part({ alg: 'none' })}.${part(CLAIMS)}.`],
    ['of another algorithm, signed like one of ours', forge({ alg: 'HS512' }, CLAIMS)],
    ['that says that it is not signed', forge({ alg: 'none' }, CLAIMS)],
    ['that names its algorithm in small letters', forge({ alg: 'hs256' }, CLAIMS)],
    ['of another key', forge({ alg: 'HS256' }, CLAIMS, new Uint8Array(32))],
    ['with an extension that must be understood', forge({ alg: 'HS256', crit: ['exp'] }, CLAIMS)],
    ['with an unencoded body', forge({ alg: 'HS256', b64: false }, CLAIMS)],
    ['with a fourth part', `${forge({ alg: 'HS256' }, CLAIMS)}.x`],
    ['with a blank in it', forge({ alg: 'HS256' }, CLAIMS).replace('.', '. ')],
    ['of another issuer', forge({ alg: 'HS256' }, { ...CLAIMS, iss: 'Ramal' })],
    ['of another audience', forge({ alg: 'HS256' }, { ...CLAIMS, aud: ['others'] })],
    ['without an audience', forge({ alg: 'HS256' }, { ...CLAIMS, aud: undefined })],
    ['that is not to be used yet', forge({ alg: 'HS256' }, { ...CLAIMS, nbf: NOW + 6 })],
    ['without an end', forge({ alg: 'HS256' }, { ...CLAIMS, exp: undefined })],
    ['whose end is a text', forge({ alg: 'HS256' }, { ...CLAIMS, exp: String(NOW + 60) })],
    ['of nobody', forge({ alg: 'HS256' }, { ...CLAIMS, sub: undefined })],
    ['whose claims are a list', forge({ alg: 'HS256' }, [CLAIMS])],
    ['whose claims are no JSON', forge({ alg: 'HS256' }, '{')],
    ['whose header is null', forge(null, CLAIMS)],
    ['that is empty', ''],
  ])('threat 7: one %s is refused', (_, token) => {
    expect(() => open(token)).toThrow(Hs256TokenError);
  });
});
