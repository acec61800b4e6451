import { expect, test } from 'vitest';
import { parseSimulatorConfig, SimulatorConfigError } from './simulator-config.ts';

test('without variables it is a demo account on 127.0.0.1', () => {
  expect(parseSimulatorConfig({ SIM_WEBHOOK_URL: '' })).toMatchObject({
    port: 8090,
    host: '127.0.0.1',
    publicUrl: null,
    webhookUrl: null,
    accounts: [{ name: 'demo', auth: 1, path: '/api/clicktodial' }],
  });
});

test('variables are read, and accounts get their defaults', () => {
  const config = parseSimulatorConfig({
    SIM_PORT: '0',
    SIM_HOST: '::1',
    SIM_WEBHOOK_URL: 'http://127.0.0.1:3002',
    SIM_ACCOUNTS: JSON.stringify([
      { name: 'x', auth: 4, callback: { token: 't', names: { id: 'uniqueid' } } },
    ]),
  });
  expect(config).toMatchObject({ port: 0, host: '::1', webhookUrl: 'http://127.0.0.1:3002' });
  expect(config.accounts[0]?.callback).toMatchObject({
    method: 'GET',
    names: { id: 'uniqueid', origin: 'origem' },
  });
});

test.each([
  [{ SIM_PORT: '70000' }, 'SIM_PORT'],
  [{ SIM_PORT: 'http' }, 'SIM_PORT'],
  [{ SIM_WEBHOOK_URL: 'ftp://x' }, 'SIM_WEBHOOK_URL'],
  [{ SIM_ACCOUNTS: '[{' }, 'SIM_ACCOUNTS'],
  [{ SIM_ACCOUNTS: '[{"name":"a","auth":7}]' }, 'SIM_ACCOUNTS.0.auth'],
])('%o is refused by name', (env, name) => {
  expect(() => parseSimulatorConfig(env)).toThrow(SimulatorConfigError);
  expect(() => parseSimulatorConfig(env)).toThrow(name);
});
