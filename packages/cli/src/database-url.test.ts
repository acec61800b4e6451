import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findDatabaseUrl, maskDatabaseUrl } from './database-url.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'ramal-cli-'));
});
afterEach(() => rm(cwd, { recursive: true }));

async function writeDevFile(content: string): Promise<void> {
  await mkdir(join(cwd, '.ramal'));
  await writeFile(join(cwd, '.ramal', 'dev.json'), content);
}

test('the option wins over the environment, and that over the development stack', async () => {
  await writeDevFile('{"databaseUrl":"postgres://dev/ramal"}');
  const env = { DATABASE_URL: 'postgres://env/ramal' };
  expect(await findDatabaseUrl({ env, cwd }, 'postgresql://option/ramal')).toEqual({
    databaseUrl: 'postgresql://option/ramal',
    from: '--database-url',
  });
  expect(await findDatabaseUrl({ env, cwd }, undefined)).toMatchObject({ from: 'DATABASE_URL' });
  expect(await findDatabaseUrl({ env: { DATABASE_URL: '' }, cwd }, undefined)).toEqual({
    databaseUrl: 'postgres://dev/ramal',
    from: '.ramal/dev.json',
  });
});

test('a development file without a database, or half a file, counts as none', async () => {
  await expect(findDatabaseUrl({ env: {}, cwd }, undefined)).rejects.toThrow('which database?');
  await writeDevFile('{"databaseUrl":');
  await expect(findDatabaseUrl({ env: {}, cwd }, undefined)).rejects.toThrow('which database?');
  await writeFile(join(cwd, '.ramal', 'dev.json'), 'null');
  await expect(findDatabaseUrl({ env: {}, cwd }, undefined)).rejects.toThrow('which database?');
});

test.each([
  [
    'postgres://ramal:s3cret@db:5433/ramal?password=s3cret&sslkey=s3cret',
    'postgres://ramal:***@db:5433/ramal',
  ],
  ['postgres://ramal:s3%40cret@db/ramal', 'postgres://ramal:***@db/ramal'],
  ['postgres://ramal@db/ramal', 'postgres://ramal@db/ramal'],
  ['postgres://db/ramal', 'postgres://db/ramal'],
])('I8 %s is shown as %s', (url, shown) => {
  expect(maskDatabaseUrl(url)).toBe(shown);
});
