import { expect, test } from 'vitest';
import { runRamal } from '../test/run-ramal.ts';
import { COMMANDS } from './command-list.ts';

test('the help lists every command, and each command has a help of its own', async () => {
  const overview = await runRamal(['--help']);
  expect([overview.code, overview.stderr]).toEqual([0, '']);
  for (const { name, options } of COMMANDS) {
    expect(overview.stdout).toContain(`  ${name}`);
    const help = await runRamal(['help', ...name.split(' ')]);
    expect(help).toEqual(await runRamal([...name.split(' '), '--help']));
    expect(help.code).toBe(0);
    for (const option of Object.keys(options)) expect(help.stdout).toContain(`--${option}`);
  }
});

test('help for the first word of several commands lists those', async () => {
  const { code, stdout } = await runRamal(['help', 'config']);
  expect(code).toBe(0);
  expect(stdout).toContain('config check');
  expect(stdout).not.toContain('migrate');
});

test('the version is the package’s', async () => {
  expect(await runRamal(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

test.each([
  [[], /Commands:/],
  [['nonsense'], /no command "nonsense", but: config check/],
  [['config'], /no command "config", but: config check, config convert\./],
  [['config', 'nonsense'], /no command "config nonsense"/],
  [['help', 'nonsense'], /no command "nonsense"/],
  [['config', 'check'], /<tenant> is missing/],
  [['config', 'check', 'a', 'b'], /"b" is one too many/],
  [['config', 'check', 'a', '--nonsense'], /'--nonsense'/],
  [['config', 'check', 'a', '--database-url'], /--database-url/],
  [['config', 'check', 'a', '--lang', 'fr'], /--lang must be pt-BR, en, es/],
  [['config', 'check', ''], /a tenant has a name/],
  [['config', 'check', 'x'.repeat(129)], /a tenant has a name/],
  [['config', 'convert', 'a', '--force'], /--force goes with --apply/],
  [['migrate', '--database-url', 'mysql://127.0.0.1/x'], /--database-url is no postgres:/],
])('a wrong call %j ends with 2 and says what is wrong', async (argv, message) => {
  const { code, stdout, stderr } = await runRamal(argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(message);
});

test('a master key of the wrong length is a wrong call, and is not repeated', async () => {
  const env = { DATABASE_URL: 'postgres://127.0.0.1:1/ramal', RAMAL_MASTER_KEY: 'canary-key' };
  const { code, stderr } = await runRamal(['config', 'check', 'a'], { env });
  expect(code).toBe(2);
  expect(stderr).toMatch(/RAMAL_MASTER_KEY must be 32 bytes/);
  expect(stderr).not.toContain('canary-key');
});

test('without any database it says how to name one', async () => {
  const { code, stderr } = await runRamal(['migrate']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/Give --database-url .* DATABASE_URL.*"npm start"/);
});

test('a database that does not answer is told with the masked address, never the password', async () => {
  const env = { DATABASE_URL: 'postgres://ramal:canary-secret@127.0.0.1:1/ramal?password=canary-secret' };
  for (const argv of [['migrate'], ['config', 'check', 'a'], ['config', 'convert', 'a']]) {
    const { code, stdout, stderr } = await runRamal(argv, { env });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('postgres://ramal:***@127.0.0.1:1/ramal (from DATABASE_URL)');
    expect(stderr).toMatch(/does not answer at that address.*ECONNREFUSED/);
    expect(stderr).not.toContain('canary-secret');
  }
});
