import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { ServerMissingError } from './server-errors.ts';

const run = promisify(execFile);

export interface UnprivilegedUser {
  name: string;
  uid: number;
  gid: number;
}

async function idOf(name: string): Promise<UnprivilegedUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined; // no such user
  }
}

/**
 * PostgreSQL refuses to run as root: the user to run it as, or undefined when we are not root.
 * @throws ServerMissingError when root has no such user.
 */
export async function findUnprivilegedUser(): Promise<UnprivilegedUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const user = (await idOf('postgres')) ?? (await idOf('nobody'));
  if (user !== undefined) return user;
  throw new ServerMissingError(
    'PostgreSQL does not run as root, and there is neither a user "postgres" nor "nobody" to run it as. ' +
      'Run this as another user, add one (useradd --system postgres), or set DATABASE_URL.',
  );
}

/** Whether the user may execute the file or enter the folder, every folder above included. */
export function canReach(user: UnprivilegedUser, path: string): boolean {
  const probe = spawnSync('test', ['-x', path], { cwd: '/', uid: user.uid, gid: user.gid, stdio: 'ignore' });
  return probe.status === 0;
}
