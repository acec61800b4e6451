import { dialReason } from '@ramal/contracts';
import type { DialDialect } from '@ramal/cti';
import { describe, expect, it } from 'vitest';
import { judgeAnswer, toFinalStep } from './judge-answer.ts';
import type { CtiAnswer } from './send-originate.ts';

const PLAIN: DialDialect = { notPlacedStatuses: [], originateIdempotent: false };
const step = (answer: CtiAnswer, dialect = PLAIN) => toFinalStep(judgeAnswer(answer, dialect), answer, 'f');
const judge = (status: number) => step({ kind: 'answered', status, latencyMs: 7 });

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
    const final = judge(status);
    expect(final).toMatchObject({ type, status, fence: 'f' });
    expect('reason' in final ? final.reason : undefined).toBe(reason);
  });

  it.each([
    [{ kind: 'timeout' } as const, 'cti_timeout'],
    [{ kind: 'timeout', code: 'SEND_TIMEOUT' } as const, 'cti_timeout'],
    [{ kind: 'reset', code: 'ECONNRESET' } as const, 'cti_reset'],
    [{ kind: 'reset', code: 'TOO_MANY_1XX' } as const, 'cti_reset'],
  ])('%j: nobody knows, and it is said', (answer, reason) => {
    expect(step(answer)).toEqual({ type: 'dial.uncertain', fence: 'f', reason });
    expect(judgeAnswer(answer, PLAIN)).toMatchObject({ again: false });
    expect(judgeAnswer(answer, { ...PLAIN, originateIdempotent: true })).toMatchObject({ again: true });
  });

  it('every status means something final, under the fence of who asked', () => {
    for (let status = 0; status < 1_000; status++) {
      const final = judge(status);
      expect(['dial.accepted', 'dial.failed', 'dial.uncertain']).toContain(final.type);
      expect('fence' in final && final.fence).toBe('f');
      if ('reason' in final) expect(dialReason.safeParse(final.reason).success).toBe(true);
      // Only a clear yes is a yes, and only a clear no is a no.
      expect(final.type === 'dial.accepted').toBe(status >= 200 && status < 300);
      expect(final.type === 'dial.failed').toBe(status >= 300 && status < 500);
    }
  });

  it('a status by which the CTI says that it placed nothing is a busy CTI in the end', () => {
    const dialect = { ...PLAIN, notPlacedStatuses: [429, 503] };
    const answer = { kind: 'answered', status: 503, latencyMs: 7 } as const;
    expect(judgeAnswer(answer, dialect)).toEqual({ kind: 'not_placed' });
    expect(step(answer, dialect)).toEqual({
      type: 'dial.failed',
      fence: 'f',
      reason: 'cti_busy',
      status: 503,
    });
  });

  it('what the body says goes before a 200; the CTI’s call id goes with a yes', () => {
    const answer = { kind: 'answered', status: 200, latencyMs: 7 } as const;
    expect(step({ ...answer, reason: 'ramal_offline' })).toMatchObject({
      type: 'dial.failed',
      reason: 'ramal_offline',
      status: 200,
    });
    expect(step({ ...answer, externalCallId: 'x-1' })).toEqual({
      type: 'dial.accepted',
      fence: 'f',
      status: 200,
      latencyMs: 7,
      externalCallId: 'x-1',
    });
  });
});
