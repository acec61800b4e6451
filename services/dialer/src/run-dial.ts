import { randomUUID } from 'node:crypto';
import type { CtiOutcome, DialIntent, NewTrace } from '@ramal/bus';
import { DIAL_DEADLINE_MS, type DialStep } from '@ramal/calls';
import type { DialJob } from '@ramal/contracts';
import { type AttemptEnd, maskOriginate } from '@ramal/cti';
import { toErrorCode } from '@ramal/outbound';
import { failpoint, isSwitchedOff } from '@ramal/runtime';
import { connectCti } from './connect-cti.ts';
import { DialWaitingError, leavePlace, takePlace, toCtiOutcome, toUnsentOutcome } from './cti-place.ts';
import {
  ANSWER_GRACE_MS,
  type Attempt,
  type Dial,
  ON_THE_WAY_MS,
  recordStep,
  type RunDialDeps,
} from './dial-attempt.ts';
import { DialUnsentError } from './errors.ts';
import { judgeAnswer, toFinalStep } from './judge-answer.ts';
import { prepareDial } from './prepare-dial.ts';
import { DialUnfinishedError, onFailure, toUnfinished, tryAgain } from './retry-dial.ts';
import { type CtiAnswer, sendOriginate } from './send-originate.ts';
import { settleDial } from './settle-dial.ts';

/** As if every CTI placed a call once however often it is asked: to show in a test what that would cost. */
const ASKS_AGAIN = isSwitchedOff('dialer.single_originate');

/**
 * One attempt at a dial: claim, look up, connect, record `sent`, send, judge. What was not written may be tried again,
 * and what was only where the CTI says that it placed nothing, or places it once however often it is asked (I1); nothing is
 * sent after the deadline (I2).
 * @throws DialUnsentError when the job should be tried again
 * @throws DialWaitingError when it should come back later, which is no attempt
 */
