import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceName, type Stack, startStack } from '@ramal/devstack';
import { createTestDatabase, findPostgres, findRedis } from '@ramal/testkit';
import pg from 'pg';
import type { RunEnvironment } from './ledger-run-options.ts';
import { type LedgerTenant, seedLedgerTenants, toLedgerAccounts } from './ledger-tenants.ts';

/** Undone at the end of a run, the last one first. */
export type Releases = (() => Promise<unknown>)[];

/** Everything a run needs to talk to. */
export interface LedgerSystem {
  stack: Stack;
  pool: pg.Pool;
  /** Signs agents' tokens. */
  secret: string;
  redisUrl: string;
}

/** What a run wants of its system. */
export interface SystemOptions extends RunEnvironment {
  gateways: number;
  /** Default 1. */
  dialers?: number;
  /** Default: all. */
  only?: readonly ServiceName[];
  /** How long after its death a process is started again, in ms; default: the longer the oftener it dies. */
  restartAfterMs?: number;
  /** Dials that a dialer works on at a time; default: the service's own. */
  dialerConcurrency?: number;
}

/** Starts servers and services of the run's own, with its companies in them. */
export async function startSystem(
  options: SystemOptions,
  tenants: readonly LedgerTenant[],
  releases: Releases,
): Promise<LedgerSystem> {
  const { log, signal, gateways, dialers = 1, only, restartAfterMs } = options;
  const { dialerConcurrency } = options;
  const home = await mkdtemp(join(tmpdir(), 'ramal-ledger-'));
  releases.push(() => rm(home, { recursive: true, force: true }));
  log('starting Redis, PostgreSQL and the services');
  // Never a Redis that others use: their history service would take our events.
  const redis = await findRedis({ env: { ...process.env, REDIS_URL: undefined }, log });
  releases.push(redis.stop);
  const postgres = await findPostgres({ log, durable: false });
  releases.push(postgres.stop);
  const database = await createTestDatabase(postgres.url);
  releases.push(database.drop);
  signal.throwIfAborted();
  const secret = randomBytes(32).toString('hex');
  const stack = await startStack({
    home,
    ports: 'free',
    replicas: { 'ws-gateway': gateways, dialer: dialers },
    ...(only === undefined ? {} : { only }),
    ...(restartAfterMs === undefined ? {} : { restartAfterMs }),
    signal,
    serverEnv: { PATH: process.env['PATH'], REDIS_URL: redis.url, DATABASE_URL: database.databaseUrl },
    env: {
      '*': { LOG_LEVEL: 'warn' },
      ...(dialerConcurrency === undefined ? {} : { dialer: { DIALER_CONCURRENCY: `${dialerConcurrency}` } }),
      simulator: { SIM_ACCOUNTS: JSON.stringify(toLedgerAccounts(tenants)) },
      'ws-gateway': { AGENT_TOKEN_SECRET: secret, GATEWAY_DRAIN_MS: '50' },
    },
  });
  releases.push(stack.stop);
  options.onKillable?.(stack.killAll);
  const pool = new pg.Pool({ connectionString: database.databaseUrl, max: 4 });
  pool.on('error', () => undefined); // the server may end before the pool
  releases.push(() => pool.end());
  const client = await pool.connect();
  try {
    await seedLedgerTenants(client, tenants, stack.dev.simulatorUrl);
  } finally {
    client.release();
  }
  return { stack, pool, secret, redisUrl: redis.url };
}
