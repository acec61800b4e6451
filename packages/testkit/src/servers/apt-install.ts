import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { findCommand } from './find-command.ts';

const run = promisify(execFile);

/** `apt-get update` does not wait for another one, and test files run side by side. */
const LOCK_FILE = '/run/lock/ramal-apt.lock';

/** The words before `apt-get` that make it allowed here, or undefined when it is not. */
async function aptPrefix(env: NodeJS.ProcessEnv): Promise<readonly string[] | undefined> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (!/^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release)) return undefined;
  if ((await findCommand(['apt-get'], env)) === undefined) return undefined;
  if (process.getuid?.() === 0) return [];
  const sudo = await findCommand(['sudo'], env);
  if (sudo === undefined) return undefined;
  try {
    await run(sudo, ['-n', 'true'], { timeout: 5000 });
    return [sudo, '-n'];
  } catch {
    return undefined; // sudo would ask for a password
  }
}

/**
 * Installs one package with apt where the system is Debian or Ubuntu and we may.
 * @returns whether it was installed; why not goes to `log`.
 */
export async function aptInstall(
  packageName: string,
  log: (line: string) => void,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  const prefix = await aptPrefix(env);
  if (prefix === undefined) return false;
  log(`no ${packageName} found: installing it with apt-get (once)`);
  const apt = async (...args: string[]) => {
    const [command = 'flock', ...rest] = [
      ...prefix,
      ...['flock', '-w', '290', LOCK_FILE],
      ...['apt-get', '-o', 'DPkg::Lock::Timeout=120', ...args],
    ];
    await run(command, rest, {
      timeout: 600_000,
      maxBuffer: 16 * 1024 * 1024,
      env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  };
  try {
    await apt('update', '-qq');
    await apt('install', '-y', '-qq', '--no-install-recommends', packageName);
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message.trim().slice(-500) : String(error);
    log(`apt-get did not install ${packageName}: ${why}`);
    return false;
  }
}
