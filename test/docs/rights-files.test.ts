import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('threat 12 the SQL and ACL files in deploy/ say what the tables of rights in the code say', async () => {
  const { code, stderr } = await new Promise<{ code: number | null; stderr: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      ['scripts/rights.mjs', '--check'],
      { cwd: root },
      (_, __, text) => resolve({ code: child.exitCode, stderr: text }),
    );
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('the Redis container puts every password into its ACL file, and none is left out', async () => {
  const { services } = parse(await readFile(`${root}docker-compose.yml`, 'utf8'), { merge: true }) as {
    services: { redis: { command: string[]; environment: Record<string, string> } };
  };
  const acl = await readFile(`${root}deploy/redis/users.acl`, 'utf8');
  const names = [...acl.matchAll(/@(\w+)@/g)].map(([, name = '']) => name);
  expect(names).toHaveLength(6);
  const env = Object.fromEntries(names.map((name) => [name, `pw${name.replaceAll('_', '')}`]));
  expect(Object.keys(services.redis.environment)).toEqual(expect.arrayContaining(names));
  // The container's own script, but for what only the container has.
  const script = (services.redis.command[2] ?? '')
    .replaceAll('$$', '$')
    .replace('/etc/ramal/users.acl', `${root}deploy/redis/users.acl`)
    .replaceAll('> /tmp/users.acl', '')
    .replace(/^\[ "\$\(id[\s\S]*$/m, '');
  const written = await new Promise<string>((resolve, reject) => {
    execFile('sh', ['-euc', script], { env: { ...env, PATH: process.env['PATH'] } }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
  });
  expect(written).toBe(acl.replace(/@(\w+)@/g, (_, name: string) => env[name] ?? ''));
});
