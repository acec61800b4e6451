import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliProcess } from './cli-process.ts';
import { CommandFailedError, UsageError } from './usage-error.ts';

export const DATABASE_URL_OPTION = {
  type: 'string',
  placeholder: 'URL',
  help: 'the database; default DATABASE_URL, else that of a running "npm start" (.ramal/dev.json)',
} as const;

/** Which database is meant, and where that is written. */
export interface DatabaseSource {
  databaseUrl: string;
  from: '--database-url' | 'DATABASE_URL' | '.ramal/dev.json';
}

/**
 * The option wins over the environment, and that over the development stack of the current folder.
 * @throws UsageError when what is given is no PostgreSQL address
 * @throws CommandFailedError when nothing is given
 */
export async function findDatabaseUrl(
  { env, cwd }: Pick<CliProcess, 'env' | 'cwd'>,
  option: string | undefined,
): Promise<DatabaseSource> {
  const given: [DatabaseSource['from'], string | undefined][] = [
    ['--database-url', option],
    ['DATABASE_URL', env['DATABASE_URL']],
  ];
  for (const [from, value] of given) {
    if (value !== undefined && value !== '') return { databaseUrl: checked(value, from), from };
  }
  const from = '.ramal/dev.json';
  const databaseUrl = await readDevFile(join(cwd, '.ramal', 'dev.json'));
  if (databaseUrl !== undefined) return { databaseUrl: checked(databaseUrl, from), from };
  throw new CommandFailedError(
    'ramal: which database? Give --database-url postgres://user:password@host:port/database, set DATABASE_URL, ' +
      'or run this in the checkout while "npm start" runs.',
  );
}

/** The address without its password, and without parameters, which may hold one too. */
export function maskDatabaseUrl(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  const user = url.username === '' ? '' : `${url.username}${url.password === '' ? '' : ':***'}@`;
  return `${url.protocol}//${user}${url.host}${url.pathname}`;
}

function checked(value: string, from: string): string {
  if (URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol)) return value;
  throw new UsageError(`${from} is no postgres://user:password@host:port/database address.`);
}

async function readDevFile(file: string): Promise<string | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    const url = (content as { databaseUrl?: unknown } | null)?.databaseUrl;
    return typeof url === 'string' ? url : undefined;
  } catch {
    // No stack runs here, or its file is just being written.
    return undefined;
  }
}
