import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import type { Account } from './account.ts';
import type { Behaviour } from './behaviour.ts';
import type { BehaviourLayers } from './behaviour-layers.ts';
import type { CallPlayer } from './call-player.ts';
import { playFault } from './fault-player.ts';
import {
  type OriginateDecision,
  toOriginateDecision,
  toOriginateRequest,
  toPathAndQuery,
} from './originate-decision.ts';
import type { OriginateOutcome, OriginateRecord } from './originate-record.ts';
import type { PendingTimers } from './pending-timers.ts';
import { sendJson } from './reply.ts';
import { type SimulatorLog, toMaskedNumber } from './simulator-log.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export interface OriginateHandlerOptions {
  accounts: readonly Account[];
  behaviours: BehaviourLayers;
  calls: CallPlayer;
  timers: PendingTimers;
  log: SimulatorLog;
}

/** The originate API of all accounts. */
export interface OriginateHandler {
  /** True if the request was an originate: then it is recorded and will be answered, or deliberately not. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  records(): OriginateRecord[];
  clear(): void;
}

function toSentUrl(request: IncomingMessage): string {
  const target = request.url ?? '';
  return target.startsWith('/') ? `http://${request.headers.host ?? ''}${target}` : target;
}

function toHeaderPairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, raw[i + 1] ?? '']] : []));
}

function toHeaderText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The body of a reply, as CTIs write it. */
function toReplyBody(outcome: OriginateOutcome, replyStatus: number, id: string | null): object {
  if (outcome === 'unauthorized') return { status: 'error', message: 'wrong or missing credentials' };
  if (outcome === 'missing_variables')
    return { status: 'error', message: 'origin or destination is missing' };
  if (replyStatus >= 300) return { status: 'error', message: `told to reply ${replyStatus}` };
  return { status: 'ok', ...(id === null ? {} : { id }) };
}

export function createOriginateHandler(options: OriginateHandlerOptions): OriginateHandler {
  const { accounts, behaviours, calls, timers, log } = options;
  let records: Writable<OriginateRecord>[] = [];
  let seq = 0;

  function answer(
    request: IncomingMessage,
    response: ServerResponse,
    record: Writable<OriginateRecord>,
    account: Account | null,
    decision: OriginateDecision,
    behaviour: Behaviour,
  ): void {
    if (decision.placesCall && account) {
      record.callId = calls.place({
        account,
        direction: 'outgoing',
        origin: record.origin ?? '',
        destination: record.destination ?? '',
        behaviour,
      });
    }
    if (behaviour.fault !== 'none') {
      playFault(behaviour.fault, request, response);
      return;
    }
    const status = decision.replyStatus ?? 200;
    const id = behaviour.sendIds ? record.callId : null;
    if (status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="simulator"');
    sendJson(response, status, toReplyBody(decision.outcome, status, id));
  }

  function handle(request: IncomingMessage, response: ServerResponse): boolean {
    const { path, query } = toPathAndQuery(request.url ?? '');
    const candidates = accounts.filter((account) => account.path === path);
    if (candidates.length === 0) return false;

    const originate = toOriginateRequest(candidates, query, {
      authorization: request.headers.authorization,
      tokenHeader: toHeaderText(request.headers['token_auth']),
    });
    const behaviour = behaviours.take(originate.account?.name ?? null);
    const decision = toOriginateDecision(originate, behaviour);
    const record: Writable<OriginateRecord> = {
      seq: (seq += 1),
      at: Date.now(),
      account: originate.account?.name ?? null,
      method: request.method ?? '',
      url: toSentUrl(request),
      headers: toHeaderPairs(request.rawHeaders),
      origin: originate.origin,
      destination: originate.destination,
      authorized: originate.authorized,
      outcome: decision.outcome,
      replyStatus: decision.replyStatus,
      callId: null,
    };
    records.push(record);
    log('info', 'originate', {
      seq: record.seq,
      account: record.account,
      authorized: record.authorized,
      outcome: record.outcome,
      destination: toMaskedNumber(record.destination),
    });

    finished(request, { writable: false }, (error) => {
      if (error) {
        record.outcome = 'aborted';
        record.replyStatus = null;
        return;
      }
      // From here on the CTI works whether or not its client still waits.
      const answerNow = () => answer(request, response, record, originate.account, decision, behaviour);
      if (behaviour.answerDelayMs > 0) timers.after(behaviour.answerDelayMs, answerNow);
      else answerNow();
    });
    request.resume();
    return true;
  }

  return {
    handle,
    records: () => records.map((record) => ({ ...record })),
    clear() {
      records = [];
    },
  };
}
