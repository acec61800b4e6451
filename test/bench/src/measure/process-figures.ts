import { readFile } from 'node:fs/promises';

/** What `utime` and `stime` are counted in; the kernel's USER_HZ is 100 on every system that Node runs on. */
const TICK_MS = 10;

/** CPU time that processes have used since they began, in user and kernel together, ms. @throws when one is gone */
export async function readCpuMs(pids: readonly number[]): Promise<number> {
  const times = await Promise.all(pids.map(readOne));
  return times.reduce((sum, ms) => sum + ms, 0);
}

async function readOne(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  // The second field is the program's name, and may hold blanks and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Memory of a process that is in RAM, bytes. @throws when it is gone */
export async function readResidentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1');
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  if (kb === undefined) throw new Error(`process ${pid} does not tell its memory`);
  return Number(kb) * 1024;
}
