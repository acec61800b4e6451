import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findFreePort, findPhp, sleepUntil } from '@ramal/testkit';

/** PHP's own web server on a folder. */
export interface PhpServer {
  readonly url: string;
  stop(): Promise<void>;
}

export interface StartPhpOptions {
  /** Absolute path. */
  folder: string;
  env: Record<string, string>;
  /** Functions PHP is to be without, as on a server that lacks an extension. */
  disableFunctions?: string;
}

/** Starts `php -S` on a free port of 127.0.0.1, with sessions in a folder of its own. */
export async function startPhp(options: StartPhpOptions): Promise<PhpServer> {
  const [php, port, sessions] = await Promise.all([
    findPhp(console.log),
    findFreePort(),
    mkdtemp(join(tmpdir(), 'ramal-php-')),
  ]);
  const args = ['-d', `session.save_path=${sessions}`, '-d', 'display_errors=0'];
  if (options.disableFunctions !== undefined)
    args.push('-d', `disable_functions=${options.disableFunctions}`);
  const child = spawn(php, [...args, '-S', `127.0.0.1:${port}`, '-t', options.folder], {
    env: { PATH: process.env['PATH'], PHP_CLI_SERVER_WORKERS: '4', ...options.env },
    stdio: ['ignore', 'ignore', 'pipe'],
    // Its workers end with its group.
    detached: true,
  });
  const output: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString('utf8')));
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await endGroup(child);
    await rm(sessions, { recursive: true, force: true });
  };
  try {
    await sleepUntil(async () => child.exitCode !== null || (await answers(url)), {
      timeoutMs: 30_000,
      describe: 'php -S to answer',
    });
  } catch (error) {
    await stop();
    throw error;
  }
  if (child.exitCode !== null) throw new Error(`php -S ended at once: ${output.join('').slice(-2000)}`);
  return { url, stop };
}

/** Runs PHP on the command line and returns what it printed. */
export async function runPhp(args: string[], env: Record<string, string> = {}): Promise<string> {
  const php = await findPhp(console.log);
  const { stdout } = await promisify(execFile)(php, args, {
    env: { PATH: process.env['PATH'], ...env },
    timeout: 30_000,
  });
  return stdout;
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(`${url}/sistema.css`, { signal: AbortSignal.timeout(2_000) });
    return true;
  } catch {
    return false;
  }
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  process.kill(-child.pid, 'SIGTERM');
  await exited;
}
