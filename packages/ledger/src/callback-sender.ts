import { setMaxListeners } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { PlannedCall, PlannedCallback } from './plan.ts';

/** What became of one callback, its double included. */
export interface SentCallback {
  call: PlannedCall;
  callback: PlannedCallback;
  /** When its first copy was sent, epoch ms; null before. */
  sentAtMs: number | null;
  /** Copies that were answered 2xx. */
  acknowledged: number;
}

/** A CTI that keeps its connections open, sends many callbacks at once and tries again what failed. */
export interface CallbackSender {
  /** `notAfterMs`, epoch ms: a copy whose turn, or next try, comes later is left out, for it would break the plan's window. */
  send(sent: SentCallback, notAfterMs?: number): void;
  /** Copies that were sent, that were answered 2xx, answers that were not 2xx or did not come. */
  readonly counts: { sent: number; acknowledged: number; non2xx: number };
  /** From the first try to the 2xx of each copy that got one, in ms. */
  readonly latenciesMs: readonly number[];
  /** Copies that are waiting or under way. */
  pending(): number;
  stop(): void;
}

const CONNECTIONS = 24;
const RETRY_MS = [250, 500, 1000, 2000, 4000, 6000];
const ANSWER_WITHIN_MS = 10_000;
/** A copy of what was answered 2xx is left out when it has waited so long for a connection: so late it would be another call's ring. */
const COPY_WAITS_MS = 2_000;

/**
 * @param balanced as behind a load balancer: a process that does not answer, or says 503, is passed over, and the next one
 * is asked at once; only when none answers does the copy count as not answered, and is it tried again later
 */
export function createCallbackSender(webhookUrls: readonly string[], balanced = false): CallbackSender {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const queue: { sent: SentCallback; notAfterMs: number; sinceMs: number }[] = [];
  const counts = { sent: 0, acknowledged: 0, non2xx: 0 };
  const latenciesMs: number[] = [];
  const stopped = new AbortController();
  // Every request under way listens.
  setMaxListeners(0, stopped.signal);
  let busy = 0;

  const post = (url: string, sent: SentCallback): Promise<'2xx' | 'refused' | 'away'> =>
    new Promise((resolve) => {
      const { tenant } = sent.call;
      const { kind, variables } = sent.callback;
      const query = new URLSearchParams(variables).toString();
      const base = `${url}/v1/cti/${tenant.callbackToken}/${kind}`;
      const body = tenant.sendsIds ? JSON.stringify(variables) : '';
      const asked = request(
        tenant.sendsIds ? base : `${base}?${query}`,
        {
          agent,
          method: tenant.sendsIds ? 'POST' : 'GET',
          timeout: ANSWER_WITHIN_MS,
          signal: stopped.signal,
          headers: tenant.sendsIds ? { 'content-type': 'application/json' } : {},
        },
        (response) => {
          response.resume();
          const { statusCode = 500 } = response;
          const answer = statusCode < 300 ? '2xx' : statusCode === 503 ? 'away' : 'refused';
          response.once('end', () => resolve(answer));
          response.once('error', () => resolve('away'));
        },
      );
      asked.once('timeout', () => asked.destroy(new Error('no answer')));
      asked.once('error', () => resolve('away'));
      asked.end(body);
    });

  /** One try, at one process or, balanced, at as many as it takes. */
  const tryOnce = async (sent: SentCallback, first: number): Promise<boolean> => {
    const most = balanced ? webhookUrls.length : 1;
    for (let i = 0; i < most; i++) {
      const answer = await post(webhookUrls[(first + i) % webhookUrls.length] ?? '', sent);
      if (answer !== 'away') return answer === '2xx';
    }
    return false;
  };

  const deliver = async (sent: SentCallback, notAfterMs: number): Promise<void> => {
    const startedMs = performance.now();
    for (const [tries, pauseMs] of [...RETRY_MS, null].entries()) {
      if (stopped.signal.aborted || Date.now() > notAfterMs) return;
      // For the same reason it is not tried again for its double's sake.
      if (tries > 0 && sent.acknowledged > 0) return;
      sent.sentAtMs ??= Date.now();
      if (await tryOnce(sent, counts.sent + tries)) {
        latenciesMs.push(performance.now() - startedMs);
        sent.acknowledged += 1;
        counts.acknowledged += 1;
        return;
      }
      if (stopped.signal.aborted) return;
      counts.non2xx += 1;
      if (pauseMs !== null) await delay(pauseMs);
    }
  };

  const work = () => {
    while (busy < CONNECTIONS) {
      const next = queue.shift();
      if (next === undefined) return;
      if (next.notAfterMs < Date.now()) continue;
      if (next.sent.acknowledged > 0 && performance.now() - next.sinceMs > COPY_WAITS_MS) continue;
      counts.sent += 1;
      busy += 1;
      void deliver(next.sent, next.notAfterMs).finally(() => {
        busy -= 1;
        work();
      });
    }
  };

  return {
    counts,
    latenciesMs,
    pending: () => busy + queue.length,
    send: (sent, notAfterMs = Number.POSITIVE_INFINITY) => {
      queue.push({ sent, notAfterMs, sinceMs: performance.now() });
      work();
    },
    stop: () => {
      stopped.abort();
      agent.destroy();
    },
  };
}
