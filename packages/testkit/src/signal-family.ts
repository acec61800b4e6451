import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Sends a signal to a process and to all that come of it, parents first, so that none is made meanwhile: a PostgreSQL whose
 * postmaster alone stands still goes on serving who is connected.
 */
export async function signalFamily(pid: number, signal: NodeJS.Signals): Promise<void> {
  process.kill(pid, signal);
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  for (const [child = 0, parent] of pairs)
    if (parent === pid) await signalFamily(child, signal).catch(ignoreGone);
}

/** It may have ended since it was listed. */
function ignoreGone(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
}
