import { dialReason } from '@ramal/contracts';
import { describe, expect, it } from 'vitest';
import { judgeAnswer } from './judge-answer.ts';

const judge = (status: number) => judgeAnswer({ kind: 'answered', status, latencyMs: 7 }, 'f');

describe('I1 what an answer means', () => {
  it.each([
    [200, 'dial.accepted', undefined],
    [204, 'dial.accepted', undefined],
    [299, 'dial.accepted', undefined],
    [301, 'dial.failed', 'cti_redirected'],
    [307, 'dial.failed', 'cti_redirected'],
    [400, 'dial.failed', 'cti_rejected'],
    [401, 'dial.failed', 'cti_auth_failed'],
    [403, 'dial.failed', 'cti_auth_failed'],
    [404, 'dial.failed', 'cti_rejected'],
    [429, 'dial.failed', 'cti_rejected'],
    [500, 'dial.uncertain', 'cti_error'],
    [503, 'dial.uncertain', 'cti_error'],
    [101, 'dial.uncertain', 'cti_error'],
    [600, 'dial.uncertain', 'cti_error'],
  ])('%s: %s %s', (status, type, reason) => {
    const step = judge(status);
    expect(step).toMatchObject({ type, status, fence: 'f' });
    expect('reason' in step ? step.reason : undefined).toBe(reason);
  });

  it.each([
    [{ kind: 'timeout' } as const, 'cti_timeout'],
    [{ kind: 'reset', code: 'ECONNRESET' } as const, 'cti_reset'],
  ])('%j: nobody knows, and it is said', (answer, reason) => {
    expect(judgeAnswer(answer, 'f')).toEqual({ type: 'dial.uncertain', fence: 'f', reason });
  });

  it('every status means something final, under the fence of who asked', () => {
    for (let status = 0; status < 1_000; status++) {
      const step = judge(status);
      expect(['dial.accepted', 'dial.failed', 'dial.uncertain']).toContain(step.type);
      expect('fence' in step && step.fence).toBe('f');
      if ('reason' in step) expect(dialReason.safeParse(step.reason).success).toBe(true);
      // Only a clear yes is a yes, and only a clear no is a no.
      expect(step.type === 'dial.accepted').toBe(status >= 200 && status < 300);
      expect(step.type === 'dial.failed').toBe(status >= 300 && status < 500);
    }
  });
});
