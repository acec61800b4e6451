import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commonEnv } from './common-env.ts';
import { ConfigInvalidError, count, durationMs, flag, parseEnv, port, signingSecret } from './parse-env.ts';

const CANARY = 'canary-47987650001';
const schema = z.object({
  ...commonEnv,
  SECRET: signingSecret().describe('Signs things'),
  WAIT_MS: durationMs().default(5),
  HOW_MANY: count().default(1),
  SWITCH: flag().default(false),
  PORT: port().default(80),
});
const good = {
  REDIS_URL: 'redis://localhost:1',
  DATABASE_URL: 'postgres://localhost/x',
  SECRET: 's'.repeat(32),
};
const failure = (env: Record<string, string | undefined>): string => {
  try {
    parseEnv(schema, env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigInvalidError);
    return (error as Error).message;
  }
  throw new Error('it was accepted');
};

describe('parseEnv', () => {
  it('takes numbers, switches and defaults, and nothing that is not asked for', () => {
    const env = { ...good, WAIT_MS: '250', SWITCH: 'yes', PORT: '0', HOME: '/root', LOG_LEVEL: '' };
    expect(parseEnv(schema, env)).toEqual({
      ...good,
      WAIT_MS: 250,
      HOW_MANY: 1,
      SWITCH: true,
      PORT: 0,
      RAMAL_PARTITIONS: 8,
      LOG_LEVEL: 'info',
      OPS_HOST: '127.0.0.1',
      OPS_PORT: 9900,
      RAMAL_PARENT_WATCH: false,
    });
  });

  it('an empty variable is an absent one', () => {
    expect(parseEnv(schema, { ...good, WAIT_MS: '' }).WAIT_MS).toBe(5);
    expect(failure({ ...good, SECRET: '' })).toContain('SECRET');
  });

  it('names every variable at fault at once, with what it is for', () => {
    const message = failure({ WAIT_MS: '0', PORT: '65536' });
    for (const name of ['REDIS_URL', 'DATABASE_URL', 'SECRET', 'WAIT_MS', 'PORT'])
      expect(message).toContain(`  ${name}: `);
    expect(message).toContain('(Signs things)');
    expect(message).not.toContain('HOW_MANY');
  });

  it.each([
    'REDIS_URL',
    'DATABASE_URL',
    'SECRET',
    'WAIT_MS',
    'HOW_MANY',
    'SWITCH',
    'PORT',
    'LOG_LEVEL',
    'RAMAL_PARTITIONS',
  ])('I8 never repeats the value of %s', (name) => {
    const message = failure({ ...good, [name]: CANARY });
    expect(message).toContain(name);
    expect(message).not.toContain(CANARY);
  });

  it.each([
    ['REDIS_URL', 'http://localhost'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['HOW_MANY', '1.5'],
    ['HOW_MANY', '-1'],
    ['HOW_MANY', 'NaN'],
    ['PORT', '-1'],
    ['SWITCH', 'maybe'],
    ['RAMAL_PARTITIONS', '1025'],
  ])('refuses %s=%s', (name, value) => {
    expect(failure({ ...good, [name]: value })).toContain(name);
  });
});
