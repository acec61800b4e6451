import { randomUUID } from 'node:crypto';
import {
  type CommitOutcome,
  type DialIntent,
  type DialIntents,
  isSettled,
  type NewTrace,
  NO_TRACES,
  type TraceRecorder,
} from '@ramal/bus';
import { DIAL_DEADLINE_MS, type DialStep } from '@ramal/calls';
import type { DialJob, TraceStep } from '@ramal/contracts';
import {
  buildOriginate,
  CtiCredentialInvalidError,
  CtiCredentialsMissingError,
  maskOriginate,
  NumberNotDiallableError,
  type OriginateRequest,
  toDialReason,
} from '@ramal/cti';
import { isInternalNumber, type TenantLookup } from '@ramal/store';
import { connectCti } from './connect-cti.ts';
import { DialRefusedError, DialUnsentError, toErrorCode } from './errors.ts';
import type { Events } from './events.ts';
import { judgeAnswer } from './judge-answer.ts';
import { type CtiAnswer, sendOriginate } from './send-originate.ts';

export interface RunDialDeps {
  intents: DialIntents;
  lookup: TenantLookup;
  events: Events;
  connectTimeoutMs: number;
  recorder?: TraceRecorder;
}

/** How a job goes on: `retryInMs` is null when this attempt is the last one. */
export interface Attempt {
  number: number;
  retryInMs: number | null;
}

/** Time kept at the end of the deadline for a retry to be worth it, in ms. */
const LEAST_ATTEMPT_MS = 100;
/** How long past the deadline the CTI's answer is waited for; the watchdog speaks a little later. */
const ANSWER_GRACE_MS = 800;
const COMMIT_RETRY_MS = 200;

/**
 * One attempt at a dial: claim, look up, connect, record `sent`, send, judge. Everything before `sent` may
 * be tried again; after it nothing is (I1), and nothing is sent after the deadline (I2).
 * @throws DialUnsentError when the job should be tried again
 */
export async function runDial(job: DialJob, attempt: Attempt, deps: RunDialDeps): Promise<void> {
  const { intents, events } = deps;
  const askedAt = performance.now();
  const found = await intents.find(job.tenant, job.intentId);
  if (found === null || isSettled(found.intent) || found.intent.state === 'sent') {
    const why = found?.intent.state ?? 'unknown intent';
    if (found !== null) recordStep(deps, found.intent, 'job.skipped', { why });
    return events.skipped({ ...job, why });
  }
  const { intent, nowMs } = found;
  const fields = { ...job, callId: intent.callId };
  const fence = randomUUID();
  const claimed = await intents.claim(intent, fence);
  if (claimed === 'late') return expire(intent, deps);
  if (claimed !== 'applied') {
    recordStep(deps, intent, 'job.skipped', { why: 'not claimable' });
    return events.skipped({ ...job, why: 'not claimable' });
  }
  events.attempted({ ...fields, attempt: attempt.number });
  const waitedMs = Math.max(0, nowMs - (intent.deadlineMs - DIAL_DEADLINE_MS));
  recordStep(deps, intent, 'job.taken', { attempt: attempt.number, waitedMs });
  // From here on time is measured by our own steady clock, from Redis' word on how much is left.
  const deadlineAt = askedAt + (intent.deadlineMs - nowMs);
  const leftMs = () => deadlineAt - performance.now();

  try {
    const request = await prepare(intent, deps);
    const socket = await connectCti(request, Math.max(1, Math.min(deps.connectTimeoutMs, leftMs())));
    if (socket.destroyed) throw new DialUnsentError('cti_unreachable', 'CLOSED_BEFORE_REQUEST');
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
    const late = leftMs() <= 0;
    if (late || socket.destroyed) {
      // Redis was slow to say yes. The phone must not ring after the deadline (I2); and what is recorded as sent is
      // not sent again, also where the connection was gone before the first byte (I1).
      socket.destroy();
      const reason = late ? 'deadline_passed' : 'cti_unreachable';
      return await settle(intent, { type: 'dial.failed', fence, reason }, deps, ANSWER_GRACE_MS);
    }
    events.requestSent({ ...fields, method: request.method, prefix: request.prefix });
    recordStep(deps, intent, 'cti.request', {
      method: request.method,
      url: maskOriginate(request).url,
      prefix: request.prefix,
      attempt: attempt.number,
    });
    const sentAt = performance.now();
    const answer = await sendOriginate(request, socket, Math.max(1, leftMs() + ANSWER_GRACE_MS));
    const verdict = judgeAnswer(answer, fence);
    recordStep(deps, intent, 'cti.answer', toAnswerDetail(answer, verdict, performance.now() - sentAt));
    await settle(intent, verdict, deps, leftMs() + 2 * ANSWER_GRACE_MS);
  } catch (error) {
    await onUnsent(error, intent, fence, attempt, leftMs(), deps);
  }
}

