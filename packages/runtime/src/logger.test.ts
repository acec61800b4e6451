import { sleepUntil } from '@ramal/testkit';
import { describe, expect, it } from 'vitest';
import { runChild } from '../test/run-child.ts';
import { maskNumber, toLoggedError } from './logger.ts';

const TOKEN = 'canary-token-5c1e';
const NUMBER = '47987650001';

describe('I8 the log', () => {
  it('holds no secret and no number, at the top or one level down', async () => {
    const child = runChild(`
      const log = createLogger('child', 'debug');
      const secrets = {
        token: '${TOKEN}', senha: '${TOKEN}', password: '${TOKEN}', authorization: '${TOKEN}',
        token_auth: '${TOKEN}', apiKey: '${TOKEN}', to: '${NUMBER}', number: '${NUMBER}',
        peer: { raw: '${NUMBER}', display: '${NUMBER}' },
      };
      log.info(secrets, 'flat');
      log.warn({ request: secrets, headers: { authorization: '${TOKEN}' } }, 'nested');
      const error = new Error('request failed', { cause: Object.assign(new Error('inner'), { code: 'EINNER', token: '${TOKEN}' }) });
      Object.assign(error, { code: 'EOUTER', options: { url: '${NUMBER}' }, request: secrets, command: { args: ['${TOKEN}'] } });
      log.error({ error, tenant: 'acme' }, 'failed');
      log.debug({ error: 'just a text' }, 'odd');
      console.log('done');
    `);
    await child.exited;
    await sleepUntil(() => child.lines.includes('done'));
    const text = child.lines.join('\n');
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain(NUMBER);
    const entries = child.lines.filter((line) => line !== 'done').map((line) => JSON.parse(line));
    expect(entries.map(({ level, msg, service }) => [level, msg, service])).toEqual([
      ['info', 'flat', 'child'],
      ['warn', 'nested', 'child'],
      ['error', 'failed', 'child'],
      ['debug', 'odd', 'child'],
    ]);
    expect(entries[0]).toMatchObject({ token: '***', peer: '***' });
    expect(entries[2]).toMatchObject({
      tenant: 'acme',
      error: { type: 'Error', message: 'request failed', code: 'EOUTER', cause: { code: 'EINNER' } },
    });
  });
});

describe('a logged error', () => {
  it('keeps type, message, code, stack and cause, and nothing a library hung on it', () => {
    class PbxError extends Error {
      override readonly name = 'PbxError';
      readonly request = { headers: TOKEN };
      readonly code = 'pbx';
    }
    const error = new PbxError('no', { cause: 'a text' });
    expect(toLoggedError(error)).toEqual({
      type: 'PbxError',
      message: 'no',
      code: 'pbx',
      stack: error.stack,
      cause: { message: 'a text' },
    });
  });
  it.each([undefined, null, 'text', 7, { token: TOKEN }])(
    'of what is none (%j) holds no content',
    (thrown) => {
      expect(JSON.stringify(toLoggedError(thrown))).not.toContain(TOKEN);
    },
  );
});

it.each([
  ['47987650001', '*********01'],
  ['+5547987650001', '************01'],
  ['3501', '3501'],
  ['', ''],
])('a number in a log: %s becomes %s', (number, masked) => {
  expect(maskNumber(number)).toBe(masked);
});
