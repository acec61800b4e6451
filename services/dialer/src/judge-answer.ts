import type { DialStep } from '@ramal/calls';
import { type DialDialect, judgeAttempt, type RetryVerdict } from '@ramal/cti';
import type { CtiAnswer } from './send-originate.ts';

/** What came back after the request may have left, by the one policy of retries (I1). */
export function judgeAnswer(answer: CtiAnswer, dialect: DialDialect): RetryVerdict {
  const phase = 'after_first_byte';
  switch (answer.kind) {
    case 'timeout':
      return judgeAttempt({ phase, kind: 'error', code: 'ETIMEDOUT' }, dialect);
    case 'reset':
      return judgeAttempt({ phase, kind: 'error', code: answer.code }, dialect);
    case 'answered':
      return judgeAttempt(
        { phase, kind: 'status', status: answer.status, reason: toReason(answer) },
        dialect,
      );
  }
}

/** What is told of a dial that is not tried again. */
export function toFinalStep(verdict: RetryVerdict, answer: CtiAnswer, fence: string): DialStep {
  const status = answer.kind === 'answered' ? { status: answer.status } : {};
  switch (verdict.kind) {
    case 'accepted':
      return answer.kind === 'answered'
        ? { type: 'dial.accepted', fence, ...toAccepted(answer) }
        : { type: 'dial.uncertain', fence, reason: 'cti_reset' };
    case 'refused':
      return { type: 'dial.failed', fence, reason: verdict.reason, ...status };
    case 'not_placed':
      return { type: 'dial.failed', fence, reason: 'cti_busy', ...status };
    case 'unsent':
      return { type: 'dial.failed', fence, reason: 'cti_unreachable', ...status };
    case 'uncertain':
      return { type: 'dial.uncertain', fence, reason: verdict.reason, ...status };
  }
}

type Answered = Extract<CtiAnswer, { kind: 'answered' }>;

function toReason(answer: Answered) {
  return 'reason' in answer ? answer.reason : undefined;
}

function toAccepted({ status, latencyMs, ...more }: Answered) {
  return 'externalCallId' in more && more.externalCallId !== undefined
    ? { status, latencyMs, externalCallId: more.externalCallId }
    : { status, latencyMs };
}
