import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { GIVES_WAY } from '@ramal/runtime';
import { sleepUntil } from '@ramal/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDevFile } from './dev-file.ts';
import { StackRunningError } from './stack-lock.ts';
import { startStack } from './start-stack.ts';

/** Servers of the stack's own, in its home. */
const serverEnv = { PATH: process.env['PATH'] };
let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ramal-home-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

test('a stack writes dev.json, heals a kill -9, refuses a second start and leaves nothing behind', async () => {
  const devFile = join(home, 'dev.json');
  const stack = await startStack({ home, ports: 'free', only: ['simulator'], serverEnv });
  try {
    const dev = await readDevFile(devFile);
    expect(dev).toEqual(stack.dev);
    expect(dev?.tenants.map(({ tenant, agents }) => [tenant, agents.length])).toEqual([
      ['demo', 3],
      ['acme', 3],
    ]);
    await expect(startStack({ home, ports: 'free', only: ['simulator'], serverEnv })).rejects.toThrow(
      StackRunningError,
    );

    const killed = stack.dev.services['simulator']?.pid;
    stack.kill('simulator', 'SIGKILL');
    await stack.restartOf('simulator');
    expect((await fetch(`${stack.dev.simulatorUrl}/healthz`)).ok).toBe(true);
    const isUpdated = async () => (await readDevFile(devFile))?.services['simulator']?.pid !== killed;
    await sleepUntil(isUpdated, { describe: 'dev.json to name the new process' });

    const { simulatorUrl } = stack.dev;
    await stack.stop();
    expect(existsSync(devFile)).toBe(false);
    await expect(fetch(`${simulatorUrl}/healthz`)).rejects.toThrow();
  } finally {
    await stack.stop();
  }
});

test('a start that is given up stops what ran already', async () => {
  const controller = new AbortController();
  const starting = startStack({
    home,
    ports: 'free',
    only: ['simulator'],
    serverEnv,
    signal: controller.signal,
    log: (line) => {
      if (line.startsWith('✓ servers')) controller.abort(new Error('given up'));
    },
  });
  await expect(starting).rejects.toThrow('given up');
  expect(existsSync(join(home, 'lock'))).toBe(false);
});

test('a service runs as often as is asked for, each process on ports of its own and killed alone', async () => {
  const stack = await startStack({
    home,
    ports: 'free',
    only: ['webhook', 'dialer', 'history'],
    replicas: { webhook: 3 },
    serverEnv,
  });
  try {
    const { dev } = stack;
    expect(Object.keys(dev.services).sort()).toEqual([
      'dialer',
      'history',
      'webhook',
      'webhook-2',
      'webhook-3',
    ]);
    // Nobody waits for what history writes.
    const toPriority = (name: string) => getPriority(dev.services[name]?.pid ?? 0);
    expect([toPriority('history'), toPriority('dialer')]).toEqual([
      Math.max(GIVES_WAY, getPriority()),
      getPriority(),
    ]);
    expect(dev.webhookUrls[0]).toBe(dev.webhookUrl);
    expect(new Set(dev.webhookUrls).size).toBe(3);
    expect(new Set(Object.values(dev.services).map(({ opsUrl }) => opsUrl)).size).toBe(5);
    for (const url of dev.webhookUrls) expect((await fetch(`${url}/v1/cti/nobody/ended`)).status).toBe(404);

    const before = Object.fromEntries(Object.entries(dev.services).map(([name, { pid }]) => [name, pid]));
    stack.kill('webhook-2', 'SIGKILL');
    await stack.restartOf('webhook-2');
    const after = Object.fromEntries(Object.entries(dev.services).map(([name, { pid }]) => [name, pid]));
    expect(after['webhook-2']).not.toBe(before['webhook-2']);
    expect({ ...after, 'webhook-2': 0 }).toEqual({ ...before, 'webhook-2': 0 });
  } finally {
    await stack.stop();
  }
});

test('a number of replicas that is none is refused', async () => {
  const start = startStack({ home, ports: 'free', only: ['simulator'], replicas: { api: 0 }, serverEnv });
  await expect(start).rejects.toThrow('replicas: api');
  expect(existsSync(join(home, 'lock'))).toBe(false);
});
