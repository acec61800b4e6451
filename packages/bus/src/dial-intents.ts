import {
  type CallCommit,
  type DialStep,
  type IntentChange,
  planDialRequest,
  planDialStep,
  planRefusedDial,
  SENT_GRACE_MS,
  toClaim,
  toRequeue,
  toSpentFence,
} from '@ramal/calls';
import {
  type CallContext,
  dialReason,
  type DialReason,
  type Direction,
  type IntentState,
  intentState,
  type Names,
} from '@ramal/contracts';
import type { Redis } from 'ioredis';
import type { CallBus, CommitOutcome } from './call-bus.ts';
import { toDueMember } from './commit-plan.ts';
import type { DialAdmission } from './dial-limits.ts';
import type { DialQueue } from './dial-queue.ts';
import { loadScript } from './load-script.ts';
import { createSeenCalls } from './seen-calls.ts';
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
  /** Why an earlier attempt may have reached the CTI, where it may be asked again all the same: never again failed. */
  doubt?: DialReason;
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
  /** How long ago the click was, in ms, where it had to wait for a connection; its deadline counts from then (I2). */
  ageMs?: number | undefined;
  /** A VIP tenant's dials go first (R42). */
  urgent: boolean;
}

/**
 * `repeated`: told before, or a second click on the same number within two seconds; then `intentId` is the one that all
 * further steps name. `conflict`: this intentId was used for another number or by another user.
 */
export type RequestOutcome =
  | { kind: 'recorded' | 'repeated'; intentId: string; callId: string }
  | { kind: 'refused'; intentId: string; callId: string; reason: DialReason }
  | { kind: 'conflict' };

/** What a dial limiter says of a dial that is to be recorded, or is. */
type AdmittedDial = Exclude<DialAdmission, { kind: 'flood' }>;

/** The dial intents' record: every change is one atomic commit, so that no intent is ever sent twice. */
export interface DialIntents {
  /**
   * Records the click, shows the start pop-up and queues the dial; the same intent again gives the same answer.
   * @param admit whether the intent is new, and if so whether it is recorded as refused instead; the same moment is the
   * click's. What it throws is passed on, and nothing recorded. Default: each new one is let in
   */
  request(dial: NewDial, admit?: () => Promise<AdmittedDial>): Promise<RequestOutcome>;
  /** By its own id or by that of a second click; the intent that is found names its own. */
  find(tenant: string, intentId: string): Promise<{ intent: DialIntent; nowMs: number } | null>;
  /**
   * Takes the intent for one attempt under a fresh fence; nothing is taken that was sent or is late.
   * @returns with what became of it the intent as it is now; null where there is none, or one that is only another name
   */
  claim(
    intent: Pick<DialIntent, 'tenant' | 'intentId'>,
    fence: string,
  ): Promise<{ outcome: CommitOutcome; intent: DialIntent | null; nowMs: number }>;
  /**
   * Gives an intent back that this fence holds, to be tried again; `conflict` when it holds it no more, `late` after
   * the deadline. Only for who knows that nothing was placed, or that asking again is safe (I1).
   * @param doubt why the CTI may have placed it all the same
   */
  requeue(intent: DialIntent, fence: string, doubt?: DialReason): Promise<'applied' | 'conflict' | 'late'>;
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
  const seen = createSeenCalls();
  const due = loadScript(redis, 'due');

  /** The intent behind an id, its own or that of a second click; with Redis' time also where there is none. */
  const look = async (
    tenant: string,
    intentId: string,
  ): Promise<{ intent: DialIntent | null; nowMs: number }> => {
    const { intent, nowMs, calls } = await bus.view({ tenant, intentId });
    const aliasOf = intent?.['aliasOf'];
    if (aliasOf !== undefined) return look(tenant, aliasOf);
    if (intent === null) return { intent, nowMs };
    const found = toIntent(tenant, intentId, intent);
    const call = calls.find(({ callId }) => callId === found.callId);
    if (call !== undefined && !isSettled(found)) seen.note(found, call, nowMs);
    return { intent: found, nowMs };
  };

  const admitNew = async (tenant: string, intentId: string): Promise<AdmittedDial> => {
    const { intent, nowMs } = await look(tenant, intentId);
    return { kind: intent === null ? 'in' : 'known', nowMs };
  };