export async function runDial(job: DialJob, attempt: Attempt, deps: RunDialDeps): Promise<void> {
  const { intents, events } = deps;
  const askedAt = performance.now();
  const fence = randomUUID();
  failpoint('dialer.before_claim');
  const { outcome: claimed, intent, nowMs } = await intents.claim(job, fence);
  if (intent === null) return events.skipped({ ...job, why: 'unknown intent' });
  if (claimed === 'late') return expire(intent, deps);
  if (claimed !== 'applied') {
    recordStep(deps, intent, 'job.skipped', { why: intent.state });
    return events.skipped({ ...job, why: intent.state });
  }
  failpoint('dialer.after_claim');
  const fields = { ...job, callId: intent.callId };
  events.attempted({ ...fields, attempt: attempt.number });
  const waitedMs = Math.max(0, nowMs - (intent.deadlineMs - DIAL_DEADLINE_MS));
  recordStep(deps, intent, 'job.taken', { attempt: attempt.number, waitedMs });
  // From here on time is measured by our own steady clock, from Redis' word on how much is left.
  const deadlineAt = askedAt + (intent.deadlineMs - nowMs);
  const leftMs = () => deadlineAt - performance.now();
  const dial: Dial = { intent, attempt, leftMs };

  // Null without a place at the CTI; else what the attempt says about the CTI when it ends.
  let outcome: CtiOutcome | null = null;
  let hurried = false;
  let maySent = false;
  let phase: AttemptEnd['phase'] = 'before_first_byte';
  try {
    const { request, dialect, rules } = await prepareDial(intent, deps);
    const again = attempt.number > 1;
    const { waits = 0 } = attempt;
    await takePlace({ tenant: job.tenant, fence, waits, again, leftMs: leftMs() }, deps);
    outcome = 'neutral';
    attempt.onPlaced?.();
    failpoint('dialer.before_connect');
    const connectMs = Math.max(1, Math.min(deps.connectTimeoutMs, leftMs()));
    hurried = connectMs < deps.connectTimeoutMs;
    const socket = await connectCti(request, connectMs, deps.outbound);
    failpoint('dialer.after_connect');
    if (socket.destroyed) throw new DialUnsentError('cti_unreachable', 'CLOSED_BEFORE_REQUEST');
    failpoint('dialer.before_sent');
    maySent = true;
    const recorded = await intents
      .step(intent, { type: 'dial.requesting', fence, attempt: attempt.number })
      .catch((error: unknown) => {
        socket.destroy();
        throw error;
      });
    if (recorded !== 'applied' && recorded !== 'duplicate') {
      socket.destroy();
      if (recorded === 'late') return await expire(intent, deps);
      recordStep(deps, intent, 'job.skipped', { why: 'taken over or canceled' });
      return events.skipped({ ...job, why: 'taken over or canceled' });
    }
    failpoint('dialer.after_sent');
    await requireKept({ tenant: job.tenant, intentId: intent.intentId, fence }, leftMs(), deps).catch(
      (error: unknown) => {
        socket.destroy();
        throw error;
      },
    );
    const tooLate: DialStep = { type: 'dial.failed', fence, reason: 'deadline_passed' };
    if (leftMs() <= 0) {
      // Redis was slow to say yes. The phone must not ring after the deadline (I2).
      socket.destroy();
      return await settleDial(intent, tooLate, deps, ANSWER_GRACE_MS);
    }
    // Gone before the first byte: recorded as sent, and provably not.
    if (socket.destroyed) throw new DialUnsentError('cti_unreachable', 'CLOSED_BEFORE_REQUEST');
    events.requestSent({ ...fields, method: request.method, prefix: request.prefix });
    recordStep(deps, intent, 'cti.request', {
      method: request.method,
      url: maskOriginate(request).url,
      prefix: request.prefix,
      attempt: attempt.number,
    });
    const sentAt = performance.now();
    phase = 'after_first_byte';
    const forMs = Math.max(1, leftMs() + ANSWER_GRACE_MS);
    const answer = await sendOriginate(request, socket, forMs, rules, () => leftMs() > ON_THE_WAY_MS);
    if (answer.kind === 'late') return await settleDial(intent, tooLate, deps, ANSWER_GRACE_MS);
    failpoint('dialer.after_answer');
    const verdict = judgeAnswer(answer, ASKS_AGAIN ? { ...dialect, originateIdempotent: true } : dialect);
    // Who says that it has no place now is there.
    outcome = verdict.kind === 'not_placed' ? 'ok' : toCtiOutcome(answer, forMs);
    const final = toFinalStep(verdict, answer, fence);
    recordStep(deps, intent, 'cti.answer', toAnswerDetail(answer, final, performance.now() - sentAt));
    const unfinished = toUnfinished(verdict, answer, final);
    if (unfinished !== null) throw new DialUnfinishedError(unfinished);
    await settleDial(intent, final, deps, leftMs() + 2 * ANSWER_GRACE_MS);
  } catch (error) {
    if (error instanceof DialWaitingError) {
      recordStep(deps, intent, 'job.unsent', { why: 'CTI_BUSY', retryInMs: error.waitMs });
      throw error;
    }
    if (error instanceof DialUnfinishedError) return await tryAgain(error.end, fence, dial, deps);
    if (outcome !== null) outcome = toUnsentOutcome(error, hurried);
    await onFailure(error, { phase, maySent }, fence, dial, deps);
  } finally {
    if (outcome !== null) await leavePlace({ tenant: job.tenant, fence }, outcome, deps);
  }
}

/** @throws DialUnsentError where a Redis that takes over might not know that the dial is sent (I1) */
async function requireKept(
  dial: { tenant: string; intentId: string; fence: string },
  forMs: number,
  { guard }: RunDialDeps,
): Promise<void> {
  let why = 'NOT_REPLICATED';
  const kept = await guard.isKept(dial, forMs).catch((error: unknown) => {
    why = toErrorCode(error);
    return false;
  });
  if (!kept) throw new DialUnsentError('internal_error', why);
}

function toAnswerDetail(answer: CtiAnswer, verdict: DialStep, ms: number): NonNullable<NewTrace['detail']> {
  return {
    ...(answer.kind === 'answered' ? { status: answer.status } : {}),
    ...(answer.kind === 'reset' ? { error: answer.code } : {}),
    ...(answer.kind === 'timeout' ? { error: answer.code ?? 'TIMEOUT' } : {}),
    latencyMs: answer.kind === 'answered' ? answer.latencyMs : Math.round(ms),
    verdict: verdict.type,
  };
}

async function expire(intent: DialIntent, deps: RunDialDeps): Promise<void> {
  await settleDial(intent, { type: 'dial.expired' }, deps, ANSWER_GRACE_MS);
}
