import { createHmac, timingSafeEqual } from 'node:crypto';
import { AGENT_TOKEN } from '@ramal/contracts';

/** As the services allow for clocks that differ, and a little for what a request takes. */
const TOLERANCE_SEC = 15;

/**
 * A second opinion on an agent's token, written without the library that the services use: true where it may be
 * taken. Lenient in how it is spelled, strict in what it proves.
 */
export function isGenuine(token: string, secret: string): boolean {
  const [head = '', body = '', signature = '', ...rest] = token.trim().split('.');
  if (rest.length > 0) return false;
  const [header, claims] = [decode(head), decode(body)];
  if (header?.['alg'] !== 'HS256' || claims === null) return false;
  const given = Buffer.from(signature, 'base64url');
  const due = createHmac('sha256', secret).update(`${head}.${body}`).digest();
  if (given.length !== due.length || !timingSafeEqual(given, due)) return false;
  const { iss, aud, exp, nbf } = claims;
  const nowSec = Date.now() / 1000;
  return (
    iss === AGENT_TOKEN.issuer &&
    (Array.isArray(aud) ? aud.includes(AGENT_TOKEN.audience) : aud === AGENT_TOKEN.audience) &&
    typeof exp === 'number' &&
    exp > nowSec - TOLERANCE_SEC &&
    (nbf === undefined || (typeof nbf === 'number' && nbf < nowSec + TOLERANCE_SEC))
  );
}

function decode(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
