import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a token must say, beside being signed by the key. */
export interface Hs256Rule {
  key: Uint8Array;
  issuer: string;
  audience: string;
  /** Claims that must be there. */
  required: readonly string[];
  clockToleranceSec: number;
}

/** The token is not one of this key and rule; `expired` when all but its time is right. */
export class Hs256TokenError extends Error {
  readonly code = 'token_invalid';
  readonly expired: boolean;
  constructor(message: string, expired = false) {
    super(message);
    this.expired = expired;
  }
}

interface Header {
  alg?: unknown;
  kid?: unknown;
  crit?: unknown;
  b64?: unknown;
}

const PART = /^[A-Za-z0-9_-]+$/;

/**
 * Checks an HS256 token where it stands (threat 7, RFC 7515 and 7519). A shared secret needs no thread of its own: the Web
 * Crypto API makes a job of each check, which cost more than everything else about a sign-in. The algorithm is fixed, keys
 * and addresses in the header are not looked at, and extensions nobody here understands are refused.
 * @param nowSec epoch, s
 * @throws Hs256TokenError
 */
export function openHs256Token(
  token: string,
  rule: Hs256Rule,
  nowSec: number,
): { claims: Record<string, unknown>; kid: string | undefined } {
  const [head = '', body = '', signature = '', ...more] = token.split('.');
  if (more.length > 0 || ![head, body, signature].every((part) => PART.test(part))) {
    throw new Hs256TokenError('no token');
  }
  const { alg, kid, crit, b64 } = parseObject(head) as Header;
  if (alg !== 'HS256') throw new Hs256TokenError('another algorithm');
  if (crit !== undefined || b64 !== undefined) throw new Hs256TokenError('an unknown extension');
  const expected = createHmac('sha256', rule.key).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new Hs256TokenError('the signature is wrong');
  }
  const claims = parseObject(body);
  requireClaims(claims, rule, nowSec);
  return { claims, kid: typeof kid === 'string' ? kid : undefined };
}

function requireClaims(claims: Record<string, unknown>, rule: Hs256Rule, nowSec: number): void {
  const { iss, aud, exp, nbf, iat } = claims;
  for (const name of rule.required) {
    if (!Object.hasOwn(claims, name)) throw new Hs256TokenError(`no ${name}`);
  }
  if (iss !== rule.issuer) throw new Hs256TokenError('another issuer');
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(rule.audience)) throw new Hs256TokenError('another audience');
  for (const time of [exp, nbf, iat]) {
    if (time !== undefined && typeof time !== 'number') throw new Hs256TokenError('a time is no number');
  }
  if (typeof nbf === 'number' && nbf > nowSec + rule.clockToleranceSec)
    throw new Hs256TokenError('too early');
  if (typeof exp === 'number' && exp <= nowSec - rule.clockToleranceSec) {
    throw new Hs256TokenError('too late', true);
  }
}

/** @throws Hs256TokenError when the part holds anything but a JSON object */
function parseObject(part: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    throw new Hs256TokenError('a part is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Hs256TokenError('a part is no object');
  }
  return value as Record<string, unknown>;
}
