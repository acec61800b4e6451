import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isOwnerAlive, ownSocket } from './owned-socket.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramal-owned-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('says that its owner lives for as long as it does, and nobody else can own it meanwhile', async () => {
  const path = join(folder, 'live');
  const mine = await ownSocket(path);
  expect(await isOwnerAlive(path)).toBe(true);
  await expect(ownSocket(path)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await mine.release();
  expect(await isOwnerAlive(path)).toBe(false);
});

it.runIf(process.platform === 'linux')('may lie deeper than a socket’s name is long', async () => {
  const deep = join(folder, 'a'.repeat(100), 'b'.repeat(100));
  await mkdir(deep, { recursive: true });
  const mine = await ownSocket(join(deep, 'live'));
  expect(await isOwnerAlive(join(deep, 'live'))).toBe(true);
  await mine.release();
  expect(await isOwnerAlive(join(deep, 'live'))).toBe(false);
  expect(await isOwnerAlive(join(deep, 'gone', 'live'))).toBe(false);
});

it('of nobody, or what is no folder, has no owner', async () => {
  await writeFile(join(folder, 'file'), '');
  expect(await isOwnerAlive(join(folder, 'none'))).toBe(false);
  expect(await isOwnerAlive(join(folder, 'file', 'live'))).toBe(false);
});
