import { expect, test } from 'vitest';
import {
  announceTestSwitches,
  isSwitchedOff,
  parseTestSwitches,
  TEST_SWITCHES,
  TestSwitchRefusedError,
} from './test-switch.ts';

const RAMAL_TEST_SWITCH_OFF = 'webhook.dedupe, gateway.resume';

test('protections are on unless a test names them', () => {
  expect(parseTestSwitches({}).size).toBe(0);
  expect(parseTestSwitches({ NODE_ENV: 'production', RAMAL_TEST_SWITCH_OFF: '' }).size).toBe(0);
  expect(TEST_SWITCHES.filter(isSwitchedOff)).toEqual([]);
  expect([...parseTestSwitches({ NODE_ENV: 'test', RAMAL_TEST_SWITCH_OFF })]).toEqual([
    'webhook.dedupe',
    'gateway.resume',
  ]);
});

test.each([undefined, '', 'production', 'development', 'TEST'])(
  'with NODE_ENV %j a service that is told to switch something off does not start',
  (NODE_ENV) => {
    expect(() => parseTestSwitches({ NODE_ENV, RAMAL_TEST_SWITCH_OFF })).toThrow(TestSwitchRefusedError);
  },
);

test('a protection there is not is refused, not ignored', () => {
  const env = { NODE_ENV: 'test', RAMAL_TEST_SWITCH_OFF: 'webhook.everything' };
  expect(() => parseTestSwitches(env)).toThrow('"webhook.everything"');
});

test('what is off is said loudly at the start, and nothing is said otherwise', () => {
  const said: object[] = [];
  const logger = { warn: (fields: object) => said.push(fields) };
  announceTestSwitches(logger as never, {});
  expect(said).toEqual([]);
  announceTestSwitches(logger as never, { NODE_ENV: 'test', RAMAL_TEST_SWITCH_OFF: 'gateway.probe' });
  expect(said).toEqual([{ off: ['gateway.probe'] }]);
});
