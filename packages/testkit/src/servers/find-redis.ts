import { hasDockerEngine } from './docker-engine.ts';
import { startDockerRedis } from './docker-servers.ts';
import { findCommand } from './find-command.ts';
import type { FindServerOptions, FoundServer } from './found-server.ts';
import { installRedis } from './install-redis.ts';
import { startLocalRedis } from './local-redis.ts';
import { pingRedis } from './redis-probe.ts';
import { maskUrl, ServerMissingError, ServerUnreachableError } from './server-errors.ts';

const BINARIES = ['redis-server', 'valkey-server'] as const;

/** A local redis-server or valkey-server, installed with apt if need be; for tests that stop and kill it. */
export async function startOwnRedis(options: FindServerOptions = {}): Promise<FoundServer> {
  const env = options.env ?? process.env;
  const binary =
    (await findCommand(BINARIES, env)) ??
    ((await installRedis(options.log ?? (() => undefined), env))
      ? await findCommand(BINARIES, env)
      : undefined);
  if (binary !== undefined) return startLocalRedis(binary, options);
  throw new ServerMissingError(
    [
      'Redis 7 is needed and could not be found. Any one of these helps:',
      '  Debian, Ubuntu:  sudo apt-get install redis-server',
      '  Fedora:          sudo dnf install valkey        (or redis)',
      '  macOS:           brew install redis',
      '  Docker:          start the Docker engine; nothing else is needed',
      '  a server of yours:  REDIS_URL=redis://host:port npm start   (npm test likewise)',
    ].join('\n'),
  );
}

/**
 * A Redis that answers: `REDIS_URL` if given, else a container where a Docker engine runs, else a local
 * server on a free port of 127.0.0.1.
 * @throws ServerUnreachableError when the given one does not answer; ServerMissingError when there is no way.
 */
export async function findRedis(options: FindServerOptions = {}): Promise<FoundServer> {
  const env = options.env ?? process.env;
  const given = env['REDIS_URL'];
  if (given !== undefined && given !== '') return useGivenRedis(given);
  if (await hasDockerEngine(env)) {
    try {
      return await startDockerRedis(options);
    } catch (error) {
      options.log?.(`Docker could not start Redis (${String(error).slice(0, 200)}): looking for a local one`);
    }
  }
  return startOwnRedis(options);
}

async function useGivenRedis(url: string): Promise<FoundServer> {
  try {
    await pingRedis(url);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ServerUnreachableError(
      `REDIS_URL is ${maskUrl(url)}, and no Redis answers there (${why}). Start it, or unset REDIS_URL to have one started.`,
    );
  }
  return { url, kind: 'env', port: Number(new URL(url).port || 6379), stop: async () => undefined };
}
