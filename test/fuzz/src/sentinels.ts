import { setTimeout as delay } from 'node:timers/promises';
import { sleepUntil } from '@ramal/testkit';
import type pg from 'pg';
import type { FuzzFaults } from './fuzz-faults.ts';
import type { Exchange, HttpLane } from './http-lane.ts';
import { toRequestBytes } from './http-input.ts';
import type { Known } from './known.ts';
import type { SocketLane } from './socket-lane.ts';

/** Good events on the garbage's own connections: each must be answered well, and stored. */
export interface Sentinels {
  callback(webhook: HttpLane, target: string): Promise<void>;
  dial(socket: SocketLane, target: string): Promise<void>;
  /** How many were sent. */
  sent(): number;
  /** Waits until all that were answered well are stored; notes those that are not. */
  settle(signal: AbortSignal): Promise<void>;
}

const STORED_WITHIN_MS = 180_000;
const RETRY_AFTER_MS = 1_000;
const MOST_TRIES = 10;

const isRefusedForNow = (exchange: Exchange) =>
  exchange.outcome === 'answered' && exchange.answer.status === 503;

export function createSentinels(options: { pool: pg.Pool; faults: FuzzFaults; known: Known }): Sentinels {
  const { pool, faults, known } = options;
  const demo = known.companies.find(({ tenant }) => tenant === 'demo');
  /** By far end, which no garbage has: the target it was sent in. */
  const due = new Map<string, string>();
  let last = 0;

  const lose = (target: string, detail: string) =>
    faults.note('sentinelsLost', { target, index: null }, detail);
  const begin = (target: string) => {
    last += 1;
    const peer = `11${String(900_000_000 + last)}`;
    due.set(peer, target);
    return peer;
  };

  return {
    async callback(webhook, target) {
      const peer = begin(target);
      const path = `/v1/cti/${demo?.callbackToken ?? ''}/incoming?origem=${peer}&destino=3503`;
      const bytes = toRequestBytes({ host: 'webhook', method: 'GET', target: path, headers: [], body: null });
      let exchange = await webhook.exchange(bytes, 'GET');
      // It is asked to come again, and does, as a CTI would.
      for (let tries = 1; isRefusedForNow(exchange) && tries < MOST_TRIES; tries++) {
        await delay(RETRY_AFTER_MS);
        exchange = await webhook.exchange(bytes, 'GET');
      }
      if (exchange.outcome === 'answered' && exchange.answer.status === 200) return;
      due.delete(peer);
      lose(target, `a good callback: ${JSON.stringify(exchange)}`);
    },
    async dial(socket, target) {
      const peer = begin(target);
      const id = `sentinel-${peer}`;
      const ask = () =>
        socket.ask('dial', id, { intentId: id, to: peer }).catch((error: unknown) => String(error));
      let answer = await ask();
      for (let tries = 1; answer.includes('"retryable":true') && tries < MOST_TRIES; tries++) {
        await delay(RETRY_AFTER_MS);
        answer = await ask();
      }
      if (answer.startsWith('{"op":"ack"')) return;
      due.delete(peer);
      lose(target, `a good click: ${answer}`);
    },
    sent: () => last,
    async settle(signal) {
      const findMissing = async () => {
        const { rows } = await pool.query<{ peer: string }>(
          'select distinct peer from calls where tenant = $1 and peer = any($2)',
          ['demo', [...due.keys()]],
        );
        for (const { peer } of rows) due.delete(peer);
        return due.size === 0;
      };
      await sleepUntil(findMissing, { signal, timeoutMs: STORED_WITHIN_MS, everyMs: 250 }).catch(
        () => undefined,
      );
      signal.throwIfAborted();
      for (const [peer, target] of due) lose(target, `${peer} was answered well and is not stored`);
    },
  };
}
