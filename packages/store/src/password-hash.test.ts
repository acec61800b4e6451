import { expect, test } from 'vitest';
import { hashPassword, isPassword } from './password-hash.ts';

test('threat 3 a password is stored as scrypt under a salt of its own, and nothing else opens it', async () => {
  const [one, two] = await Promise.all([hashPassword('senha çã'), hashPassword('senha çã')]);
  expect(one).toMatch(/^scrypt:16384:8:1:[\w-]{22}:[\w-]{43}$/);
  expect(one).not.toBe(two);
  expect(await isPassword('senha çã', one)).toBe(true);
  for (const wrong of ['', 'senha ca', 'senha çã ', one]) expect(await isPassword(wrong, one)).toBe(false);
});

test.each([
  '',
  'senha',
  'scrypt:16384:8:1::',
  `scrypt:16384:8:1:${'A'.repeat(22)}:${'A'.repeat(42)}`,
  // Would cost gigabytes, and is no power of two.
  `scrypt:9999999:99:99:${'A'.repeat(22)}:${'A'.repeat(43)}`,
  `scrypt:0:0:0:${'A'.repeat(22)}:${'A'.repeat(43)}`,
])('what is no hash, such as "%s", opens to nobody', async (hash) => {
  expect(await isPassword('senha', hash)).toBe(false);
});
