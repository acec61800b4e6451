import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StackRunningError, takeStackLock } from './stack-lock.ts';

let folder = '';
let lockFile = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramal-lock-'));
  lockFile = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a second stack in the same folder is refused, with the process number of the first', async () => {
  const lock = await takeStackLock(lockFile);
  expect(lock.wasStale).toBe(false);
  await expect(takeStackLock(lockFile)).rejects.toThrow(StackRunningError);
  await expect(takeStackLock(lockFile)).rejects.toThrow(`process ${process.pid}`);
  await lock.release();
  await (await takeStackLock(lockFile)).release();
});

test.each([
  ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, startedAt: 'once' })],
  [
    'whose number now belongs to another program',
    JSON.stringify({ pid: process.pid, startedAt: 'long ago' }),
  ],
  ['cut off by a power failure', '{"pid":'],
])('a lock %s is taken over', async (_, content) => {
  await writeFile(lockFile, content);
  const lock = await takeStackLock(lockFile);
  expect(lock.wasStale).toBe(true);
  await lock.release();
});
