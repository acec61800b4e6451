import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { readJsonFile } from './json-file.ts';

const run = promisify(execFile);

/** Another process runs the stack of the same folder. */
export class StackRunningError extends Error {
  readonly code = 'stack_running';
  override readonly name = 'StackRunningError';
}

/** Whose lock it is: a process number alone could by now belong to another program. */
interface Holder {
  pid: number;
  startedAt: string;
}

async function startTimeOf(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
    });
    return stdout.trim() || undefined;
  } catch {
    return undefined; // no such process
  }
}

async function isAlive(holder: Partial<Holder> | undefined): Promise<boolean> {
  if (holder?.pid === undefined) return false;
  return (await startTimeOf(holder.pid)) === holder.startedAt;
}

export interface StackLock {
  /** Whether a run before this one was killed and left its lock. */
  readonly wasStale: boolean;
  release(): Promise<void>;
}

/**
 * Takes the lock of a stack's folder; one left by a killed process is taken over.
 * @throws StackRunningError when its holder lives.
 */
export async function takeStackLock(lockFile: string): Promise<StackLock> {
  const me: Holder = { pid: process.pid, startedAt: (await startTimeOf(process.pid)) ?? '' };
  const take = () => writeFile(lockFile, JSON.stringify(me), { flag: 'wx', mode: 0o600 });
  let wasStale = false;
  try {
    await take();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = (await readJsonFile(lockFile)) as Partial<Holder> | undefined;
    if (await isAlive(holder)) {
      throw new StackRunningError(
        `Ramal already runs from this folder (process ${holder?.pid}). Use it (npm run demo), or stop it with Ctrl-C ` +
          `where it was started, or with: kill ${holder?.pid}`,
      );
    }
    await rm(lockFile, { force: true });
    await take();
    wasStale = true;
  }
  return { wasStale, release: () => rm(lockFile, { force: true }) };
}
