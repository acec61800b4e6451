import { createHmac, timingSafeEqual } from 'node:crypto';

/** The three headers of Standard Webhooks, as the sender wrote them. */
export interface WebhookSignature {
  id: string;
  timestampSec: number;
  /** What may be the signature: one of several while the sender's secret changes. */
  candidates: readonly Buffer[];
}

const LONGEST_ID = 256;
const MOST_SIGNATURES = 20;
const SIGNATURE_BYTES = 32;
const VERSION = 'v1,';

/**
 * Reads `webhook-id`, `webhook-timestamp` and `webhook-signature`. Null when all are missing; `malformed` when some
 * are, or are not what the scheme says. Signatures of other versions are passed over.
 */
export function readSignature(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): WebhookSignature | 'malformed' | null {
  const given = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headers[name]);
  if (given.every((value) => value === undefined)) return null;
  const [id, timestamp, signature] = given;
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signature !== 'string') {
    return 'malformed';
  }
  if (id === '' || id.length > LONGEST_ID || !/^\d{1,12}$/.test(timestamp)) return 'malformed';
  const entries = signature.split(' ').filter((entry) => entry !== '');
  if (entries.length > MOST_SIGNATURES) return 'malformed';
  const candidates = entries
    .filter((entry) => entry.startsWith(VERSION))
    .map((entry) => Buffer.from(entry.slice(VERSION.length), 'base64'))
    .filter((bytes) => bytes.length === SIGNATURE_BYTES);
  return candidates.length === 0 ? 'malformed' : { id, timestampSec: Number(timestamp), candidates };
}

/** The signature of `{id}.{timestamp}.{payload}`: HMAC-SHA256 over the payload's very bytes. */
export function toSignature(
  key: Buffer,
  { id, timestampSec }: Pick<WebhookSignature, 'id' | 'timestampSec'>,
  payload: Buffer | string,
): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestampSec}.`).update(payload).digest();
}

/** Is one of the candidates made with one of the keys? Each comparison takes the same time (threat 5). */
export function isSigned(
  keys: readonly Buffer[],
  signature: WebhookSignature,
  payload: Buffer | string,
): boolean {
  let found = false;
  for (const key of keys) {
    const expected = toSignature(key, signature, payload);
    for (const candidate of signature.candidates) found = timingSafeEqual(candidate, expected) || found;
  }
  return found;
}
