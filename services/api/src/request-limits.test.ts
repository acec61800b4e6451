import { describe, expect, it } from 'vitest';
import {
  createRequestLimits,
  RequestRateExceededError,
  type RequestLimitSettings,
} from './request-limits.ts';

const NONE: RequestLimitSettings = {
  requestsPerMinutePerIp: 0,
  requestsPerMinutePerKey: 0,
  sessionsPerMinutePerKey: 0,
  trustedHops: 0,
};
const key = (tenant: string | null, name: string) => ({ kind: 'key' as const, tenant, name });
const agent = (tenant: string, user: string) => ({ kind: 'agent' as const, identity: { tenant, user } });

function open(settings: Partial<RequestLimitSettings>) {
  const limited: string[] = [];
  const events = { limited: (limit: string) => void limited.push(limit) };
  return { limits: createRequestLimits({ ...NONE, ...settings }, events, () => 0), limited };
}

/** How many of `tries` get through. */
function passed(tries: number, take: () => void): number {
  let count = 0;
  for (let i = 0; i < tries; i++) {
    try {
      take();
      count += 1;
    } catch (error) {
      expect(error).toBeInstanceOf(RequestRateExceededError);
    }
  }
  return count;
}

describe('threat 9 requests', () => {
  it('are not limited unless that is configured', () => {
    const { limits, limited } = open({});
    expect(passed(1_000, () => limits.ofAddress('192.0.2.1', {}))).toBe(1_000);
    expect(passed(1_000, () => limits.ofPrincipal(key(null, 'all')))).toBe(1_000);
    expect(passed(1_000, () => limits.ofSession(key(null, 'all')))).toBe(1_000);
    expect(limited).toEqual([]);
  });

  it('of one address are so many a minute, told apart behind a proxy that is trusted', () => {
    const { limits, limited } = open({ requestsPerMinutePerIp: 3, trustedHops: 1 });
    const from = (forwarded: string) => () => limits.ofAddress('10.0.0.1', { 'x-forwarded-for': forwarded });
    expect(passed(5, from('192.0.2.1'))).toBe(3);
    expect(passed(5, from('192.0.2.9, 192.0.2.1'))).toBe(0);
    expect(passed(5, from('192.0.2.1, 192.0.2.2'))).toBe(3);
    expect(new Set(limited)).toEqual(new Set(['requests_per_ip']));
  });

  it('of one key or agent are so many a minute, however they are called', () => {
    const { limits } = open({ requestsPerMinutePerKey: 2 });
    const all = [key(null, 'a'), key('demo', 'a'), agent('demo', 'a'), agent('a', 'demo'), key('a","b', '')];
    for (const principal of all) expect(passed(4, () => limits.ofPrincipal(principal))).toBe(2);
  });

  it('say how long to wait', () => {
    const { limits } = open({ sessionsPerMinutePerKey: 4 });
    passed(4, () => limits.ofSession(key(null, 'all')));
    expect(() => limits.ofSession(key(null, 'all'))).toThrow(
      expect.objectContaining({ code: 'rate_limited', retryAfterSec: 15 }),
    );
  });
});
