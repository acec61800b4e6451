import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, sleepUntil } from '@ramal/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProcessNotReadyError, type SupervisedProcess, superviseProcess } from './supervised-process.ts';

const SERVER = `
  import { createServer } from 'node:http';
  createServer((_, response) => response.end('ok')).listen(Number(process.env.PORT), '127.0.0.1');
  console.log('up as', process.pid);
  if (process.env.DEAF) process.on('SIGTERM', () => console.log('deaf'));
  process.stdin.resume().on('end', () => process.exit(0));
`;

let folder = '';
let lines: string[] = [];
let notices: string[] = [];
let supervised: SupervisedProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ramal-supervise-'));
  lines = [];
  notices = [];
});
afterEach(async () => {
  await supervised?.stop(100);
  supervised = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function supervise(program: string, env: Record<string, string> = {}): Promise<SupervisedProcess> {
  const entry = join(folder, 'program.mjs');
  await writeFile(entry, program);
  const port = await findFreePort();
  supervised = superviseProcess({
    spec: {
      name: 'program',
      entry,
      env: { PORT: String(port), ...env },
      readyUrl: `http://127.0.0.1:${port}/`,
    },
    onLine: (line) => lines.push(line),
    onNotice: (line) => notices.push(line),
  });
  return supervised;
}

test('a process killed with -9 is started again and becomes ready', async () => {
  const program = await supervise(SERVER);
  program.start();
  await program.waitReady({ timeoutMs: 30_000 });
  const first = program.pid();
  program.kill('SIGKILL');
  await program.waitReady({ timeoutMs: 30_000, generation: 2 });
  expect(program.pid()).not.toBe(first);
  expect(notices).toEqual(['ended unasked (SIGKILL); starting it again in 300 ms']);
  expect(lines).toHaveLength(2);
});

test('a start has an environment of its own, which its restarts keep and the next start has not', async () => {
  const program = await supervise(SERVER.replace("'up as'", "'mood', process.env.MOOD"));
  program.start({ MOOD: 'bad' });
  await program.waitReady({ timeoutMs: 30_000 });
  program.kill('SIGKILL');
  await program.waitReady({ timeoutMs: 30_000, generation: 2 });
  await program.stop(2000);
  program.start();
  await program.waitReady({ timeoutMs: 30_000, generation: 3 });
  const moods = () => lines.map((line) => line.replace(/ \d+$/, ''));
  await sleepUntil(() => moods().length === 3, { describe: () => `three lines, not ${lines.join(', ')}` });
  expect(moods()).toEqual(['mood bad', 'mood bad', 'mood undefined']);
});

test('deaths are counted by how they came, and a stop is none', async () => {
  const program = await supervise(`${SERVER} process.on('SIGUSR2', () => process.exit(3));`);
  program.start();
  await program.waitReady({ timeoutMs: 30_000 });
  program.kill('SIGKILL');
  await program.waitReady({ timeoutMs: 30_000, generation: 2 });
  program.kill('SIGUSR2');
  await program.waitReady({ timeoutMs: 30_000, generation: 3 });
  await program.stop(2000);
  expect(program.deaths()).toEqual({ killed: 1, crashed: 1 });
});

test('a stopped process stays down until it is started again', async () => {
  const program = await supervise(SERVER);
  program.start();
  await program.waitReady({ timeoutMs: 30_000 });
  await program.stop(2000);
  expect(program.pid()).toBeUndefined();
  expect(notices).toEqual([]);
  program.start();
  await program.waitReady({ timeoutMs: 30_000, generation: 2 });
});

test('a process that ignores SIGTERM is killed after its grace', async () => {
  const program = await supervise(SERVER, { DEAF: '1' });
  program.start();
  await program.waitReady({ timeoutMs: 30_000 });
  await program.stop(150);
  expect(lines).toContain('deaf');
  expect(notices).toEqual(['did not stop in 150 ms: killed']);
});

test('a process that can not start fails the wait and backs off between its tries', async () => {
  const program = await supervise('process.exit(3);');
  program.start();
  await expect(program.waitReady({ timeoutMs: 15_000 })).rejects.toThrow(ProcessNotReadyError);
  expect(notices.map((notice) => notice.replace(/.*again in/, ''))).toEqual([
    ' 300 ms',
    ' 600 ms',
    ' 1200 ms',
    ' 2400 ms',
  ]);
});

test('a process is in a group of its own, so that a Ctrl-C reaches the supervisor alone', async () => {
  const program = await supervise(SERVER);
  program.start();
  await program.waitReady({ timeoutMs: 30_000 });
  const pid = program.pid() as number;
  // Signal 0 to a process group succeeds only where a group has that number.
  expect(() => process.kill(-pid, 0)).not.toThrow();
});

test('a process whose supervisor is killed with -9 sees its standard input close', async () => {
  const entry = join(folder, 'child.mjs');
  const port = await findFreePort();
  await writeFile(entry, SERVER);
  const parent = join(folder, 'parent.mjs');
  const module = new URL('../dist/supervised-process.js', import.meta.url).href;
  await writeFile(
    parent,
    `import { superviseProcess } from ${JSON.stringify(module)};
     const child = superviseProcess({
       spec: { name: 'child', entry: ${JSON.stringify(entry)}, env: { PORT: '${port}' }, readyUrl: 'http://127.0.0.1:${port}/' },
       onLine: () => {}, onNotice: () => {},
     });
     child.start();
     await child.waitReady({ timeoutMs: 30_000 });
     process.kill(process.pid, 'SIGKILL');`,
  );
  expect(spawnSync(process.execPath, [parent]).signal).toBe('SIGKILL');
  const isGone = () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => false,
      () => true,
    );
  await sleepUntil(isGone, { describe: 'the orphan to exit' });
});
