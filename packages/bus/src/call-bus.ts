import { randomUUID } from 'node:crypto';
import {
  type AgentDelivery,
  type CallCommit,
  type IntentChange,
  type Line,
  type LiveCall,
  toReapAt,
} from '@ramal/calls';
import { type CallEvent, EVENT_FIELD, type Names, uuidV7Time } from '@ramal/contracts';
import type { Redis } from 'ioredis';
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

const HOUR_MS = 60 * 60 * 1000;
const KEEP = {
  dedupeMs: 10 * 60 * 1000,
  openCallMs: 12 * HOUR_MS,
  endedCallMs: 3 * HOUR_MS,
  lineMs: 12 * HOUR_MS,
  lineLength: 16,
  ramalCalls: 64,
  intentMs: 24 * HOUR_MS,
  popupsMs: 12 * HOUR_MS,
  tidyPopupsAbove: 60,
  mostPopups: 50,
  inboxMs: 10 * 60 * 1000,
  inboxLength: 1_000,
  metaMs: 48 * HOUR_MS,
};
/** When a call without an end is looked at after a commit of who does not know how long its tenant lets it stay open. */
const LOOK_AFTER_MS = 60_000;
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

export function createCallBus(redis: Redis, names: Names, options: CallBusOptions = {}): CallBus {
  const { recorder = NO_TRACES, maxCallMsOf = () => null } = options;
  const view = loadScript(redis, 'view');
  const commit = loadScript(redis, 'commit', 'live-sockets');
  const run = async (plan: Plan): Promise<Reply> =>
    (await commit(plan.keys, [JSON.stringify(plan.body)])) as Reply;
  const change = (tenant: string, planned: IntentChange, look: object): Promise<Reply> => {
    const keys = createKeyList();
    const intent = { ...toIntentPlan(tenant, planned, names, keys), ...look };
    return run({ keys: keys.all, body: { ...COMMON, intent, agents: [] } });
  };
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
      const reply = await run(toPlan(planned, names, maxCallMsOf(planned.tenant)));
      if (reply[0] === 'applied') recordPopups(recorder, planned, reply[2]);
      return toResult(reply);
    },
    async changeIntent(tenant, planned) {
      return toResult(await change(tenant, planned, {}));
    },
    async takeIntent(tenant, planned) {
      const reply = await change(tenant, planned, { look: names.callPrefix(tenant) });
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

interface Plan {
  keys: string[];
  body: object;
}

const COMMON = {
  dedupeMs: KEEP.dedupeMs,
  lineMs: KEEP.lineMs,
  lineLength: KEEP.lineLength,
  ramalCalls: KEEP.ramalCalls,
  popupsMs: KEEP.popupsMs,
  tidyPopupsAbove: KEEP.tidyPopupsAbove,
  mostPopups: KEEP.mostPopups,
  inboxMs: KEEP.inboxMs,
  inboxLength: KEEP.inboxLength,
  metaMs: KEEP.metaMs,
  lookAfterMs: LOOK_AFTER_MS,
  eventField: EVENT_FIELD,
};

function createKeyList() {
  const all: string[] = [];
  return { all, add: (key: string) => all.push(key) };
}
type KeyList = ReturnType<typeof createKeyList>;

function toPlan(commit: CallCommit, names: Names, maxCallMs: number | null): Plan {
  const { tenant, callId } = commit;
  if (commit.events.length === 0) throw new RangeError('a commit carries at least one event');
  const lookAt = commit.ended || maxCallMs === null ? null : toReapAt(commit.events, maxCallMs);
  const keys = createKeyList();
  const body = {
    ...COMMON,
    dedupe: keys.add(names.dedupe(tenant, commit.commitId)),
    epoch: randomUUID(),
    ...(commit.intent === undefined ? {} : { intent: toIntentPlan(tenant, commit.intent, names, keys) }),
    ...(commit.resolves === undefined ? {} : { resolves: keys.add(names.intent(tenant, commit.resolves)) }),
    call: {
      id: callId,
      key: keys.add(names.call(tenant, callId)),
      version: commit.expectedVersion,
      events: JSON.stringify(commit.events),
      ended: commit.ended,
      keepMs: commit.ended ? KEEP.endedCallMs : KEEP.openCallMs,
      open: keys.add(names.openCalls(names.partitionOf(tenant))),
      member: toDueMember(tenant, callId),
      ...(lookAt === null ? {} : { lookAt }),
      startedAt: uuidV7Time(callId),
      lines: commit.lines.map(({ ramal, peerKey }) => ({
        key: keys.add(names.line(tenant, ramal, peerKey)),
        ramalCalls: keys.add(names.ramalCalls(tenant, ramal)),
      })),
      expected: (commit.expectedLines ?? []).map(({ line, version }) => ({
        key: keys.add(names.line(tenant, line.ramal, line.peerKey)),
        version,
      })),
      ...(commit.externalCallId === undefined
        ? {}
        : { external: keys.add(names.external(tenant, commit.externalCallId)) }),
    },
    stream: keys.add(names.events(names.partitionOf(tenant))),
    events: commit.events.slice(-(commit.newEvents ?? 1)).map((one) => JSON.stringify(one)),
    agents: commit.deliveries.map((delivery) => toAgentPlan(tenant, delivery, names, keys)),
  };
  return { keys: keys.all, body };
}

function toIntentPlan(tenant: string, change: IntentChange, names: Names, keys: KeyList): object {
  const { intentId, from, fence, beforeDeadline, afterDeadlineMs, set, click, watch } = change;
  return {
    key: keys.add(names.intent(tenant, intentId)),
    due: keys.add(names.dueIntents(names.partitionOf(tenant))),
    member: toDueMember(tenant, intentId),
    from,
    set: Object.entries(set).flat(),
    keepMs: KEEP.intentMs,
    ...(fence === undefined ? {} : { fence }),
    ...(beforeDeadline === true ? { before: true } : {}),
    ...(afterDeadlineMs === undefined ? {} : { after: afterDeadlineMs }),
    ...(click === undefined
      ? {}
      : {
          click: {
            intentId,
            recent: keys.add(names.recentDial(tenant, click.user, click.to)),
            forMs: click.forMs,
          },
        }),
    ...(typeof watch === 'number' ? { watch } : {}),
    ...(watch === 'settled' ? { settled: true } : {}),
  };
}

function toAgentPlan(tenant: string, { user, messages }: AgentDelivery, names: Names, keys: KeyList): object {
  return {
    inbox: keys.add(names.inbox(tenant, user)),
    meta: keys.add(names.inboxMeta(tenant, user)),
    popups: keys.add(names.popups(tenant, user)),
    gateways: keys.add(names.gateways(names.partitionOf(tenant))),
    presence: keys.add(names.presence(tenant, user)),
    focus: keys.add(names.focus(tenant, user)),
    claims: keys.add(names.claims(tenant, user)),
    channel: keys.add(names.agentChannel(tenant, user)),
    messages: messages.map(({ op, ts, data, popup }) => ({
      body: JSON.stringify({ op, ts, data }),
      ...(popup === undefined
        ? {}
        : { change: popup.change, popupId: popup.popup.popupId, popup: JSON.stringify(popup.popup) }),
    })),
  };
}

/** How an intent or an open call is written in the set of those that are due. */
export function toDueMember(tenant: string, id: string): string {
  return JSON.stringify([tenant, id]);
}

function toRecord(flat: readonly string[]): Record<string, string> {
  const entries: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) entries.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return Object.fromEntries(entries);
}
