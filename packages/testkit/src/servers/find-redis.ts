import { parseRedisUrl, type RedisAddress, RedisUrlInvalidError } from '@ramal/contracts';
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
  let port: number;
  try {
    port = (await pingGiven(url)).port;
  } catch (error) {
    if (error instanceof RedisUrlInvalidError)
      throw new ServerUnreachableError(`REDIS_URL can't be read: ${error.message}`, { cause: error });
    const why = error instanceof Error ? error.message : String(error);
    throw new ServerUnreachableError(
      `REDIS_URL is ${maskUrl(url)}, and no Redis answers there (${why}). Start it, or unset REDIS_URL to have one started.`,
    );
  }
  return { url, kind: 'env', port, stop: async () => undefined };
}

/** Of Sentinels and of the nodes of a cluster one that answers will do: who connects asks it for the others. */
async function pingGiven(url: string): Promise<RedisAddress> {
  const target = parseRedisUrl(url);
  if (target.kind === 'single') {
    await pingRedis(url);
    return target.address;
  }
  const isCluster = target.kind === 'cluster';
  const addresses = isCluster ? target.nodes : target.sentinels;
  const username = isCluster ? target.username : target.sentinelUsername;
  const password = isCluster ? target.password : target.sentinelPassword;
  const scheme = (isCluster ? target.tls : target.sentinelTls) ? 'rediss' : 'redis';
  const login =
    password === undefined ? '' : `${encodeURIComponent(username ?? '')}:${encodeURIComponent(password)}@`;
  return Promise.any(
    addresses.map(async (address) => {
      const host = address.host.includes(':') ? `[${address.host}]` : address.host;
      await pingRedis(`${scheme}://${login}${host}:${address.port}`);
      return address;
    }),
  );
}
