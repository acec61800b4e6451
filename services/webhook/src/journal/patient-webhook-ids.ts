import { type SignedMessage, WEBHOOK_TOLERANCE_SEC, type WebhookIds, type WebhookIdState } from '@ramal/bus';

/** Messages of the last ten minutes that one process remembers by itself. */
const MOST_REMEMBERED = 50_000;

/**
 * `WebhookIds` that go on without Redis: then a message is looked at by the time of Redis' clock as it is known, and by
 * what this process has seen itself. Whether it was another process' is looked at when Redis is told of it, so that a
 * recording of a callback gets an answer and has no effect (threat 5).
 */
export function createPatientWebhookIds(options: {
  ids: WebhookIds;
  /** Is it worth to ask Redis? */
  isRedisUp(): boolean;
  /** Redis did not answer. */
  onRedisFailed(error: unknown): void;
  /** Redis' clock, epoch ms. */
  nowMs(): number;
  patienceMs: number;
}): WebhookIds {
  const { ids, isRedisUp, onRedisFailed, nowMs, patienceMs } = options;
  const remembered = new Map<string, { digest: string; callId: string }>();
  const remember = (message: SignedMessage, callId: string) => {
    remembered.set(toKey(message), { digest: message.digest, callId });
    const [oldest] = remembered.keys();
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  };
  const recall = (message: SignedMessage): Exclude<WebhookIdState, { kind: 'outside' }> => {
    const known = remembered.get(toKey(message));
    if (known === undefined) return { kind: 'new' };
    return known.digest === message.digest ? { kind: 'stored', callId: known.callId } : { kind: 'reused' };
  };
  const checkAlone = (message: SignedMessage): WebhookIdState => {
    const ageSec = Math.floor(nowMs() / 1000) - message.timestampSec;
    return Math.abs(ageSec) > WEBHOOK_TOLERANCE_SEC ? { kind: 'outside', ageSec } : recall(message);
  };
  const withPatience = async (answer: Promise<WebhookIdState>): Promise<WebhookIdState> => {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('Command timed out')), patienceMs);
    });
    try {
      return await Promise.race([answer, silence]);
    } finally {
      clearTimeout(timer);
      answer.catch(() => undefined);
    }
  };

  return {
    async check(message) {
      if (!isRedisUp()) return checkAlone(message);
      try {
        const state = await withPatience(ids.check(message));
        // One that is only in the journal yet.
        return state.kind === 'new' ? recall(message) : state;
      } catch (error) {
        onRedisFailed(error);
        return checkAlone(message);
      }
    },
    seen: (message) => ids.seen(message),
    async markStored(message, callId) {
      remember(message, callId);
      // What is journaled has its mark set when Redis is told of it.
      if (callId === '' || !isRedisUp()) return;
      await ids.markStored(message, callId);
    },
  };
}

function toKey({ tenant, webhookId }: SignedMessage): string {
  return JSON.stringify([tenant, webhookId]);
}