/** Looks everything up and builds the request. @throws DialRefusedError */
async function prepare(intent: DialIntent, { lookup }: RunDialDeps): Promise<OriginateRequest> {
  const profile = await lookup.profile(intent.tenant);
  if (profile === null || !profile.tenant.active) throw new DialRefusedError('tenant_disabled');
  if (profile.cti.status !== 'ok') throw new DialRefusedError(toDialReason(profile.cti));
  const credentials = await lookup.credentials(intent.tenant, intent.user);
  if (credentials === null) throw new DialRefusedError('cti_credentials_missing');
  try {
    return buildOriginate({
      config: profile.cti.config,
      // The extension of the click, also when the user's has changed since.
      credentials: { ...credentials, ramal: intent.ramal },
      number: intent.to,
      internal: isInternalNumber(profile, intent.to),
      callId: intent.callId,
    });
  } catch (error) {
    if (
      error instanceof CtiCredentialsMissingError ||
      error instanceof CtiCredentialInvalidError ||
      error instanceof NumberNotDiallableError
    ) {
      throw new DialRefusedError(error.code);
    }
    throw error;
  }
}

/** Nothing was sent: refuse for good, or try again while there is time. */
async function onUnsent(
  error: unknown,
  intent: DialIntent,
  fence: string,
  attempt: Attempt,
  leftMs: number,
  deps: RunDialDeps,
): Promise<void> {
  if (error instanceof DialRefusedError) {
    return settle(intent, { type: 'dial.failed', fence, reason: error.reason }, deps, leftMs);
  }
  const unsent =
    error instanceof DialUnsentError ? error : new DialUnsentError('internal_error', toErrorCode(error));
  const { tenant, intentId, callId } = intent;
  const again = attempt.retryInMs !== null && attempt.retryInMs + LEAST_ATTEMPT_MS < leftMs;
  const retryInMs = again ? attempt.retryInMs : null;
  deps.events.unsent({ tenant, intentId, callId, attempt: attempt.number, why: unsent.why, retryInMs });
  recordStep(deps, intent, 'job.unsent', { why: unsent.why, attempt: attempt.number, retryInMs });
  if (again) throw unsent;
  await settle(intent, { type: 'dial.failed', fence, reason: unsent.reason }, deps, leftMs);
}

function recordStep(
  { recorder = NO_TRACES }: RunDialDeps,
  { tenant, callId, user }: DialIntent,
  step: TraceStep,
  detail: NonNullable<NewTrace['detail']>,
): void {
  recorder.record(tenant, { callId, step, user, detail });
}

function toAnswerDetail(answer: CtiAnswer, verdict: DialStep, ms: number): NonNullable<NewTrace['detail']> {
  return {
    ...(answer.kind === 'answered' ? { status: answer.status } : {}),
    ...(answer.kind === 'reset' ? { error: answer.code } : {}),
    ...(answer.kind === 'timeout' ? { error: 'TIMEOUT' } : {}),
    latencyMs: answer.kind === 'answered' ? answer.latencyMs : Math.round(ms),
    verdict: verdict.type,
  };
}

async function expire(intent: DialIntent, deps: RunDialDeps): Promise<void> {
  await settle(intent, { type: 'dial.expired' }, deps, ANSWER_GRACE_MS);
}

/** Records the end of a dial, as long as there is time to; after that the watchdog's verdict stands. */
async function settle(intent: DialIntent, step: DialStep, deps: RunDialDeps, forMs: number): Promise<void> {
  const { tenant, intentId, callId } = intent;
  const untilMs = performance.now() + forMs;
  for (;;) {
    const outcome: CommitOutcome | null = await deps.intents.step(intent, step).catch((error: unknown) => {
      deps.events.backgroundFailed('settle', error);
      return null;
    });
    if (outcome !== null) {
      const recorded = outcome === 'applied' || outcome === 'duplicate';
      return deps.events.finished({
        tenant,
        intentId,
        callId,
        outcome: recorded ? step.type : 'settled by another',
        ...('reason' in step ? { reason: step.reason } : {}),
        ...('status' in step && step.status !== undefined ? { status: step.status } : {}),
        ...('latencyMs' in step ? { latencyMs: step.latencyMs } : {}),
      });
    }
    if (performance.now() >= untilMs) return;
    await new Promise((resolve) => setTimeout(resolve, COMMIT_RETRY_MS));
  }
}
