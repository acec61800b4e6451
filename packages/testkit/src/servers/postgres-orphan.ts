import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sleepUntil } from '../sleep-until.ts';

const run = promisify(execFile);

/**
 * Makes way in `pgdata` after a kill -9: a server that still runs there is stopped; a lock file whose
 * process is gone, or whose number now belongs to another program, is removed.
 */
export async function stopPostgresOrphan(pgdata: string): Promise<void> {
  const lockFile = join(pgdata, 'postmaster.pid');
  const [line] = (await readFile(lockFile, 'utf8').catch(() => '')).split('\n');
  const pid = Number(line);
  if (!Number.isInteger(pid) || pid <= 1) {
    await rm(lockFile, { force: true });
    return;
  }
  if ((await commandOf(pid)).includes(pgdata)) {
    process.kill(pid, 'SIGINT');
    const isGone = async () => !(await commandOf(pid)).includes(pgdata);
    await sleepUntil(isGone, {
      timeoutMs: 15_000,
      describe: `the PostgreSQL of a killed run (${pid}) to end`,
    });
  }
  await rm(lockFile, { force: true });
}

/** The command line of a process; empty when there is none, or only its remains. */
async function commandOf(pid: number): Promise<string> {
  const command = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return command.stdout;
}
