import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectRedis, createLivePersons } from '@ramal/bus';
import {
  createNames,
  DEFAULT_PARTITIONS,
  parseRedisUrl,
  RedisUrlInvalidError,
  toRedisHosts,
} from '@ramal/contracts';
import { createSubjectOf, type PrivacyDeps } from '@ramal/privacy';
import { connectTenants, type Tenants } from '@ramal/store';
import type { CommandInput, OptionSpecs } from './command.ts';
import { findDatabaseUrl, maskDatabaseUrl } from './database-url.ts';
import { readKeys } from './read-keys.ts';
import { CommandFailedError, UsageError } from './usage-error.ts';

export const REDIS_URL_OPTION = {
  type: 'string',
  placeholder: 'URL',
  help: 'Redis; default REDIS_URL, else that of a running "npm start" (.ramal/dev.json)',
} as const;

type Surroundings = Pick<CommandInput<OptionSpecs>, 'process' | 'note'>;

const APPLICATION_NAME = 'ramal-cli';

/** Opens all databases, the tenants' own among them, says where the directory is, and closes them when the work is done. */
export async function withTenants<T>(
  { process, note }: Surroundings,
  databaseUrlOption: string | undefined,
  work: (tenants: Tenants) => Promise<T>,
): Promise<T> {
  const masterKey = await readKeys(process.env);
  const { databaseUrl, from } = await findDatabaseUrl(process, databaseUrlOption);
  note(`database: ${maskDatabaseUrl(databaseUrl)} (from ${from})`);
  const tenants = connectTenants({
    databaseUrl,
    applicationName: APPLICATION_NAME,
    masterKey,
    maxConnections: 3,
    // What matters fails in the command itself.
    onError: () => undefined,
  });
  try {
    return await work(tenants);
  } finally {
    await tenants.close();
  }
}

/** The same with Redis: all that a person's data may lie in. */
export function withPersons<T>(
  surroundings: Surroundings,
  options: { 'database-url'?: string | undefined; 'redis-url'?: string | undefined },
  work: (deps: PrivacyDeps, tenants: Tenants) => Promise<T>,
): Promise<T> {
  const { process, note } = surroundings;
  return withTenants(surroundings, options['database-url'], async (tenants) => {
    const url = await findRedisUrl(process, options['redis-url']);
    note(`redis: ${toRedisHosts(parseRedisUrl(url))}`);
    const log = { info: () => undefined, warn: () => undefined };
    const redis = await connectRedis({ url, role: 'commands', name: APPLICATION_NAME, log });
    try {
      const names = createNames(readPartitions(process.env['RAMAL_PARTITIONS']));
      const deps = {
        directory: tenants.store,
        historyOf: (tenant: string) => tenants.historyOf(tenant),
        live: createLivePersons(redis, names),
        subjectOf: createSubjectOf((await readKeys(process.env))?.[0] ?? null),
      };
      return await work(deps, tenants);
    } finally {
      redis.disconnect();
    }
  });
}

/** @throws CommandFailedError for a name that no company has */
export async function requireCompany(tenants: Tenants, tenant: string): Promise<void> {
  if ((await tenants.lookup.tenant(tenant)) !== null) return;
  throw new CommandFailedError(`ramal: there is no tenant "${tenant}" in wl_chamados_empresa.tenant.`);
}

async function findRedisUrl(
  { env, cwd }: CommandInput<OptionSpecs>['process'],
  option: string | undefined,
): Promise<string> {
  const given = option ?? env['REDIS_URL'] ?? '';
  const url = given === '' ? await readDevRedis(join(cwd, '.ramal', 'dev.json')) : given;
  if (url === undefined) {
    throw new CommandFailedError(
      'ramal: which Redis? Give --redis-url redis://host:port, set REDIS_URL, or run this in the checkout while ' +
        '"npm start" runs.',
    );
  }
  try {
    parseRedisUrl(url);
    return url;
  } catch (error) {
    if (!(error instanceof RedisUrlInvalidError)) throw error;
    throw new UsageError(`the address of Redis: ${error.message}.`);
  }
}

async function readDevRedis(file: string): Promise<string | undefined> {
  try {
    const url = (JSON.parse(await readFile(file, 'utf8')) as { redisUrl?: unknown } | null)?.redisUrl;
    return typeof url === 'string' ? url : undefined;
  } catch {
    // No stack runs here, or its file is just being written.
    return undefined;
  }
}

function readPartitions(text: string | undefined): number {
  const partitions = text === undefined || text === '' ? DEFAULT_PARTITIONS : Number(text);
  if (Number.isInteger(partitions) && partitions >= 1 && partitions <= 1024) return partitions;
  throw new UsageError(
    'RAMAL_PARTITIONS must be a whole number from 1 to 1024, the same as in the services.',
  );
}
