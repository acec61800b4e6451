import { SENT_GRACE_MS } from '@ramal/calls';
import { describe, expect, it } from 'vitest';
import { type DialIntent, isSettled, toVerdict } from './dial-intents.ts';

describe('I2 the watchdog’s verdict', () => {
  const now = 1_000_000;
  const at = (state: DialIntent['state'], sinceDeadlineMs: number) =>
    toVerdict({ state, deadlineMs: now - sinceDeadlineMs } as DialIntent, now);

  it.each(['queued', 'claimed'] as const)('on what is still %s at the deadline: expired', (state) => {
    expect(at(state, -1)).toBeNull();
    expect(at(state, 0)).toEqual({ type: 'dial.expired' });
  });
  it('on what was sent: uncertain, after the dialer’s own grace', () => {
    expect(at('sent', SENT_GRACE_MS - 1)).toBeNull();
    expect(at('sent', SENT_GRACE_MS)).toEqual({ type: 'dial.uncertain', reason: 'cti_timeout' });
  });
  it.each(['accepted', 'failed', 'uncertain', 'expired', 'canceled'] as const)(
    'on what is %s: none',
    (state) => {
      expect(at(state, 60_000)).toBeNull();
      expect(isSettled({ state } as DialIntent)).toBe(true);
    },
  );
});
