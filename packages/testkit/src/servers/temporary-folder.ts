import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';

const MEMORY = '/dev/shm';
/** What a run of all tests writes is well below that. */
const ENOUGH_BYTES = 4 * 2 ** 30;

/**
 * Where the data of a server lies that nobody needs afterwards: in memory, where there is plenty of it, else in the folder for
 * temporary files, which `TMPDIR` names. Each test file makes databases; on a disk that others use too that is most of the time
 * a test takes.
 */
export async function temporaryFolder(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { TMPDIR } = env;
  if (TMPDIR !== undefined && TMPDIR !== '') return TMPDIR;
  const memory = await statfs(MEMORY).catch(() => null);
  const isEnough =
    memory !== null &&
    memory.bavail * memory.bsize >= ENOUGH_BYTES &&
    process.availableMemory() >= ENOUGH_BYTES;
  return isEnough ? MEMORY : tmpdir();
}
