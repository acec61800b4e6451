import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chooseStackPorts, rememberStackPorts } from './stack-ports.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramal-ports-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('ports stay the same across starts, and one that is taken is stepped around alone', async () => {
  const file = join(folder, 'ports.json');
  const first = await chooseStackPorts(file, 'free');
  expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
  await rememberStackPorts(file, first);
  expect(await chooseStackPorts(file, 'free')).toEqual(first);

  const holder = createServer();
  await new Promise<void>((resolve) => {
    holder.listen(first.gateway, '127.0.0.1', resolve);
  });
  const { gateway, ...others } = await chooseStackPorts(file, 'free');
  expect(gateway).not.toBe(first.gateway);
  expect(others).toEqual({ ...others, api: first.api, webhook: first.webhook, redis: first.redis });
  holder.close();
});

test('tests with free ports get none of the usual ones', async () => {
  const ports = await chooseStackPorts(join(folder, 'ports.json'), 'free');
  for (const usual of [4000, 4100, 4200, 4300, 6379, 5432]) expect(Object.values(ports)).not.toContain(usual);
});
