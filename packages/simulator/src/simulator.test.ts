import { get } from 'node:http';
import { expect, test } from 'vitest';
import { createSimulator } from './simulator.ts';
import { createJsonLog } from './simulator-log.ts';

/** Sockets, servers and timers that keep a process alive. */
function handles(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => /TCP|Timeout|GetAddrInfo/.test(kind));
}

test('stop leaves no handle behind, whatever was under way', async () => {
  const before = handles().length;
  const simulator = createSimulator({
    accounts: [{ name: 'a', auth: 0, callback: { token: 't' } }],
    // Nothing listens on this port: callbacks wait for their retries.
    webhookUrl: 'http://127.0.0.1:1',
    behaviour: { ringMs: 60_000 },
  });
  const { url } = await simulator.start();
  const dial = () =>
    new Promise((resolve) => {
      get(`${url}/api/clicktodial?origem=1&destino=2`, { agent: false }, (response) => {
        response.resume().on('end', resolve);
      }).on('error', resolve);
    });
  await dial();
  simulator.placeIncoming({ account: 'a', from: '1', to: '2' });
  simulator.behave({ fault: 'mute' });
  const muted = dial();
  simulator.behave({ fault: 'none', answerDelayMs: 60_000 });
  const late = dial();
  await expect.poll(() => simulator.originates().length).toBe(3);
  await expect.poll(() => simulator.callbacks()[0]?.error).toContain('ECONNREFUSED');
  expect(handles().length).toBeGreaterThan(before);

  await simulator.stop();
  await Promise.all([muted, late]);
  await expect.poll(() => handles().length).toBeLessThanOrEqual(before);
  await simulator.stop();
});

test('I8 the log holds no credentials and no whole number', async () => {
  const lines: string[] = [];
  const simulator = createSimulator({
    accounts: [
      {
        name: 'a',
        auth: 3,
        users: [{ ramal: '3501', token: 'canary-token' }],
        callback: { token: 'path-token' },
      },
    ],
    webhookUrl: 'http://127.0.0.1:1',
    behaviour: { ringMs: 0, outcome: 'busy' },
    retryDelaysMs: [],
    log: createJsonLog((line) => lines.push(line)),
  });
  const { url } = await simulator.start();
  await fetch(`${url}/api/clicktodial?origem=3501&destino=47987654321&token=canary-token`);
  await expect.poll(() => lines.some((line) => line.includes('given up'))).toBe(true);
  await simulator.stop();
  expect(lines.join('')).not.toMatch(/canary-token|path-token|47987654321/);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    time: expect.any(String),
    level: 'info',
    msg: 'originate',
  });
});

test.each([
  [[{ name: 'a', auth: 0, path: '/control/calls' }], 'belongs to the simulator'],
  [[{ name: 'a', auth: 0, path: '/' }], 'belongs to the simulator'],
  [[{ name: 'a', auth: 0, path: '/dial?x=1' }], 'no query'],
  [
    [
      { name: 'a', auth: 0 },
      { name: 'a', auth: 1 },
    ],
    'same name',
  ],
  [[{ name: 'a', auth: 0, callback: { token: 't', bodyKind: 'json' } }], 'GET callback has no body'],
] as const)('accounts that make no sense are refused: %o', (accounts, message) => {
  expect(() => createSimulator({ accounts: structuredClone(accounts) as never })).toThrow(message);
});
