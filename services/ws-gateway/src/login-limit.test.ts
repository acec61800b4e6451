import { describe, expect, it } from 'vitest';
import { createLoginLimit } from './login-limit.ts';

/** How many attempts get through, each of another user. */
function attempts(limit: ReturnType<typeof createLoginLimit>, addresses: Iterable<string>): number {
  let passed = 0;
  let user = 0;
  for (const address of addresses) {
    user += 1;
    if (limit.begin('demo', `user${user}-${address}`, address) !== null) passed += 1;
  }
  return passed;
}

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

describe('threat 9 the limit of failed logins', () => {
  it('of one address is 200, whoever it tries to be', () => {
    expect(
      attempts(
        createLoginLimit(() => 0),
        times(300, () => '192.0.2.7'),
      ),
    ).toBe(200);
  });

  it('takes the addresses of one IPv6 network for one, and mapped IPv4 addresses for what they are', () => {
    const network = times(
      300,
      (i) => `2001:0db8:0001:0002:0000:0000:0000:${i.toString(16).padStart(4, '0')}`,
    );
    expect(
      attempts(
        createLoginLimit(() => 0),
        network,
      ),
    ).toBe(200);
    const mapped = times(300, (i) => `0000:0000:0000:0000:0000:ffff:c000:${i.toString(16).padStart(4, '0')}`);
    expect(
      attempts(
        createLoginLimit(() => 0),
        mapped,
      ),
    ).toBe(300);
  });

  it('keeps a user of one company apart from one of another, however they are called', () => {
    const limit = createLoginLimit(() => 0);
    for (let i = 0; i < 20; i++) expect(limit.begin('a', 'b', `h${i}`)).not.toBeNull();
    expect(limit.begin('a', 'b', 'other')).toBeNull();
    expect(limit.begin('a","b', '', 'other')).not.toBeNull();
    expect(limit.begin('', 'a","b', 'other')).not.toBeNull();
  });

  it('forgives an attempt that was none', () => {
    const limit = createLoginLimit(() => 0);
    for (let i = 0; i < 500; i++) limit.begin('demo', 'ana', 'h')?.forgive();
    expect(limit.begin('demo', 'ana', 'h')).not.toBeNull();
  });

  it('ends with its window', () => {
    let nowMs = 0;
    const limit = createLoginLimit(() => nowMs);
    for (let i = 0; i < 20; i++) limit.begin('demo', 'ana', 'h');
    nowMs = 15 * 60 * 1000 - 1;
    expect(limit.begin('demo', 'ana', 'h')).toBeNull();
    nowMs += 1;
    expect(limit.begin('demo', 'ana', 'h')).not.toBeNull();
  });
});
