import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
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
/** The longest name a socket may have, less what differs between systems. */
const MAX_SOCKET_PATH = 100;

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
  const server = await listen(join(unready, LOCK));
  // It has its name when it is locked, so that nobody takes it for a dead one's.
  await fs.rename(unready, path);
  await fs.syncFolder(base);
  return {
    path,
    async takeOver() {
      const taken: string[] = [];
      for (const other of await fs.list(base)) {
        if (other === name || other.startsWith('new-')) continue;
        if (await isLive(join(base, other, LOCK))) continue;
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
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
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

async function listen(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  await withShortPath(
    path,
    (short) =>
      new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(short, () => resolve());
      }),
  );
  return server;
}

function isLive(path: string): Promise<boolean> {
  return withShortPath(
    path,
    (short) =>
      new Promise((resolve) => {
        const socket = connect(short);
        socket.once('connect', () => {
          socket.destroy();
          resolve(true);
        });
        // Whoever is too busy to be asked lives.
        socket.once('error', ({ code }: NodeJS.ErrnoException) =>
          resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
        );
      }),
  );
}

/** Linux has a short name for any folder that is open. */
async function withShortPath<T>(path: string, use: (short: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return use(path);
  if (process.platform !== 'linux') throw new RangeError('WEBHOOK_JOURNAL_DIR is too long a path');
  const folder = await open(join(path, '..'), 'r').catch(() => null);
  if (folder === null) return use(path);
  try {
    return await use(`/proc/self/fd/${folder.fd}/${LOCK}`);
  } finally {
    await folder.close();
  }
}
