import { open } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { basename, dirname } from 'node:path';

/** A mark in the file system that lasts as long as the process, however that ends. */
interface OwnedSocket {
  release(): Promise<void>;
}

/** The longest name a socket may have, less what differs between systems. */
const MAX_PATH_BYTES = 100;

/**
 * Marks `path` as this process' own by listening at a socket there: no process number that another one may have by now, and
 * good across containers that share the disk of one machine. Nothing is ever said on it.
 * @throws RangeError where the path is too long for this system
 */
export async function ownSocket(path: string): Promise<OwnedSocket> {
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
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

/** Does the process that has marked `path` still live? Not so where there is no mark. */
export function isOwnerAlive(path: string): Promise<boolean> {
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
          resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT' && code !== 'ENOTDIR'),
        );
      }),
  );
}

/** Linux has a short name for any folder that is open. */
async function withShortPath<T>(path: string, use: (short: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(path) <= MAX_PATH_BYTES) return use(path);
  if (process.platform !== 'linux') throw new RangeError(`${path} is too long for a socket`);
  const folder = await open(dirname(path), 'r').catch(() => null);
  // Where there is no folder there is no socket in it.
  if (folder === null) return use('/proc/self/fd/none/socket');
  try {
    return await use(`/proc/self/fd/${folder.fd}/${basename(path)}`);
  } finally {
    await folder.close();
  }
}
