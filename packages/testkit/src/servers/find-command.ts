import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Folders that hold servers but are not on every user's PATH. */
const MORE_FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];

/** The absolute path of the first of `names` that the PATH holds, or undefined. */
export async function findCommand(
  names: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const folders = [...(env['PATH'] ?? '').split(delimiter).filter(Boolean), ...MORE_FOLDERS];
  for (const name of names) {
    for (const folder of folders) {
      const file = join(folder, name);
      try {
        await access(file, constants.X_OK);
        return file;
      } catch {
        // not here: look on
      }
    }
  }
  return undefined;
}
