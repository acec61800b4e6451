import { createHash } from 'node:crypto';
import type { Names } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { loadScript } from './load-script.ts';

/** A callback whose signature is good. */
export interface SignedMessage {
  tenant: string;
  /** Its `webhook-id`, as the signature covers it. */
  webhookId: string;
  /** Its `webhook-timestamp`, in seconds since the epoch. */
  timestampSec: number;
  /** Of all that the message says: another one may not have the same id. */
  digest: string;
}

export type WebhookIdState =
  | { kind: 'new' }
  /** Stored before, as this call. */
  | { kind: 'stored'; callId: string }
  /** Its id was another message's. */
  | { kind: 'reused' }
  /** Older, or further ahead, than the tolerance allows. */
  | { kind: 'outside'; ageSec: number };

/** Which signed callbacks were stored, so that a recording of one is worth nothing (threat 5). */
export interface WebhookIds {
  /** Reads and changes nothing, so that a callback that can't be stored may come again. */
  check(message: SignedMessage): Promise<WebhookIdState>;
  /** The same of a message whose time was looked at when it was received. */
  seen(message: SignedMessage): Promise<Exclude<WebhookIdState, { kind: 'outside' }>>;
  /** Call it when the callback is stored. */
  markStored(message: SignedMessage, callId: string): Promise<void>;
}

/** How far a timestamp may be from Redis' clock, either way. */
export const WEBHOOK_TOLERANCE_SEC = 300;
/** A message that is ahead of its time by the tolerance is good for twice as long; some more for the rounding. */
const KEEP_SEC = 2 * WEBHOOK_TOLERANCE_SEC + 10;

export function createWebhookIds(redis: Redis, names: Names): WebhookIds {
  const run = loadScript(redis, 'webhook-id');
  const keyOf = ({ tenant, webhookId }: SignedMessage) =>
    names.webhookId(tenant, createHash('sha256').update(webhookId).digest('hex'));
  const toState = (mark: string | null, message: SignedMessage) => {
    if (mark === null) return { kind: 'new' } as const;
    const [digest, callId = ''] = mark.split(' ');
    return digest === message.digest ? ({ kind: 'stored', callId } as const) : ({ kind: 'reused' } as const);
  };
  return {
    async check(message) {
      const said = await run([keyOf(message)], [message.timestampSec, WEBHOOK_TOLERANCE_SEC]);
      if (typeof said === 'number') return { kind: 'outside', ageSec: said };
      const [mark] = said as [string];
      return toState(mark === 'in' ? null : mark, message);
    },
    seen: async (message) => toState(await redis.get(keyOf(message)), message),
    async markStored(message, callId) {
      // The first one stays: of two that came at the same moment both were stored as one.
      await redis.set(keyOf(message), `${message.digest} ${callId}`, 'EX', KEEP_SEC, 'NX');
    },
  };
}
