import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, sleepUntil } from '@ramal/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, watchProblems } from '../harness/open-browser.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

const page = await readFile(new URL('../../docs/quick-start.md', import.meta.url), 'utf8');
/** The fenced blocks of the page: those with a file's name are that file, those of sh are commands. */
const blocks = [...page.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
  ([, kind, file, text = '']) => ({ kind, file, text }),
);
const files = blocks.filter(({ file }) => file !== undefined);

describe('the quick start, followed to the letter', () => {
  let system: TestStack;
  let browser: Browser;
  let folder: string;
  let shell: ChildProcess | undefined;

  beforeAll(async () => {
    [system, browser] = await Promise.all([startTestStack(), openBrowser()]);
    await system.simulator.behave({ ringMs: 400, talkMs: 600 });
    folder = await mkdtemp(join(tmpdir(), 'ramal-quick-start-'));
  }, 400_000);

  afterAll(async () => {
    // The shell and the server that it runs.
    if (shell?.pid !== undefined && shell.exitCode === null) process.kill(-shell.pid, 'SIGTERM');
    await browser?.close();
    await system?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['server.mjs', 'index.html'])('its %s is that of examples/html', async (name) => {
    const example = await readFile(new URL(`../../examples/html/${name}`, import.meta.url), 'utf8');
    expect(files.find(({ file }) => file === name)?.text).toBe(example);
  });

  it('R36 gives a page that dials and shows the start and the end pop-up', { timeout: 90_000 }, async () => {
    await mkdir(join(folder, 'ramal', '.ramal'), { recursive: true });
    await writeFile(join(folder, 'ramal', '.ramal', 'dev.json'), JSON.stringify(system.dev));
    await mkdir(join(folder, 'files'));
    for (const { file = '', text } of files) await writeFile(join(folder, 'files', file), text);
    const [make = '', ...rest] = blocks.filter(({ kind }) => kind === 'sh').map(({ text }) => text);
    const commands = ['set -e', make, 'cp ../files/* .', ...rest].join('\n');

    const port = await findFreePort();
    const output: string[] = [];
    shell = spawn('sh', ['-c', commands], {
      cwd: folder,
      env: { PATH: process.env['PATH'], PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [shell.stdout, shell.stderr])
      stream?.on('data', (chunk) => output.push(String(chunk)));
    await sleepUntil(() => output.join('').includes(`http://127.0.0.1:${port}`), {
      timeoutMs: 30_000,
      describe: 'the CRM of the quick start to listen',
    });

    const crm = await browser.newPage({ locale: 'en-US' });
    crm.setDefaultTimeout(30_000);
    const problems = watchProblems(crm);
    await crm.addInitScript(() => {
      document.addEventListener('ramal:status', (event) => {
        document.documentElement.dataset['status'] = (event as CustomEvent<{ status: string }>).detail.status;
      });
    });
    await crm.goto(`http://127.0.0.1:${port}`);
    await crm.locator('html[data-status=online]').waitFor({ state: 'attached' });
    await crm.getByRole('link', { name: '(47) 3210-0123' }).click();
    await crm.getByRole('article', { name: 'Call ended' }).filter({ hasText: '4732100123' }).waitFor();
    await crm.locator('article audio').waitFor();
    await crm.getByRole('button', { name: 'Open contact' }).click();
    await crm.getByText(/^Customer of .*4732100123$/).waitFor();
    expect(problems).toEqual([]);
    await crm.close();
  });
});
