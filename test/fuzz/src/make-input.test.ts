import { expect, test } from 'vitest';
import { toRequestBytes } from './http-input.ts';
import type { Known } from './known.ts';
import { type Input, makeInput } from './make-input.ts';
import { TARGETS } from './targets.ts';

const known: Known = {
  companies: [{ tenant: 'demo', callbackToken: 'cb_demo', names: ['origem', 'destino', 'audio'] }],
  apiKey: 'key',
  secret: 's'.repeat(32),
};
const toBytes = (input: Input) => ('kind' in input ? input.bytes : toRequestBytes(input)).toString('latin1');

test.each(TARGETS.filter((target) => target !== 'jwts' && target !== 'frames'))(
  '%s: the same seed and number make the same input, whatever was made before',
  (target) => {
    const made = Array.from({ length: 200 }, (_, index) => toBytes(makeInput(7, target, index, known)));
    expect(toBytes(makeInput(7, target, 41, known))).toBe(made[41]);
    expect(toBytes(makeInput(8, target, 41, known))).not.toBe(made[41]);
    expect(new Set(made).size).toBeGreaterThan(150);
  },
);

test.each(TARGETS)('%s: many are made without a failure, good ones and hopeless ones', (target) => {
  const made = Array.from({ length: 600 }, (_, index) => makeInput(1, target, index, known));
  expect(made.every((input) => toBytes(input).length >= 0)).toBe(true);
  if (target === 'jwts') {
    const refused = made.filter(({ mustBeRefused }) => mustBeRefused).length;
    expect(refused).toBeGreaterThan(120);
    expect(refused).toBeLessThan(570);
  }
});
