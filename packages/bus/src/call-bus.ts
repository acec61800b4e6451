import type { CallCommit, IntentChange, Line, LiveCall } from '@ramal/calls';
import type { CallEvent, Names } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { type CommitPlan, toChangePlan, toCommitPlan } from './commit-plan.ts';
import { loadScript } from './load-script.ts';
import { NO_TRACES, type TraceRecorder } from './trace-recorder.ts';

/**
 * `late` and `early` are about a dial intent's deadline; after a `conflict` read and plan again. `alias`: a new intent
 * is a second click, and was recorded as another name of the first one's and as nothing else.
 */
export type CommitOutcome = 'applied' | 'duplicate' | 'conflict' | 'late' | 'early' | 'alias';

export interface CommitResult {
  outcome: CommitOutcome;
  /** Redis time, epoch ms. */
  nowMs: number;
  /** After `alias`: the first click's intentId. */
  aliasOf?: string;
}

export interface CallQuery {
  tenant: string;
  /** Read the recent calls of this extension. */
  ramal?: string;
  /** Read the recent calls of these extensions with these far ends. */
  lines?: readonly Line[];
  /** Read the call behind this id of the CTI's. */
  externalCallId?: string | undefined;
  callId?: string;
  intentId?: string;
}

export interface CallsView {
  /** Redis time, epoch ms. */
  nowMs: number;
  /** The lines that were read; a version changes whenever a call is added to its line. */
  lines: { line: Line; version: number }[];
  calls: LiveCall[];
  /** The intent's fields; null when unknown or older than a day. */
  intent: Record<string, string> | null;
}

/** The live calls of all tenants in Redis: read at one moment, changed in one step (I1-I5). */
export interface CallBus {
  view(query: CallQuery): Promise<CallsView>;
  commit(commit: CallCommit): Promise<CommitResult>;
  changeIntent(tenant: string, change: IntentChange): Promise<CommitResult>;
  /** Changes an intent and reads, at the same moment, what has become of it and its call; null where there is none. */
  takeIntent(
    tenant: string,
    change: IntentChange,
  ): Promise<CommitResult & { intent: Record<string, string> | null; call: LiveCall | null }>;
}

/** How many of a line's or an extension's calls are read, newest first. */
const MOST_CALLS = 32;

export interface CallBusOptions {
  /** Told of each pop-up that is published. */
  recorder?: TraceRecorder;
  /**
   * For how long after the last word on it a tenant's call stays open, ms, from memory; null where that is not known. Who is
   * told it writes down when the call is to be closed, so that nobody has to look at it before.
   */
  maxCallMsOf?(tenant: string): number | null;
}

/** The live calls in this Redis. */
export function createCallBus(redis: Redis, names: Names, options: CallBusOptions = {}): CallBus {
  const { recorder = NO_TRACES, maxCallMsOf = () => null } = options;
  const view = loadScript(redis, 'view');
  const commit = loadScript(redis, 'commit', 'live-sockets');
  const run = async (plan: CommitPlan): Promise<Reply> =>
    (await commit(plan.keys, [JSON.stringify(plan.body)])) as Reply;
  return {
    async view(query) {
      const { tenant, ramal, lines = [], externalCallId, callId, intentId } = query;
      const keys = lines.map((line) => names.line(tenant, line.ramal, line.peerKey));
      if (ramal !== undefined) keys.push(names.ramalCalls(tenant, ramal));
      if (externalCallId !== undefined) keys.push(names.external(tenant, externalCallId));
      if (callId !== undefined) keys.push(names.call(tenant, callId));
      if (intentId !== undefined) keys.push(names.intent(tenant, intentId));
      const flags = [externalCallId, callId, intentId].map((given) => (given === undefined ? 0 : 1));
      const lists = lines.length + (ramal === undefined ? 0 : 1);
      const args = [lists, ...flags, names.callPrefix(tenant), MOST_CALLS];
      const [now, versions, calls, intent] = (await view(keys, args)) as [
        string,
        string[],
        [string, string, string][],
        string[],
      ];
      return {
        nowMs: Number(now),
        lines: lines.map((line, i) => ({ line, version: Number(versions[i]) })),
        calls: calls.map(([id, version, events]) => toLiveCall(id, version, events)),
        intent: intent.length === 0 ? null : toRecord(intent),
      };
    },
    async commit(planned) {
      const reply = await run(toCommitPlan(planned, names, maxCallMsOf(planned.tenant)));
      if (reply[0] === 'applied') recordPopups(recorder, planned, reply[2]);
      return toResult(reply);
    },
    async changeIntent(tenant, planned) {
      return toResult(await run(toChangePlan(tenant, planned, names)));
    },
    async takeIntent(tenant, planned) {
      const reply = await run(toChangePlan(tenant, planned, names, { look: names.callPrefix(tenant) }));
      const [, , , , flat = [], [version, events] = []] = reply;
      if (flat.length === 0) return { ...toResult(reply), intent: null, call: null };
      const intent = toRecord(flat);
      const { callId } = intent;
      const isThere = callId !== undefined && version != null && events != null;
      return { ...toResult(reply), intent, call: isThere ? toLiveCall(callId, version, events) : null };
    },
  };
}

/** What commit.lua says. */
type Reply = [
  outcome: CommitOutcome,
  nowMs: string,
  heard: number[],
  aliasOf: string,
  intent?: string[],
  call?: (string | null)[],
];

function toResult([outcome, now, , aliasOf]: Reply): CommitResult {
  return { outcome, nowMs: Number(now), ...(aliasOf === '' ? {} : { aliasOf }) };
}

function toLiveCall(callId: string, version: string, events: string): LiveCall {
  // Written by this module and nobody else, so it is what it was.
  return { callId, version: Number(version), events: JSON.parse(events) as CallEvent[] };
}

/** @param heard for each delivery, how many gateways have a socket of its agent */
function recordPopups(recorder: TraceRecorder, commit: CallCommit, heard: readonly number[]): void {
  const { tenant, callId, deliveries } = commit;
  for (const [i, { user, messages }] of deliveries.entries()) {
    for (const { popup } of messages) {
      if (popup?.change !== 'show') continue;
      const { popupId, kind } = popup.popup;
      const detail = { kind, connected: (heard[i] ?? 0) > 0 };
      recorder.record(tenant, { callId, step: 'popup.published', user, popupId, detail });
    }
  }
}

function toRecord(flat: readonly string[]): Record<string, string> {
  const entries: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) entries.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return Object.fromEntries(entries);
}
