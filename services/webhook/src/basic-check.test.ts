import { scryptSync } from 'node:crypto';
import type { BasicLogin } from '@ramal/store';
import { describe, expect, it } from 'vitest';
import { createBasicCheck } from './basic-check.ts';

/** A hash as the store makes them, at a price that tests can pay. */
function toHash(password: string, salt = Buffer.alloc(16, 7)): string {
  const key = scryptSync(password, salt, 32, { N: 16, r: 8, p: 1 });
  return `scrypt:16:8:1:${salt.toString('base64url')}:${key.toString('base64url')}`;
}
const login = (user: string, password: string): BasicLogin => ({ user, passwordHash: toHash(password) });
const header = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const yes = () => true;

describe('threat 5 HTTP Basic', () => {
  const logins = [login('pbx', 'novo:ção'), login('pbx', 'antigo'), login('crm', 'antigo2')];

  it('takes any of the passwords of the user named, and no other', async () => {
    const { check } = createBasicCheck();
    for (const [user, password] of [
      ['pbx', 'novo:ção'],
      ['pbx', 'antigo'],
      ['crm', 'antigo2'],
    ] as const)
      expect(await check(logins, header(user, password), yes)).toBe('good');
    for (const [user, password] of [
      ['pbx', 'antigo2'],
      ['crm', 'antigo'],
      ['pbx', ''],
      ['', 'antigo'],
      ['PBX', 'antigo'],
    ] as const)
      expect(await check(logins, header(user, password), yes)).toBe('wrong');
    expect(await check([], header('pbx', 'antigo'), yes)).toBe('wrong');
  });

  it.each([
    undefined,
    '',
    'Basic',
    'Basic !!!',
    'Bearer abc',
    `Basic ${Buffer.from('no colon').toString('base64')}`,
    header('pbx', 'x'.repeat(2_000)),
  ])('is missing in "%s"', async (authorization) => {
    expect(await createBasicCheck().check(logins, authorization, yes)).toBe('missing');
  });

  it('threat 9 hashes each password once, right or wrong, and anew when the stored one changes', async () => {
    const { check } = createBasicCheck();
    let tries = 0;
    const counting = () => {
      tries += 1;
      return true;
    };
    const only = [login('pbx', 'senha')];
    for (let i = 0; i < 20; i++) {
      expect(await check(only, header('pbx', 'senha'), counting)).toBe('good');
      expect(await check(only, header('pbx', 'errada'), counting)).toBe('wrong');
    }
    expect(tries).toBe(2);
    expect(await check([login('pbx', 'outra')], header('pbx', 'senha'), counting)).toBe('wrong');
    expect(tries).toBe(3);
  });

  it('threat 9 hashes nothing for who may cause nothing; who is known gets through', async () => {
    const { check } = createBasicCheck();
    const only = [login('pbx', 'senha')];
    await check(only, header('pbx', 'senha'), yes);
    const no = () => false;
    expect(await check(only, header('pbx', 'errada'), no)).toBe('busy');
    expect(await check(only, header('pbx', 'senha'), no)).toBe('good');
  });

  it('threat 9 lets few wait for a hash: the others are busy, and all are answered', async () => {
    const { check } = createBasicCheck();
    const only = [{ user: 'pbx', passwordHash: toHash('senha') }];
    const verdicts = await Promise.all(
      Array.from({ length: 200 }, (_, n) => check(only, header('pbx', `errada ${n}`), yes)),
    );
    expect(verdicts.filter((verdict) => verdict === 'wrong').length).toBeGreaterThanOrEqual(66);
    expect(verdicts.filter((verdict) => verdict === 'busy').length).toBeGreaterThan(0);
    expect(await check(only, header('pbx', 'senha'), yes)).toBe('good');
  });
});
