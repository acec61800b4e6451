import { readdir, readFile } from 'node:fs/promises';

/** What a process holds right now. */
export interface ProcessMemory {
  rssBytes: number;
  /** Open files and sockets. */
  descriptors: number;
}

const PAGE_BYTES = 4096;

/** Reads `/proc`; null where there is none, or the process is gone. */
export async function readMemory(pid: number): Promise<ProcessMemory | null> {
  try {
    const [statm, descriptors] = await Promise.all([
      readFile(`/proc/${pid}/statm`, 'utf8'),
      readdir(`/proc/${pid}/fd`),
    ]);
    return { rssBytes: Number(statm.split(' ')[1]) * PAGE_BYTES, descriptors: descriptors.length };
  } catch {
    return null; // a system without /proc, or a process that ended meanwhile
  }
}
