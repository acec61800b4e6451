import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

function check(): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['scripts/env-example.mjs', '--check'],
      { cwd: root },
      (_, __, stderr) => resolve({ code: child.exitCode, stderr }),
    );
  });
}

test('.env.example and the table in the README say what the schemas of the services say', async () => {
  expect(await check()).toEqual({ code: 0, stderr: '' });
});

test('no secret has a value in .env.example', async () => {
  const lines = (await readFile(`${root}/.env.example`, 'utf8')).split('\n');
  const secrets = lines.filter((line) => /^#?[A-Z_]*(SECRET|PASSWORD|KEY|_TOKEN)[A-Z_]*=/.test(line));
  expect(secrets).toEqual(
    expect.arrayContaining(['AGENT_TOKEN_SECRET=', 'POSTGRES_PASSWORD=', 'REDIS_PASSWORD=']),
  );
  for (const line of secrets.filter((text) => !/TTL|LEGACY_PASSWORDS/.test(text))) expect(line).toMatch(/=$/);
});
