import { type Releases, type RunEnvironment, type Stack, startOwnSystem } from '@ramal/devstack';
import type pg from 'pg';
import type { Known } from './known.ts';

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
export async function startFuzzSystem(environment: RunEnvironment, releases: Releases): Promise<FuzzSystem> {
  const { stack, pool, secret } = await startOwnSystem(
    {
      ...environment,
      name: 'fuzz',
      env: {
        'ws-gateway': { GATEWAY_MESSAGES_PER_SEC: String(MANY), GATEWAY_LEGACY_PASSWORDS: 'true' },
        api: { API_DEMO: 'false', API_EXPOSE_OPS: 'false' },
      },
    },
    releases,
  );
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
