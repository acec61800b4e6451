import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { ServerStartError } from './server-errors.ts';
import { canReach, type UnprivilegedUser } from './unprivileged-user.ts';

const run = promisify(execFile);

export interface PostgresCluster {
  /** PostgreSQL's own data folder. */
  pgdata: string;
  password: string;
}

/** The password of the cluster kept in `dataDir`, made on first use. */
export async function clusterPassword(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, 'password');
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known !== '') return known;
  const password = randomBytes(18).toString('base64url');
  await writeFile(file, password, { mode: 0o600 });
  return password;
}

/** Opens the cluster of `dataDir`, made with initdb the first time. */
export async function openPostgresCluster(
  dataDir: string,
  binaries: PostgresBinaries,
  user: UnprivilegedUser | undefined,
  log: (line: string) => void,
): Promise<PostgresCluster> {
  const password = await clusterPassword(dataDir);
  const folder = await clusterFolder(dataDir, user, log);
  const pgdata = join(folder, 'cluster');
  const version = await readFile(join(pgdata, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) await initialise(folder, pgdata, password, binaries, user);
  else if (version.trim() !== '18')
    throw new ServerStartError(
      `${pgdata} holds data of PostgreSQL ${version.trim()}; this is 18. Move it away to start anew.`,
    );
  return { pgdata, password };
}

/**
 * Where the cluster lives: `dataDir`, or a folder of the temporary directory when root's stand-in user
 * cannot enter it. The choice is remembered in `dataDir`.
 */
async function clusterFolder(
  dataDir: string,
  user: UnprivilegedUser | undefined,
  log: (line: string) => void,
): Promise<string> {
  const own = await realpath(dataDir);
  if (user === undefined) return own;
  const remembered = join(dataDir, 'location');
  const elsewhere = await readFile(remembered, 'utf8').catch(() => '');
  if (elsewhere === '') {
    await chown(own, user.uid, user.gid);
    if (canReach(user, own)) return own;
  }
  const id = createHash('sha256').update(own).digest('hex').slice(0, 12);
  const folder = elsewhere === '' ? join(tmpdir(), `ramal-postgres-data-${id}`) : elsewhere;
  await mkdir(folder, { recursive: true });
  const { uid } = await stat(folder);
  if (uid !== 0 && uid !== user.uid) throw new ServerStartError(`${folder} belongs to another user`);
  await chown(folder, user.uid, user.gid);
  await writeFile(remembered, folder);
  if (elsewhere === '')
    log(`the user ${user.name} cannot enter ${own}: PostgreSQL's data is kept in ${folder}`);
  return folder;
}

/** Builds the cluster under another name first, so that an interrupted initdb is never taken for a whole one. */
async function initialise(
  folder: string,
  pgdata: string,
  password: string,
  binaries: PostgresBinaries,
  user: UnprivilegedUser | undefined,
): Promise<void> {
  const fresh = `${pgdata}.new`;
  const passwordFile = join(folder, 'initdb-password');
  await rm(fresh, { recursive: true, force: true });
  await rm(pgdata, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  await chmod(fresh, 0o700);
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) {
    await chown(fresh, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  try {
    await run(
      binaries.initdb,
      [
        ...['--pgdata', fresh, '--username', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
        ...[
          '--encoding',
          'UTF8',
          '--locale',
          'C',
          '--locale-provider',
          'builtin',
          '--builtin-locale',
          'C.UTF-8',
        ],
        '--no-sync', // the first checkpoint of the running server syncs it
      ],
      { cwd: '/', timeout: 60_000, ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }) },
    );
    await rename(fresh, pgdata);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ServerStartError(`initdb failed: ${why.trim().slice(-2000)}`, { cause });
  } finally {
    await rm(passwordFile, { force: true });
  }
}
