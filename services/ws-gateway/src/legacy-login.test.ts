import { AgentTokenInvalidError, signAgentToken, verifyAgentToken, WireError } from '@ramal/runtime';
import { describe, expect, it } from 'vitest';
import { configSchema } from './config.ts';
import { createLegacyLogin, type LegacyLoginOptions } from './legacy-login.ts';

const secret = 'x'.repeat(32);
const ANA = { tenant: 'demo', user: 'ana', ramal: '3501' };
const ADDRESS = '192.0.2.7';

function create(change: Partial<LegacyLoginOptions> = {}) {
  return createLegacyLogin({
    verify: (token) => verifyAgentToken(token, secret),
    credentials: async (tenant, user) => {
      if (tenant !== 'demo') return null;
      return { ana: { ramal: '3501', senha: 's3nha' }, sem: { ramal: '3509', senha: null } }[user] ?? null;
    },
    allowPasswords: true,
    refusalDelayMs: 0,
    ...change,
  });
}

const tokenOf = (agent: { tenant: string; user: string; ramal: string | null }, ttlSec = 60) =>
  signAgentToken({ secret, ...agent, ttlSec });

async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof WireError) return error.code;
    if (error instanceof AgentTokenInvalidError) return error.expired ? 'token expired' : 'token invalid';
    throw error;
  }
  return 'accepted';
}

describe.each([true, false])(
  'R47 an agent token in the place of the password, passwords allowed: %s',
  (allowPasswords) => {
    const login = create({ allowPasswords });

    it('is enough', async () => {
      expect(await login({ ...ANA, passwd: await tokenOf(ANA) }, ADDRESS)).toMatchObject({ identity: ANA });
    });

    it.each([
      ['of another company', { ...ANA, tenant: 'acme' }],
      ['of another user', { ...ANA, user: 'bruno' }],
      ['of another extension', { ...ANA, ramal: '3502' }],
      ['without an extension', { ...ANA, ramal: null }],
    ])('I6 %s than the login is refused', async (_what, agent) => {
      expect(await refusalOf(login({ ...ANA, passwd: await tokenOf(agent) }, ADDRESS))).toBe('forbidden');
    });

    it('that has run out is told so', async () => {
      const passwd = await tokenOf(ANA, -60);
      expect(await refusalOf(login({ ...ANA, passwd }, ADDRESS))).toBe('token expired');
    });
  },
);

describe('R47 the password at the CTI', () => {
  it('is refused unless the operator allows it', async () => {
    const login = create({ allowPasswords: false });
    expect(await refusalOf(login({ ...ANA, passwd: 's3nha' }, ADDRESS))).toBe('token invalid');
  });

  it('binds the user to the extension that is the user’s own', async () => {
    const { identity, expiresAtMs } = await create()({ ...ANA, ramal: undefined, passwd: 's3nha' }, ADDRESS);
    expect(identity).toEqual(ANA);
    expect(expiresAtMs).toBeGreaterThan(Date.now() + 11 * 3600 * 1000);
  });

  it('does not lend a colleague’s extension', async () => {
    expect(await refusalOf(create()({ ...ANA, ramal: '3502', passwd: 's3nha' }, ADDRESS))).toBe('forbidden');
  });

  it.each([
    ['a wrong password', { passwd: 'S3nha' }],
    ['an unknown user', { user: 'nobody', passwd: 's3nha' }],
    ['an unknown company', { tenant: 'other', passwd: 's3nha' }],
    ['a user without a password', { user: 'sem', passwd: 'null' }],
  ])('%s is told the same as the others, so that nothing can be learned from it', async (_what, change) => {
    const attempt = create()({ ...ANA, ...change }, ADDRESS);
    await expect(attempt).rejects.toMatchObject({
      code: 'auth_failed',
      message: 'unknown company or user, or wrong password',
    });
  });

  it('threat 9 is not looked at any more after 20 failures of a user, also of many at once', async () => {
    let nowMs = 0;
    let looked = 0;
    const credentials = async () => {
      looked += 1;
      return { ramal: '3501', senha: 's3nha' };
    };
    const login = create({ credentials, now: () => nowMs });
    const tries = Array.from({ length: 50 }, () => refusalOf(login({ ...ANA, passwd: 'guess' }, ADDRESS)));
    const outcomes = await Promise.all(tries);
    expect(outcomes.filter((outcome) => outcome === 'auth_failed')).toHaveLength(20);
    expect(outcomes.filter((outcome) => outcome === 'rate_limited')).toHaveLength(30);
    expect(looked).toBe(20);
    expect(await refusalOf(login({ ...ANA, passwd: 's3nha' }, '192.0.2.8'))).toBe('rate_limited');
    // A token can't be guessed: it is never held up.
    expect(await refusalOf(login({ ...ANA, passwd: await tokenOf(ANA) }, ADDRESS))).toBe('accepted');
    nowMs += 15 * 60 * 1000;
    expect(await refusalOf(login({ ...ANA, passwd: 's3nha' }, ADDRESS))).toBe('accepted');
  });

  it('that is right counts for nothing, however often', async () => {
    const login = create();
    for (let i = 0; i < 100; i++) {
      expect(await refusalOf(login({ ...ANA, passwd: 's3nha' }, ADDRESS))).toBe('accepted');
    }
  });

  it('can’t be checked while the directory is away: nobody is blamed for it', async () => {
    let away = true;
    const login = create({
      credentials: async () => {
        if (away) throw new Error('no database');
        return { ramal: '3501', senha: 's3nha' };
      },
    });
    for (let i = 0; i < 30; i++) {
      await expect(login({ ...ANA, passwd: 's3nha' }, ADDRESS)).rejects.toThrow('no database');
    }
    away = false;
    expect(await refusalOf(login({ ...ANA, passwd: 's3nha' }, ADDRESS))).toBe('accepted');
  });
});

it('R47 passwords are off unless the operator turns them on', () => {
  expect(configSchema.shape.GATEWAY_LEGACY_PASSWORDS.parse(undefined)).toBe(false);
});
