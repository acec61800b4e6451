import {
  type OwnSystem,
  type Releases,
  type RunEnvironment,
  type ServiceName,
  type StartStackOptions,
  startOwnSystem,
} from '@ramal/devstack';
import { type LedgerTenant, seedLedgerTenants, toLedgerAccounts } from './ledger-tenants.ts';

/** Everything a run needs to talk to. */
export type LedgerSystem = OwnSystem;

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
  /** What the services have in their environment besides. */
  env?: StartStackOptions['env'];
}

/** Starts servers and services of the run's own, with its companies in them. */
export async function startSystem(
  options: SystemOptions,
  tenants: readonly LedgerTenant[],
  releases: Releases,
): Promise<LedgerSystem> {
  const { gateways, dialers = 1, dialerConcurrency } = options;
  const system = await startOwnSystem(
    {
      ...options,
      name: 'ledger',
      logLevel: 'warn',
      poolSize: 4,
      replicas: { 'ws-gateway': gateways, dialer: dialers },
      env: {
        ...(dialerConcurrency === undefined
          ? {}
          : { dialer: { DIALER_CONCURRENCY: `${dialerConcurrency}` } }),
        simulator: { SIM_ACCOUNTS: JSON.stringify(toLedgerAccounts(tenants)) },
      },
    },
    releases,
  );
  const client = await system.pool.connect();
  try {
    await seedLedgerTenants(client, tenants, system.stack.dev.simulatorUrl);
  } finally {
    client.release();
  }
  return system;
}
