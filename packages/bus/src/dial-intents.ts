import {
  type CallCommit,
  type DialStep,
  type IntentChange,
  type LiveCall,
  planDialRequest,
  planDialStep,
  SENT_GRACE_MS,
  toClaim,
} from '@ramal/calls';
import {
  type CallContext,
  type Direction,
  type IntentState,
  intentState,
  type Names,
} from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { type CallBus, type CommitOutcome, toDueMember } from './call-bus.ts';
import type { DialQueue } from './dial-queue.ts';
import { NO_TRACES, type TraceRecorder } from './trace-recorder.ts';

/** A dial intent as recorded (I1). */
export interface DialIntent {
  tenant: string;
  intentId: string;
  callId: string;
  user: string;
  ramal: string;
  to: string;
  direction: Direction;
  state: IntentState;
  /** Epoch ms, Redis time (I2). */
  deadlineMs: number;
}

export interface NewDial {
  tenant: string;
  user: string;
  ramal: string;
  intentId: string;
  to: string;
  /** `to` in E.164, where the tenant opted into normalisation (R34). */
  toE164?: string | undefined;
  direction: Direction;
  via: 'agent' | 'api';
  context?: CallContext | undefined;
  /** A VIP tenant's dials go first (R42). */
  urgent: boolean;
}

/** `conflict`: this intentId was used for another number or by another user. */
export type RequestOutcome = { kind: 'recorded' | 'repeated'; callId: string } | { kind: 'conflict' };

/** The dial intents' record: every change is one atomic commit, so that no intent is ever sent twice. */
export interface DialIntents {
  /** Records the click, shows the start pop-up and queues the dial; the same intent again gives the same answer. */
  request(dial: NewDial): Promise<RequestOutcome>;
  find(tenant: string, intentId: string): Promise<{ intent: DialIntent; nowMs: number } | null>;
  /** Takes the intent for one attempt under a fresh fence; nothing is taken that was sent or is late. */
  claim(intent: DialIntent, fence: string): Promise<CommitOutcome>;
  /** Records one step and tells the agents. `duplicate` means that this very step is recorded already. */
  step(intent: DialIntent, step: DialStep): Promise<CommitOutcome>;
  /** Intents whose outcome is overdue. */
  overdue(partition: number, limit: number): Promise<{ tenant: string; intentId: string }[]>;
  /** Takes an intent that is settled or gone from the overdue ones. */
  forget(tenant: string, intentId: string): Promise<void>;
}

const MOST_CONFLICTS = 20;

