import { randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
const BYTES = 32;
/** What Standard Webhooks asks of a secret. */
const LEAST_BYTES = 24;
const MOST_BYTES = 64;

/** A new secret of the Standard Webhooks scheme: `whsec_` and 32 random bytes in base64. */
export function newSigningSecret(): string {
  return `${PREFIX}${randomBytes(BYTES).toString('base64')}`;
}

/** The key of a secret, with or without `whsec_`; null when it is no base64 of 24 to 64 bytes. */
export function toSigningKey(secret: string): Buffer | null {
  const base64 = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  const key = Buffer.from(base64, 'base64');
  // What is cut off in the middle decodes, too, and would be another key.
  if (key.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, '')) return null;
  return key.length >= LEAST_BYTES && key.length <= MOST_BYTES ? key : null;
}
