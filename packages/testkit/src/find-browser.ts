import { access } from 'node:fs/promises';
import { aptInstall } from './servers/apt-install.ts';
import { findCommand } from './servers/find-command.ts';
import { ServerMissingError } from './servers/server-errors.ts';

/** It is headless and nothing else, and takes two thirds of the time that a whole one takes for our pages. */
const LIGHT = 'chromium-headless-shell';
const PACKAGES = [LIGHT, 'chromium'];
const COMMANDS = [...PACKAGES, 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC_APP = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/**
 * The path of a Chromium for tests: `CHROMIUM_PATH`, else one of this system's, else apt's where it may be
 * installed. Under `CI` a light one is installed though a whole one is there. A browser inside an npm package would cost every
 * install of the project 60 MB.
 * @throws ServerMissingError saying what to do
 */
export async function findBrowser(log: (line: string) => void = () => undefined): Promise<string> {
  const { env } = process;
  const given = env['CHROMIUM_PATH'];
  if (given !== undefined && given !== '') return given;
  const isCi = (env['CI'] ?? '') !== '';
  if (isCi && (await findCommand([LIGHT])) === undefined) await aptInstall(LIGHT, log, env);
  const found = await findInstalled();
  if (found !== undefined) return found;
  for (const name of PACKAGES) {
    if (!(await aptInstall(name, log, env))) continue;
    const installed = await findInstalled();
    if (installed !== undefined) return installed;
  }
  throw new ServerMissingError(
    'no Chromium found: install it (Debian, Ubuntu: sudo apt-get install chromium; macOS: Google Chrome) or set CHROMIUM_PATH',
  );
}

async function findInstalled(): Promise<string | undefined> {
  const command = await findCommand(COMMANDS);
  if (command !== undefined) return command;
  return access(MAC_APP).then(
    () => MAC_APP,
    () => undefined,
  );
}
