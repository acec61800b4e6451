import type { DialStep } from '@ramal/calls';
import type { CtiAnswer } from './send-originate.ts';

/** What an answer means for the dial. After the request has left, doubt is said and nothing is repeated (I1). */
export function judgeAnswer(answer: CtiAnswer, fence: string): DialStep {
  switch (answer.kind) {
    case 'timeout':
      return { type: 'dial.uncertain', fence, reason: 'cti_timeout' };
    case 'reset':
      return { type: 'dial.uncertain', fence, reason: 'cti_reset' };
    case 'answered': {
      const { status, latencyMs } = answer;
      if (status >= 200 && status < 300) return { type: 'dial.accepted', fence, status, latencyMs };
      if (status >= 300 && status < 400)
        return { type: 'dial.failed', fence, reason: 'cti_redirected', status };
      if (status === 401 || status === 403)
        return { type: 'dial.failed', fence, reason: 'cti_auth_failed', status };
      if (status >= 400 && status < 500)
        return { type: 'dial.failed', fence, reason: 'cti_rejected', status };
      return { type: 'dial.uncertain', fence, reason: 'cti_error', status };
    }
  }
}
