import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findPostgres } from './find-postgres.ts';
import { ServerUnreachableError } from './server-errors.ts';

const env = { PATH: process.env['PATH'] };
let dataDir = '';
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ramal-find-postgres-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test('a local PostgreSQL keeps its data through a kill -9 and comes back on the same port', async () => {
  const first = await findPostgres({ dataDir, env });
  expect(first.kind).toBe('local');
  expect([5432, 6379]).not.toContain(first.port);
  await ask(first.url, "create table kept as select 'ação' as word");
  process.kill(first.pid as number, 'SIGKILL');
  await first.stop();

  const second = await findPostgres({ dataDir, env, preferredPort: first.port });
  expect(second.url).toBe(first.url);
  expect(await ask(second.url, 'select upper(word) as word from kept')).toEqual([{ word: 'AÇÃO' }]);
  await second.stop();
  await second.stop();
});

test('a PostgreSQL left over by a killed run is stopped before its data is opened again', async () => {
  const leftover = await findPostgres({ dataDir, env });
  const next = await findPostgres({ dataDir, env });
  expect(() => process.kill(leftover.pid as number, 0)).toThrow('ESRCH');
  expect(await ask(next.url, 'select count(*)::int as n from kept')).toEqual([{ n: 1 }]);
  await next.stop();
});

test('a lock file whose number now belongs to another program does not stop the start', async () => {
  const running = await findPostgres({ dataDir, env });
  const lockFile = join(dataDir, 'cluster', 'postmaster.pid');
  const lines = (await readFile(lockFile, 'utf8')).split('\n');
  await running.stop();
  await writeFile(lockFile, [String(process.pid), ...lines.slice(1)].join('\n'));
  const next = await findPostgres({ dataDir, env });
  expect(await ask(next.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await next.stop();
});

test('the server listens on loopback TCP only, with fsync on when its data is kept', async () => {
  const server = await findPostgres({ dataDir, env });
  const settings = await ask(
    server.url,
    "select name, setting from pg_settings where name in ('fsync', 'listen_addresses', 'unix_socket_directories') order by name",
  );
  expect(settings).toEqual([
    { name: 'fsync', setting: 'on' },
    { name: 'listen_addresses', setting: '127.0.0.1' },
    { name: 'unix_socket_directories', setting: '' },
  ]);
  await server.stop();
});

test('a given DATABASE_URL that does not answer is an error that hides its password', async () => {
  const finding = findPostgres({ env: { DATABASE_URL: 'postgres://me:hush@127.0.0.1:1/db' } });
  await expect(finding).rejects.toThrow(ServerUnreachableError);
  await expect(finding).rejects.toThrow('postgres://***@127.0.0.1:1/db');
  await expect(finding).rejects.not.toThrow('hush');
});
