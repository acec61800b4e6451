import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Stack, startStack } from '@ramal/devstack';
import { createTestDatabase, findPostgres, findRedis } from '@ramal/testkit';
import pg from 'pg';
import type { Known } from './known.ts';

/** Undone at the end of a run, the last one first. */
export type Releases = (() => Promise<unknown>)[];

export interface RunEnvironment {
  /** Gets one line of progress now and then. */
  log(line: string): void;
  /** Gives the run up: what was started is stopped, and the run fails with the signal's reason. */
  signal: AbortSignal;
}

export interface FuzzSystem {
  stack: Stack;
  pool: pg.Pool;
  known: Known;
}

const MANY = 1_000_000;
/** Good clicks among the garbage must be stopped by nothing but the garbage. */
const SETTINGS = {
  dialLimits: {
    ...{ agentPerMinute: MANY, agentPerHour: MANY, tenantPerMinute: MANY, tenantPerHour: MANY },
    ...{ destinationPerMinute: MANY, destinationPerHour: MANY },
  },
};

/** Starts servers and services of the run's own, as they run in production but for the limits of frames. */
export async function startFuzzSystem(
  { log, signal }: RunEnvironment,
  releases: Releases,
): Promise<FuzzSystem> {
  const home = await mkdtemp(join(tmpdir(), 'ramal-fuzz-'));
  releases.push(() => rm(home, { recursive: true, force: true }));
  log('starting Redis, PostgreSQL and the services');
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
    signal,
    serverEnv: { PATH: process.env['PATH'], REDIS_URL: redis.url, DATABASE_URL: database.databaseUrl },
    env: {
      '*': { LOG_LEVEL: 'error' },
      'ws-gateway': {
        AGENT_TOKEN_SECRET: secret,
        GATEWAY_DRAIN_MS: '50',
        GATEWAY_MESSAGES_PER_SEC: String(MANY),
        GATEWAY_LEGACY_PASSWORDS: 'true',
      },
      api: { AGENT_TOKEN_SECRET: secret, API_DEMO: 'false', API_EXPOSE_OPS: 'false' },
    },
  });
  releases.push(stack.stop);
  const pool = new pg.Pool({ connectionString: database.databaseUrl, max: 2 });
  pool.on('error', () => undefined); // the server may end before the pool
  releases.push(() => pool.end());
  await pool.query('insert into cti_settings (empresa_id, settings) values (1, $1), (2, $1)', [SETTINGS]);
  const names: Record<string, Known['companies'][number]['names']> = {
    demo: ['origem', 'destino', 'audio'],
    acme: ['de', 'para', 'gravacao'],
  };
  const companies = stack.dev.tenants.map(({ tenant, callbackToken }) => ({
    tenant,
    callbackToken,
    names: names[tenant] ?? ['origem', 'destino', 'audio'],
  }));
  return { stack, pool, known: { companies, apiKey: stack.dev.apiKey, secret } };
}
