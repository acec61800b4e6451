import { ConfigInvalidError, readMasterKeysOf } from '@ramal/runtime';
import type { CliProcess } from './cli-process.ts';
import { UsageError } from './usage-error.ts';

/**
 * The master keys of the environment, from the same places as the services read them: RAMAL_MASTER_KEY or the file that
 * RAMAL_MASTER_KEY_FILE names, the newest first, then RAMAL_MASTER_KEYS_OLD. Null where there is none.
 * @throws UsageError naming the variable, never what it holds
 */
export async function readKeys(env: CliProcess['env']): Promise<Buffer[] | null> {
  try {
    return await readMasterKeysOf(env);
  } catch (error) {
    if (error instanceof ConfigInvalidError) throw new UsageError(error.message);
    throw error;
  }
}
