import type { OriginateRecord } from '@ramal/simulator';
import type { BookedDial, FinalState } from './dial-book.ts';

/** A click as PostgreSQL holds it. */
export interface StoredIntent {
  /** Redis time of the click, epoch ms. */
  requestedMs: number;
  ends: { state: FinalState; atMs: number }[];
}

/** What the simulated CTI has in its log of one number. */
export type LoggedOriginate = Pick<OriginateRecord, 'seq' | 'at' | 'outcome' | 'replyStatus'>;

/** A click from all sides. */
export interface IntentEvidence {
  dial: Pick<BookedDial, 'intentId' | 'callId' | 'told'>;
  /** Null where nothing is stored. */
  stored: StoredIntent | null;
  originates: readonly LoggedOriginate[];
}

/**
 * What must not be. `notRecorded`: the gateway never took the click, or nothing is stored of one it took. `notFinal`,
 * `twoFinals`: what the agent was told and what is stored is not exactly one final state, the same. `falseAccepted`: and
 * yet the CTI never accepted it. `falseFailed`: failed or expired, although a request reached the CTI that it did not
 * refuse.
 */
export const INTENT_FAULTS = [
  'doubleOriginates',
  'afterDeadline',
  'notRecorded',
  'notFinal',
  'lateFinal',
  'twoFinals',
  'falseAccepted',
  'falseFailed',
] as const;
export type IntentFault = (typeof INTENT_FAULTS)[number];

export interface IntentVerdict {
  faults: IntentFault[];
  /** Between the CTI's first sight of the last request and the deadline, in ms; null where none came. */
  marginMs: number | null;
  /** From the click to its final state by the server's time, in ms; null where there is none. */
  finalAfterMs: number | null;
}

const DEADLINE_MS = 10_000;
/** How long after its deadline an agent may at most be left in doubt (I2). */
const FINAL_GRACE_MS = 2000;

export interface JudgeOptions {
  /** Answers that say that no call was placed: only after one of these may the same dial be sent again (I1). */
  notPlacedStatuses: readonly number[];
  /** Added to a time of the CTI's log to have it in Redis' time. */
  clockOffsetMs: number;
  /** How much later than it left the dialer a request may be seen at the CTI. */
  onTheWayMs: number;
}

/** Holds one click against I1 and I2. */
export function judgeIntent(evidence: IntentEvidence, options: JudgeOptions): IntentVerdict {
  const { dial, stored } = evidence;
  const faults: IntentFault[] = [];
  const originates = evidence.originates.toSorted((a, b) => a.seq - b.seq);
  const isNotPlaced = ({ outcome, replyStatus }: LoggedOriginate) =>
    outcome === 'status' && replyStatus !== null && options.notPlacedStatuses.includes(replyStatus);
  if (originates.slice(0, -1).some((one) => !isNotPlaced(one))) faults.push('doubleOriginates');
  if (stored === null || dial.callId === null) faults.push('notRecorded');

  const deadlineMs = stored === null ? null : stored.requestedMs + DEADLINE_MS;
  const last = originates.at(-1);
  const marginMs =
    last === undefined || deadlineMs === null ? null : deadlineMs - (last.at + options.clockOffsetMs);
  if (marginMs !== null && marginMs < -options.onTheWayMs) faults.push('afterDeadline');

  const ends = stored?.ends ?? [];
  const states = new Set([...dial.told.map(({ state }) => state), ...ends.map(({ state }) => state)]);
  if (dial.told.length === 0 || ends.length === 0) faults.push('notFinal');
  if (dial.told.length > 1 || ends.length > 1 || states.size > 1) faults.push('twoFinals');
  const finalMs = Math.max(...dial.told.map(({ ts }) => ts), ...ends.map(({ atMs }) => atMs));
  if (deadlineMs !== null && finalMs > deadlineMs + FINAL_GRACE_MS) faults.push('lateFinal');

  if (states.has('dial.accepted') && !originates.some(isAccepted)) faults.push('falseAccepted');
  const saysNo = states.has('dial.failed') || states.has('dial.expired');
  if (saysNo && originates.some((one) => !isNotPlaced(one) && !isRefused(one))) faults.push('falseFailed');
  return {
    faults,
    marginMs,
    finalAfterMs: stored === null || !Number.isFinite(finalMs) ? null : finalMs - stored.requestedMs,
  };
}

/** What a CTI's status line says counts, whatever follows it: a body without end, or where to go instead. */
const ANSWERED: ReadonlySet<string> = new Set(['status', 'huge_body', 'redirect']);

function isAccepted({ outcome, replyStatus }: LoggedOriginate): boolean {
  return outcome === 'accepted' || (ANSWERED.has(outcome) && replyStatus !== null && replyStatus < 300);
}

/** 3xx and 4xx: the CTI says itself that it does not dial. */
function isRefused({ outcome, replyStatus }: LoggedOriginate): boolean {
  return ANSWERED.has(outcome) && replyStatus !== null && replyStatus >= 300 && replyStatus < 500;
}
