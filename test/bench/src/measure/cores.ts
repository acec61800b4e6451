import { execFile } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Which core what is measured has for itself, and which one all others share. */
export interface Cores {
  server: number;
  rest: number;
  /** Why processes are not bound to cores; null when they are. */
  unpinned: string | null;
}

/**
 * The first core is the server's, the second one is left to the load, Redis and PostgreSQL. Binding needs `taskset`, of
 * util-linux, and two cores; without it the same is measured, and the report says so.
 */
export async function chooseCores(wanted = true): Promise<Cores> {
  const cores = { server: 0, rest: 1 };
  if (!wanted) return { ...cores, unpinned: 'not asked for' };
  if (availableParallelism() < 2) return { ...cores, unpinned: 'this machine has one core' };
  try {
    await run('taskset', ['--version']);
    return { ...cores, unpinned: null };
  } catch {
    return { ...cores, unpinned: 'taskset is not there' };
  }
}

/** Binds a process with all its threads; those that it makes later inherit it. */
export async function pin(pid: number, core: number): Promise<void> {
  await run('taskset', ['-a', '-c', '-p', String(core), String(pid)]);
}

/** Lets a process have all cores again. */
export async function unpin(pid: number): Promise<void> {
  await run('taskset', ['-a', '-c', '-p', `0-${cpus().length - 1}`, String(pid)]);
}
