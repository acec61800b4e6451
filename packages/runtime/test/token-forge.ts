import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK, type JWK, SignJWT } from 'jose';

/** A provider's key, as it signs and as it publishes it. */
export interface ForgedKey {
  kid: string;
  alg: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  jwk: JWK;
}

const MAKERS: Record<string, () => { privateKey: KeyObject; publicKey: KeyObject }> = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

/** Makes a key pair for an algorithm of `MAKERS`. */
export async function createForgedKey(kid: string, alg = 'ES256'): Promise<ForgedKey> {
  const pair = MAKERS[alg]?.();
  if (pair === undefined) throw new Error(`no keys are made for ${alg}`);
  const jwk = { ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' };
  return { kid, alg, ...pair, jwk };
}

export const nowSec = (): number => Math.floor(Date.now() / 1000);

/** Signs any claims with a provider's key, and any header on top. */
export function signWith(
  key: ForgedKey,
  claims: Record<string, unknown>,
  header: object = {},
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey);
}

/** A token with any header and claims, signed with HMAC or not at all. */
export function forge(header: object, claims: object, key: string | null, hash = 'sha256'): string {
  const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${base64url(header)}.${base64url(claims)}`;
  return `${text}.${key === null ? '' : createHmac(hash, key).update(text).digest('base64url')}`;
}
