import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GIVES_WAY } from '@ramal/runtime';
import { createTestDatabase, findPostgres, findRedis } from '@ramal/testkit';
import pg from 'pg';
import type { Releases, RunEnvironment } from './run-environment.ts';
import { type Stack, type StartStackOptions, startStack } from './start-stack.ts';

/** Several systems may start at once on a machine that is busy already. */
const READY_WITHIN_MS = 120_000;

/** A system that belongs to one run: its servers, its services, and what talks to them. */
export interface OwnSystem {
  stack: Stack;
  /** Reads and writes behind the services' backs. */
  pool: pg.Pool;
  redisUrl: string;
  databaseUrl: string;
  /** Signs agents' tokens. */
  secret: string;
}

/** Where a run's Redis and its empty database are. */
export interface OwnServers {
  redisUrl: string;
  databaseUrl: string;
}

export interface OwnSystemOptions
  extends RunEnvironment,
    Pick<StartStackOptions, 'only' | 'replicas' | 'rights' | 'restartAfterMs'> {
  /** Names the run in its temporary folder. */
  name: string;
  /** What a service's processes have in their environment besides; `*` is for all. */
  env?: StartStackOptions['env'];
  /** Least level the services log; default `error`. */
  logLevel?: 'warn' | 'error';
  /** Connections of `pool`; default 2. */
  poolSize?: number;
  /** Starts other servers than the usual ones, such as some that can be killed; what it opens it adds to `releases`. */
  startServers?: (releases: Releases) => Promise<OwnServers>;
}

/**
 * Starts servers and services of the run's own on free ports, gateways that stop without a farewell. Everything that is
 * opened is in `releases` as soon as it is, so that a start that fails half-way leaves nothing behind either.
 */
export async function startOwnSystem(options: OwnSystemOptions, releases: Releases): Promise<OwnSystem> {
  const { name, log, signal, env = {}, logLevel = 'error', poolSize = 2 } = options;
  const { only, replicas, rights, restartAfterMs } = options;
  const home = await mkdtemp(join(tmpdir(), `ramal-${name}-`));
  releases.push(() => rm(home, { recursive: true, force: true }));
  log('starting Redis, PostgreSQL and the services');
  const startServers = options.startServers ?? ((opened: Releases) => startUsualServers(log, opened));
  const { redisUrl, databaseUrl } = await startServers(releases);
  signal.throwIfAborted();
  const secret = randomBytes(32).toString('hex');
  const stack = await startStack({
    home,
    ports: 'free',
    readyTimeoutMs: READY_WITHIN_MS,
    signal,
    ...(only === undefined ? {} : { only }),
    ...(replicas === undefined ? {} : { replicas }),
    ...(rights === undefined ? {} : { rights }),
    ...(restartAfterMs === undefined ? {} : { restartAfterMs }),
    serverEnv: { PATH: process.env['PATH'], REDIS_URL: redisUrl, DATABASE_URL: databaseUrl },
    env: {
      ...env,
      '*': { LOG_LEVEL: logLevel, ...env['*'] },
      'ws-gateway': { AGENT_TOKEN_SECRET: secret, GATEWAY_DRAIN_MS: '50', ...env['ws-gateway'] },
      api: { AGENT_TOKEN_SECRET: secret, ...env.api },
    },
  });
  releases.push(stack.stop);
  options.onKillable?.(stack.killAll);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize });
  pool.on('error', () => undefined); // the server may end before the pool
  releases.push(() => pool.end());
  return { stack, pool, redisUrl, databaseUrl, secret };
}

/** Never a Redis that others use: their history service would take our events. */
async function startUsualServers(log: (line: string) => void, releases: Releases): Promise<OwnServers> {
  const redis = await findRedis({ env: { ...process.env, REDIS_URL: undefined }, log });
  releases.push(redis.stop);
  // Most of its work is the history's, and gives way like it.
  const postgres = await findPostgres({ log, durable: false, niceness: GIVES_WAY });
  releases.push(postgres.stop);
  const database = await createTestDatabase(postgres.url);
  releases.push(database.drop);
  return { redisUrl: redis.url, databaseUrl: database.databaseUrl };
}