export function createDialIntents(options: {
  redis: Redis;
  names: Names;
  bus: CallBus;
  queue: DialQueue | null;
  newCallId: (nowMs: number) => string;
  /** Told of each job that is queued. */
  recorder?: TraceRecorder;
}): DialIntents {
  const { redis, names, bus, queue, newCallId, recorder = NO_TRACES } = options;

  const find: DialIntents['find'] = async (tenant, intentId) => {
    const { intent, nowMs } = await bus.view({ tenant, intentId });
    return intent === null ? null : { intent: toIntent(tenant, intentId, intent), nowMs };
  };

  /** Another event of the same call may slip in between reading and writing; then plan again. */
  const commitStep = async (
    intent: DialIntent,
    plan: (call: LiveCall, nowMs: number) => CallCommit,
  ): Promise<CommitOutcome> => {
    const { tenant, intentId, callId } = intent;
    for (let tries = 0; tries < MOST_CONFLICTS; tries++) {
      const view = await bus.view({ tenant, callId, intentId });
      const call = view.calls.find((candidate) => candidate.callId === callId);
      if (call === undefined || view.intent === null) return 'conflict';
      const commit = plan(call, view.nowMs);
      const { outcome } = await bus.commit(commit);
      if (outcome !== 'conflict') return outcome;
      const { intent: now } = await bus.view({ tenant, intentId });
      if (now === null || !mayStillApply(commit.intent, now)) return 'conflict';
    }
    throw new Error(`no commit in ${MOST_CONFLICTS} tries`);
  };

  const enqueue = async ({ tenant, intentId, user, urgent }: NewDial, callId: string): Promise<void> => {
    if (queue === null) return;
    await queue.add({ tenant, intentId }, urgent);
    recorder.record(tenant, { callId, step: 'job.queued', user, detail: { urgent } });
  };

  return {
    find,
    async request(dial) {
      const { tenant, intentId } = dial;
      const known = await find(tenant, intentId);
      if (known !== null) return repeat(known.intent, dial, enqueue);
      const { nowMs } = await bus.view({ tenant });
      const commit = planDialRequest({ ...dial, callId: newCallId(nowMs), nowMs });
      const { outcome } = await bus.commit(commit);
      if (outcome === 'conflict') {
        const other = await find(tenant, intentId);
        return other === null ? { kind: 'conflict' } : repeat(other.intent, dial, enqueue);
      }
      await enqueue(dial, commit.callId);
      return { kind: 'recorded', callId: commit.callId };
    },
    async claim(intent, fence) {
      return (await bus.changeIntent(intent.tenant, toClaim(intent.intentId, fence))).outcome;
    },
    step: (intent, step) => commitStep(intent, (call, nowMs) => planDialStep(intent, call, step, nowMs)),
    async overdue(partition, limit) {
      const [seconds, micros] = (await redis.time()) as unknown as [string | number, string | number];
      const nowMs = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
      const members = await redis.zrangebyscore(
        names.dueIntents(partition),
        '-inf',
        nowMs,
        'LIMIT',
        0,
        limit,
      );
      return members.map((member) => {
        const [tenant = '', intentId = ''] = JSON.parse(member) as string[];
        return { tenant, intentId };
      });
    },
    async forget(tenant, intentId) {
      await redis.zrem(names.dueIntents(names.partitionOf(tenant)), toDueMember(tenant, intentId));
    },
  };
}

/** Nothing more happens to an intent in one of these states. */
export function isSettled(intent: DialIntent): boolean {
  return intent.state !== 'queued' && intent.state !== 'claimed' && intent.state !== 'sent';
}

/** The watchdog's verdict on an overdue intent; null while the dialer may still settle it, or when it is settled. */
export function toVerdict(intent: DialIntent, nowMs: number): DialStep | null {
  switch (intent.state) {
    case 'queued':
    case 'claimed':
      return nowMs >= intent.deadlineMs ? { type: 'dial.expired' } : null;
    case 'sent':
      return nowMs >= intent.deadlineMs + SENT_GRACE_MS
        ? { type: 'dial.uncertain', reason: 'cti_timeout' }
        : null;
    case 'accepted':
    case 'failed':
    case 'uncertain':
    case 'expired':
    case 'canceled':
      return null;
  }
}

/** Was it the call alone that had changed, or can this step never be made any more? */
function mayStillApply(change: IntentChange | undefined, now: Record<string, string>): boolean {
  const { from = [], fence } = change ?? {};
  const isFrom = from.some((state) => state === now['state']);
  return isFrom && (fence === undefined || fence === now['fence']);
}

/** The click again: same answer, and queued again in case the first try ended between recording and queueing. */
async function repeat(
  known: DialIntent,
  dial: NewDial,
  enqueue: (dial: NewDial, callId: string) => Promise<void>,
): Promise<RequestOutcome> {
  if (known.to !== dial.to || known.user !== dial.user) return { kind: 'conflict' };
  if (known.state === 'queued') await enqueue(dial, known.callId);
  return { kind: 'repeated', callId: known.callId };
}

function toIntent(tenant: string, intentId: string, fields: Record<string, string>): DialIntent {
  const { callId = '', user = '', ramal = '', to = '', direction = 'unknown', deadlineMs = '0' } = fields;
  return {
    tenant,
    intentId,
    callId,
    user,
    ramal,
    to,
    direction: direction as Direction,
    state: intentState.parse(fields['state']),
    deadlineMs: Number(deadlineMs),
  };
}
