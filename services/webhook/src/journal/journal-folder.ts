import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { isOwnerAlive, ownSocket } from '@ramal/runtime';
import { DISK, type JournalFs } from './journal-fs.ts';

/** A folder that is this process' own for as long as it lives. */
export interface JournalFolder {
  path: string;
  /** Takes over the segments of processes that are dead; returns their new names in this folder. */
  takeOver(): Promise<string[]>;
  release(): Promise<void>;
}

const LOCK = 'live';
const SEGMENT = /\.(?:seg|aside)$/;
/**
 * Makes a folder for this process below `base`. Whoever lives listens at a socket in its folder, which ends with the
 * process, however it ends: no process number that another one may have by now, and good across containers that
 * share the disk of one machine.
 */
export async function openJournalFolder(base: string, fs: JournalFs = DISK): Promise<JournalFolder> {
  await fs.makeFolder(base);
  const name = randomBytes(6).toString('hex');
  const unready = join(base, `new-${name}`);
  const path = join(base, name);
  await fs.makeFolder(unready);
  const lock = await ownSocket(join(unready, LOCK));
  // It has its name when it is locked, so that nobody takes it for a dead one's.
  await fs.rename(unready, path);
  await fs.syncFolder(base);
  return {
    path,
    async takeOver() {
      const taken: string[] = [];
      for (const other of await fs.list(base)) {
        if (other === name || other.startsWith('new-')) continue;
        if (await isOwnerAlive(join(base, other, LOCK))) continue;
        // One of all who try gets it.
        const won = await fs.rename(join(base, other), join(path, other)).then(
          () => true,
          () => false,
        );
        if (won) taken.push(...(await flatten(fs, path, join(path, other), other)));
      }
      return taken;
    },
    async release() {
      await lock.release();
      const left = await fs.list(path);
      if (left.every((file) => file === LOCK)) {
        await fs.remove(join(path, LOCK)).catch(() => undefined);
        await fs.removeFolder(path);
      }
    },
  };
}

/** A process that died while it took over another's folder has that in its own. */
async function flatten(fs: JournalFs, path: string, from: string, prefix: string): Promise<string[]> {
  const moved: string[] = [];
  for (const entry of await fs.list(from)) {
    if (SEGMENT.test(entry)) {
      const name = `${prefix}-${entry.replace('.aside', '.seg')}`;
      await fs.rename(join(from, entry), join(path, name));
      moved.push(name);
    } else if (entry === LOCK) {
      await fs.remove(join(from, entry));
    } else {
      moved.push(...(await flatten(fs, path, join(from, entry), entry)));
    }
  }
  await fs.removeFolder(from);
  await fs.syncFolder(path);
  return moved;
}
