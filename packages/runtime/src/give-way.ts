import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Niceness of a process that others need not wait for: a tenth of the weight of those that did not ask for less. */
export const GIVES_WAY = 10;

/**
 * Lets all other processes of the machine go first, with all threads that this process has: for work that nobody waits for,
 * beside work that an agent does. It takes nothing from a machine that has processors to spare. Who gives way as much already
 * stays as they are: coming forward is for the superuser alone.
 */
export function giveWay(): void {
  if (getPriority() >= GIVES_WAY) return;
  setPriority(GIVES_WAY);
  if (process.platform !== 'linux') return;
  // Linux counts each thread by itself, and the engine's own were there before us; those made later are like their maker.
  for (const thread of readdirSync('/proc/self/task')) {
    try {
      setPriority(Number(thread), GIVES_WAY);
    } catch {
      // It has ended meanwhile.
    }
  }
}
