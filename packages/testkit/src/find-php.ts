import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { aptInstall } from './servers/apt-install.ts';
import { findCommand } from './servers/find-command.ts';
import { ServerMissingError } from './servers/server-errors.ts';

const run = promisify(execFile);

/**
 * The path of a PHP for the command line: `PHP_PATH`, else this system's, else apt's where it may be installed.
 * @param extensions those it must have beyond PHP's own, such as `soap`
 * @throws ServerMissingError saying what to do
 */
export async function findPhp(
  log: (line: string) => void = () => undefined,
  extensions: readonly string[] = [],
): Promise<string> {
  const { env } = process;
  const given = env['PHP_PATH'];
  if (given !== undefined && given !== '') return given;
  const found = await findInstalled(extensions);
  if (found !== undefined) return found;
  const packages = ['php-cli', ...extensions.map((name) => `php-${name}`)];
  for (const name of packages) {
    if (!(await aptInstall(name, log, env))) break;
  }
  const installed = await findInstalled(extensions);
  if (installed !== undefined) return installed;
  throw new ServerMissingError(
    `no PHP${extensions.map((name) => ` with ${name}`).join('')} found: install it (Debian, Ubuntu: sudo apt-get ` +
      `install ${packages.join(' ')}; macOS: brew install php) or set PHP_PATH`,
  );
}

async function findInstalled(extensions: readonly string[]): Promise<string | undefined> {
  const command = await findCommand(['php']);
  if (command === undefined || extensions.length === 0) return command;
  const { stdout } = await run(command, ['-m'], { timeout: 20_000 });
  const modules = stdout.toLowerCase().split(/\s+/);
  return extensions.every((name) => modules.includes(name)) ? command : undefined;
}
