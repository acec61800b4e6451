import { randomBytes } from 'node:crypto';
import { hasDockerEngine } from './docker-engine.ts';
import { startDockerPostgres } from './docker-servers.ts';
import type { FindServerOptions, FoundServer } from './found-server.ts';
import { startLocalPostgres } from './local-postgres.ts';
import { clusterPassword } from './postgres-cluster.ts';
import { pingPostgres } from './postgres-probe.ts';
import { maskUrl, ServerUnreachableError } from './server-errors.ts';

/**
 * A PostgreSQL that answers: `DATABASE_URL` if given, else a container where a Docker engine runs, else
 * the npm package's PostgreSQL 18 on a free port of 127.0.0.1 (as root it runs as `postgres` or `nobody`).
 * @throws ServerUnreachableError when the given one does not answer; ServerMissingError when there is no way.
 */
export async function findPostgres(options: FindServerOptions = {}): Promise<FoundServer> {
  const env = options.env ?? process.env;
  const given = env['DATABASE_URL'];
  if (given !== undefined && given !== '') return useGivenPostgres(given);
  if (await hasDockerEngine(env)) {
    try {
      const { dataDir } = options;
      const password =
        dataDir === undefined ? randomBytes(18).toString('base64url') : await clusterPassword(dataDir);
      return await startDockerPostgres(options, password);
    } catch (error) {
      options.log?.(
        `Docker could not start PostgreSQL (${String(error).slice(0, 200)}): starting a local one`,
      );
    }
  }
  return startLocalPostgres(options);
}

async function useGivenPostgres(url: string): Promise<FoundServer> {
  try {
    await pingPostgres(url);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ServerUnreachableError(
      `DATABASE_URL is ${maskUrl(url)}, and no PostgreSQL answers there (${why}). ` +
        'Start it and create the database, or unset DATABASE_URL to have one started.',
    );
  }
  return { url, kind: 'env', port: Number(new URL(url).port || 5432), stop: async () => undefined };
}
