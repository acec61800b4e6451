import { expect, test } from 'vitest';
import { newSigningSecret, toSigningKey } from './signing-secret.ts';

test('a new secret is 32 random bytes behind whsec_, and no two are one', () => {
  const [one, two] = [newSigningSecret(), newSigningSecret()];
  expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(one).not.toBe(two);
  expect(toSigningKey(one)).toHaveLength(32);
  expect(toSigningKey(one.slice('whsec_'.length))).toEqual(toSigningKey(one));
});

test.each([
  '',
  'whsec_',
  'whsec_AAAA',
  'senha',
  `whsec_${'A'.repeat(33)}`,
  `whsec_${'A'.repeat(200)}`,
  'whsec_€'.repeat(9),
])('the secret "%s" is refused: too short, too long or cut off', (secret) =>
  expect(toSigningKey(secret)).toBeNull(),
);
