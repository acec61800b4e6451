import { setTimeout as delay } from 'node:timers/promises';
import { type CallbackAnswer, sendCallback } from '../harness/send-callback.ts';

/** Sends callbacks as a CTI does that retries, and keeps the book of what was answered 2xx (I3). */
export interface CtiCaller {
  /** Acknowledged callbacks: `<call id> <kind>`. */
  readonly acknowledged: Set<string>;
  /** What else came back: statuses, and `network` where nothing did. */
  readonly others: Map<string, number>;
  /** Answers that no good callback may get: 4xx (I3). */
  readonly refusals: CallbackAnswer[];
  send(kind: string, id: string, variables: Record<string, string>): Promise<void>;
}

const RETRY_MS = 200;
const PATIENCE_MS = 60_000;

export function createCtiCaller(baseUrl: string): CtiCaller {
  const acknowledged = new Set<string>();
  const others = new Map<string, number>();
  const refusals: CallbackAnswer[] = [];
  const note = (what: string) => others.set(what, (others.get(what) ?? 0) + 1);
  return {
    acknowledged,
    others,
    refusals,
    send: async (kind, id, variables) => {
      const url = `${baseUrl}/${kind}?${new URLSearchParams({ ...variables, id })}`;
      const untilMs = performance.now() + PATIENCE_MS;
      while (performance.now() < untilMs) {
        const answer = await sendCallback(url).catch(() => null);
        if (answer?.status === 200) {
          acknowledged.add(`${id} ${kind}`);
          return;
        }
        note(answer === null ? 'network' : String(answer.status));
        if (answer !== null && answer.status < 500) {
          refusals.push(answer);
          return;
        }
        await delay(RETRY_MS);
      }
      throw new Error(`${kind} of ${id} was never answered 2xx`);
    },
  };
}
