import { createHash, randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { sleepUntil } from '../sleep-until.ts';
import { findFreePort } from './find-free-port.ts';
import type { FindServerOptions, FoundServer } from './found-server.ts';
import { pingPostgres } from './postgres-probe.ts';
import { pingRedis } from './redis-probe.ts';

interface Image {
  name: 'redis' | 'postgres';
  image: string;
  containerPort: number;
  volumePath: string;
  /** Passed through the environment, where a list of processes does not show it. */
  environment: Record<string, string>;
  command: readonly string[];
  toUrl: (host: string, port: number) => string;
  /** Throws until the server takes requests. */
  ping: (url: string) => Promise<void>;
}

/** Redis 7 with AOF in a container; asks for a password because Docker publishes on every interface. */
export function startDockerRedis(options: FindServerOptions): Promise<FoundServer> {
  const password = randomBytes(18).toString('base64url');
  return startImage(options, {
    name: 'redis',
    image: 'redis:7-alpine',
    containerPort: 6379,
    volumePath: '/data',
    environment: { RAMAL_REDIS_PASSWORD: password },
    command: [
      'sh',
      '-c',
      'exec redis-server --appendonly yes --appendfsync everysec --save "" --requirepass "$RAMAL_REDIS_PASSWORD"',
    ],
    toUrl: (host, port) => `redis://:${password}@${host}:${port}`,
    ping: pingRedis,
  });
}

/** PostgreSQL 18 in a container. `password` must stay the same for the same `dataDir`. */
export function startDockerPostgres(options: FindServerOptions, password: string): Promise<FoundServer> {
  const relaxed = ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'];
  const durable = options.durable ?? options.dataDir !== undefined;
  return startImage(options, {
    name: 'postgres',
    image: 'postgres:18-alpine',
    containerPort: 5432,
    volumePath: '/var/lib/postgresql',
    environment: { POSTGRES_PASSWORD: password, POSTGRES_DB: 'ramal' },
    command: ['postgres', '-c', 'max_connections=200', ...(durable ? [] : relaxed)],
    toUrl: (host, port) => `postgres://postgres:${password}@${host}:${port}/ramal`,
    ping: pingPostgres,
  });
}

async function startImage(options: FindServerOptions, image: Image): Promise<FoundServer> {
  // Loaded only here: the Docker client costs half a second that a machine without an engine need not pay.
  const { GenericContainer, Wait } = await import('testcontainers');
  const hostPort =
    options.preferredPort === undefined ? undefined : await findFreePort(options.preferredPort);
  let container = new GenericContainer(image.image)
    .withExposedPorts(
      hostPort === undefined ? image.containerPort : { container: image.containerPort, host: hostPort },
    )
    .withEnvironment(image.environment)
    .withCommand([...image.command])
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(120_000);
  if (options.dataDir !== undefined) {
    const id = createHash('sha256').update(resolve(options.dataDir)).digest('hex').slice(0, 12);
    container = container.withBindMounts([{ source: `ramal-${image.name}-${id}`, target: image.volumePath }]);
  }
  const started = await container.start();
  const port = started.getMappedPort(image.containerPort);
  const url = image.toUrl(started.getHost(), port);
  let stopping: Promise<unknown> | undefined;
  const stop = async () => {
    stopping ??= started.stop({ timeout: 10_000, removeVolumes: options.dataDir === undefined });
    await stopping;
  };
  try {
    const isReady = () => image.ping(url).then(() => true);
    await sleepUntil(isReady, { timeoutMs: 30_000, describe: `${image.image} to answer` });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    kind: 'docker',
    port,
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    stop,
  };
}
