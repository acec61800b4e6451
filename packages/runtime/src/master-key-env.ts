import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigInvalidError } from './parse-env.ts';

const KEY_BYTES = 32;
const ADVICE = 'must be 32 bytes in base64: openssl rand -base64 32';

/** The variables that hold master keys, for every service and for the command-line tool. */
export const masterKeyEnv = {
  RAMAL_MASTER_KEY: masterKey()
    .optional()
    .describe(
      "32 bytes in base64: encrypts companies' and users' secrets in the database; the same in every process",
    ),
  RAMAL_MASTER_KEY_FILE: z
    .string()
    .optional()
    .describe(
      'A file that holds the master key instead, such as a Docker or Kubernetes secret; further lines are older keys',
    ),
  RAMAL_MASTER_KEYS_OLD: z
    .string()
    .transform((text, context) => {
      const keys = text
        .split(/[\s,]+/)
        .filter((part) => part !== '')
        .map(toKey);
      if (keys.every((key) => key !== null)) return keys;
      context.addIssue({ code: 'custom', message: `each ${ADVICE}` });
      return z.NEVER;
    })
    .optional()
    .describe('Master keys that still open what they encrypted, divided by commas, while they are replaced'),
};

type MasterKeyEnv = z.infer<z.ZodObject<typeof masterKeyEnv>>;

/**
 * The master keys of this process, the newest first; null when there is none: then secrets stay as they are written.
 * Reads the key file, if one is named.
 * @throws ConfigInvalidError naming the variable, never what it holds
 */
export async function readMasterKeys(env: MasterKeyEnv): Promise<Buffer[] | null> {
  const old = env.RAMAL_MASTER_KEYS_OLD ?? [];
  if (env.RAMAL_MASTER_KEY !== undefined && env.RAMAL_MASTER_KEY_FILE !== undefined)
    throw new ConfigInvalidError('set RAMAL_MASTER_KEY or RAMAL_MASTER_KEY_FILE, not both');
  if (env.RAMAL_MASTER_KEY_FILE !== undefined)
    return [...(await readKeyFile(env.RAMAL_MASTER_KEY_FILE)), ...old];
  if (env.RAMAL_MASTER_KEY !== undefined) return [env.RAMAL_MASTER_KEY, ...old];
  if (old.length > 0)
    throw new ConfigInvalidError('RAMAL_MASTER_KEYS_OLD goes with RAMAL_MASTER_KEY or RAMAL_MASTER_KEY_FILE');
  return null;
}

/**
 * The same for a tool, which needs nothing else of the environment.
 * @throws ConfigInvalidError
 */
export async function readMasterKeysOf(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Buffer[] | null> {
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  const parsed = z.object(masterKeyEnv).safeParse(Object.fromEntries(given));
  if (parsed.success) return readMasterKeys(parsed.data);
  const [issue] = parsed.error.issues;
  throw new ConfigInvalidError(`${issue?.path.join('.')} ${issue?.message}`);
}

async function readKeyFile(file: string): Promise<Buffer[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as { code?: string };
    throw new ConfigInvalidError(`RAMAL_MASTER_KEY_FILE can't be read (${code})`);
  }
  const keys = text
    .split(/\s+/)
    .filter((line) => line !== '')
    .map(toKey);
  const found = keys.filter((key) => key !== null);
  if (found.length > 0 && found.length === keys.length) return found;
  throw new ConfigInvalidError(`each line of the file RAMAL_MASTER_KEY_FILE names ${ADVICE}`);
}

function masterKey() {
  return z.string().transform((text, context) => {
    const key = toKey(text);
    if (key !== null) return key;
    context.addIssue({ code: 'custom', message: ADVICE });
    return z.NEVER;
  });
}

/** Null for what is no key. */
function toKey(text: string): Buffer | null {
  const key = Buffer.from(text, 'base64');
  return key.length === KEY_BYTES ? key : null;
}
