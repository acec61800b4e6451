import type { DialStep } from '@ramal/calls';
import type { DialReason } from '@ramal/contracts';
import { type AttemptEnd, type DialDialect, judgeAttempt, type RetryVerdict } from '@ramal/cti';
import { toErrorCode } from '@ramal/outbound';
import { ANSWER_GRACE_MS, type Dial, ON_THE_WAY_MS, recordStep, type RunDialDeps } from './dial-attempt.ts';
import { CtiAddressDeniedError, DialRefusedError, DialUnsentError } from './errors.ts';
import type { CtiAnswer } from './send-originate.ts';
import { giveBackDial, settleDial } from './settle-dial.ts';

/** Time kept at the end of the deadline for a retry to be worth it, in ms: as long again as the request may be on its way. */
const LEAST_ATTEMPT_MS = 2 * ON_THE_WAY_MS;

/** How an attempt ended that may be tried again, and what is told where it is not. */
interface Unfinished {
  reason: DialReason;
  /** A short code. */
  why: string;
  final: DialStep;
  /** Why the CTI may have placed the call all the same. */
  doubt?: DialReason;
  /** It may be recorded as sent. */
  maySent: boolean;
}

/** The CTI answered, or may have, and may be asked again. */
export class DialUnfinishedError extends Error {
  readonly end: Unfinished;
  constructor(end: Unfinished) {
    super(`dial not finished: ${end.why}`);
    this.end = end;
  }
}

export function toUnfinished(verdict: RetryVerdict, answer: CtiAnswer, final: DialStep): Unfinished | null {
  const why = answer.kind === 'answered' ? `STATUS_${answer.status}` : answer.kind.toUpperCase();
  switch (verdict.kind) {
    case 'not_placed':
    case 'unsent':
      return { reason: 'cti_busy', why, final, maySent: true };
    case 'uncertain':
      return verdict.again
        ? { reason: verdict.reason, why, final, doubt: verdict.reason, maySent: true }
        : null;
    case 'accepted':
    case 'refused':
      return null;
  }
}

/** An error of ours is no answer: the CTI may not be asked again for it, whatever it promises. */
const NO_PROMISES: DialDialect = { notPlacedStatuses: [], originateIdempotent: false };

/** Something went wrong: refuse for good, doubt it, or, where nothing was written, try again while there is time. */
export async function onFailure(
  error: unknown,
  { phase, maySent }: { phase: AttemptEnd['phase']; maySent: boolean },
  fence: string,
  dial: Dial,
  deps: RunDialDeps,
): Promise<void> {
  if (error instanceof DialRefusedError) {
    if (error instanceof CtiAddressDeniedError) noteDenied(error, dial, deps);
    const refused: DialStep = { type: 'dial.failed', fence, reason: error.reason };
    return settleDial(dial.intent, refused, deps, dial.leftMs());
  }
  const { reason, why } =
    error instanceof DialUnsentError ? error : { reason: 'internal_error' as const, why: toErrorCode(error) };
  const verdict = judgeAttempt({ phase, kind: 'error', code: why }, NO_PROMISES);
  if (verdict.kind === 'unsent') {
    const final: DialStep = { type: 'dial.failed', fence, reason };
    return tryAgain({ reason, why, final, maySent }, fence, dial, deps);
  }
  // Nothing is expected to fail here; and what may have left is never given back by mistake (I1).
  deps.events.backgroundFailed('dial', error);
  const doubtful: DialStep = { type: 'dial.uncertain', fence, reason: 'cti_reset' };
  await settleDial(dial.intent, doubtful, deps, dial.leftMs() + 2 * ANSWER_GRACE_MS);
}

function noteDenied({ where }: CtiAddressDeniedError, { intent, attempt }: Dial, deps: RunDialDeps): void {
  const { tenant, intentId, callId } = intent;
  deps.events.addressDenied({ tenant, intentId, callId, ...where });
  const step = { why: 'ADDRESS_DENIED', attempt: attempt.number, retryInMs: null };
  recordStep(deps, intent, 'job.unsent', step);
}

/**
 * Leaves it to the queue to try again while there is time, else settles the dial.
 * @throws DialUnsentError when the job should be tried again
 */
export async function tryAgain(end: Unfinished, fence: string, dial: Dial, deps: RunDialDeps): Promise<void> {
  const { intent, attempt, leftMs } = dial;
  const { tenant, intentId, callId } = intent;
  const { reason, why, doubt, maySent } = end;
  const spareMs = attempt.retryInMs === null ? 0 : leftMs() - attempt.retryInMs - LEAST_ATTEMPT_MS;
  const again = spareMs > 0 && (!maySent || (await giveBackDial(intent, fence, doubt, deps, spareMs)));
  const retryInMs = again ? attempt.retryInMs : null;
  deps.events.unsent({ tenant, intentId, callId, attempt: attempt.number, why, retryInMs });
  recordStep(deps, intent, 'job.unsent', { why, attempt: attempt.number, retryInMs });
  if (again) throw new DialUnsentError(reason, why);
  await settleDial(intent, end.final, deps, leftMs() + (maySent ? 2 * ANSWER_GRACE_MS : 0));
}