  /** Another event of the same call may slip in between reading and writing; then plan again. */
  const commitStep = async (intent: DialIntent, step: DialStep): Promise<CommitOutcome> => {
    const { tenant, intentId, callId } = intent;
    const first = 'fence' in step ? seen.take(intent) : undefined;
    if (first !== undefined) {
      const planned = planDialStep(first.intent, first.call, step, first.nowMs());
      const { outcome, nowMs } = await bus.commit(planned);
      if (outcome === 'applied' && planned.intent?.watch !== 'settled') {
        const { events, expectedVersion } = planned;
        seen.note(first.intent, { callId, events: [...events], version: expectedVersion + 1 }, nowMs);
      }
      if (outcome !== 'conflict') return outcome;
    }
    for (let tries = 0; tries < MOST_CONFLICTS; tries++) {
      const view = await bus.view({ tenant, callId, intentId });
      const call = view.calls.find((candidate) => candidate.callId === callId);
      if (call === undefined || view.intent === null) return 'conflict';
      const current = toIntent(tenant, intentId, view.intent);
      // The phone may be ringing already: nothing that was said could take it back.
      if (step.type === 'dial.canceled' && current.doubt !== undefined) return 'conflict';
      const commit: CallCommit = planDialStep(current, call, step, view.nowMs);
      const { outcome } = await bus.commit(commit);
      if (outcome !== 'conflict') return outcome;
      if (step.type === 'dial.accepted' && step.externalCallId !== undefined) {
        // The CTI's id may name another live call: the dial has its end all the same, without the id. A conflict that
        // had another cause is one without the id too.
        const { externalCallId: _taken, ...unnamed } = step;
        const second = await bus.commit(planDialStep(current, call, unnamed, view.nowMs));
        if (second.outcome !== 'conflict') return second.outcome;
      }
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
    async find(tenant, intentId) {
      const { intent, nowMs } = await look(tenant, intentId);
      return intent === null ? null : { intent, nowMs };
    },
    async request(dial, admit) {
      const { tenant, intentId } = dial;
      const told = async (): Promise<RequestOutcome> => {
        const { intent } = await look(tenant, intentId);
        return intent === null ? { kind: 'conflict' } : repeat(intent, dial, enqueue);
      };
      const { nowMs, ...admission } = admit === undefined ? await admitNew(tenant, intentId) : await admit();
      if (admission.kind === 'known') return told();
      const refusal = admission.kind === 'refused' ? admission.reason : null;
      const request = { ...dial, callId: newCallId(nowMs), nowMs };
      const commit = refusal === null ? planDialRequest(request) : planRefusedDial(request, refusal);
      const { outcome } = await bus.commit(commit);
      if (outcome === 'conflict' || outcome === 'alias') return told();
      const { callId } = commit;
      if (refusal !== null) return { kind: 'refused', intentId, callId, reason: refusal };
      await enqueue(dial, callId);
      return { kind: 'recorded', intentId, callId };
    },
    async claim({ tenant, intentId }, fence) {
      const { outcome, intent: fields, call, nowMs } = await bus.takeIntent(tenant, toClaim(intentId, fence));
      if (fields === null || fields['aliasOf'] !== undefined) return { outcome, intent: null, nowMs };
      const intent = toIntent(tenant, intentId, fields);
      if (outcome === 'applied' && call !== null) seen.note(intent, call, nowMs);
      return { outcome, intent, nowMs };
    },
    async requeue(intent, fence, doubt) {
      const { tenant, intentId } = intent;
      // The doubt is on the record now and not on what was seen.
      seen.take(intent);
      const { outcome } = await bus.changeIntent(tenant, toRequeue(intentId, fence, doubt));
      if (outcome === 'applied' || outcome === 'late') return outcome;
      // A resend after a lost reply finds its own work done.
      const { intent: now } = await bus.view({ tenant, intentId });
      // A primary that took over without our claim has it as nobody's, which is what was asked for.
      const isBack =
        now?.['fence'] === toSpentFence(fence) || (now?.['state'] === 'queued' && now['doubt'] === doubt);
      return isBack ? 'applied' : 'conflict';
    },
    step: commitStep,
    async overdue(partition, limit) {
      const members = (await due([names.dueIntents(partition)], [limit])) as string[];
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
  const { intentId, callId } = known;
  if (known.state === 'queued') await enqueue({ ...dial, intentId }, callId);
  return { kind: 'repeated', intentId, callId };
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
    ...(fields['doubt'] === undefined ? {} : { doubt: dialReason.parse(fields['doubt']) }),
  };
}
