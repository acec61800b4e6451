import {
  type InstanceName,
  type OwnSystem,
  type Releases,
  type RunEnvironment,
  startOwnSystem,
} from '@ramal/devstack';
import {
  type FaultProxy,
  type RestartableServer,
  type SentinelRedis,
  sleepUntil,
  startFaultProxy,
  startTestPostgres,
  startTestRedis,
} from '@ramal/testkit';

/** A system with several of each process, on servers and lines that can be made to fail. */
export interface FaultSystem extends OwnSystem {
  redis: RestartableServer;
  postgres: RestartableServer;
  /** Between the gateways and Redis. */
  gatewayLine: FaultProxy;
  /** Between all services and PostgreSQL. */
  postgresLine: FaultProxy;
  instances: readonly InstanceName[];
  /** Counts the rounds played on it, so that each has companies of its own. */
  rounds: { played: number };
}

/** Two of what serves, as a deployment has at the least. */
const REPLICAS = { 'ws-gateway': 2, webhook: 2, history: 2, dialer: 2 } as const;
const INSTANCES = Object.keys(REPLICAS).flatMap((name) => [name, `${name}-2`]) as InstanceName[];
const RESTART_AFTER_MS = 300;
/** A busy machine takes its time; that a process comes back at all is what is waited for. */
export const READY_WITHIN_MS = 180_000;

/** Starts all of it; what it opens is in `releases`. @param group of Redis servers, for a row that needs more than one */
export async function startFaultSystem(
  environment: RunEnvironment,
  releases: Releases,
  group?: SentinelRedis,
): Promise<FaultSystem> {
  const [redis, postgres] = await Promise.all([
    group?.primary() ?? startTestRedis(),
    startTestPostgres(true),
  ]);
  releases.push(redis.stop, postgres.stop);
  const redisUrl = group?.url ?? redis.url;
  const [gatewayLine, postgresLine] = await Promise.all([
    startFaultProxy({ url: redis.url }),
    startFaultProxy({ url: postgres.url }),
  ]);
  releases.push(gatewayLine.stop, postgresLine.stop);
  const system = await startOwnSystem(
    {
      ...environment,
      name: 'faults',
      only: ['history', 'dialer', 'webhook', 'ws-gateway'],
      replicas: REPLICAS,
      restartAfterMs: RESTART_AFTER_MS,
      poolSize: 4,
      startServers: async () => ({ redisUrl, databaseUrl: postgresLine.url }),
      // A stop is a deploy's: agents are asked to go elsewhere before the socket ends.
      env: {
        // As where a process has its share of a machine: with gigabytes to take, V8 lets four times what lives pile up.
        '*': { NODE_OPTIONS: '--max-old-space-size=512' },
        'ws-gateway': {
          // Which of a group is the primary is for Redis to say: no line can stand between.
          REDIS_URL: group === undefined ? gatewayLine.url : redisUrl,
          GATEWAY_DRAIN_MS: '500',
        },
      },
    },
    releases,
  );
  // Whatever a fault left behind: the services stop in order on servers that answer.
  releases.push(async () => {
    await Promise.all([gatewayLine.heal(), postgresLine.heal()]);
    redis.signal('SIGCONT');
  });
  return {
    ...system,
    redis,
    postgres,
    gatewayLine,
    postgresLine,
    instances: INSTANCES,
    rounds: { played: 0 },
  };
}

/** Waits until a process says that it is ready. */
export async function waitReady(
  { stack }: FaultSystem,
  name: InstanceName,
  timeoutMs = READY_WITHIN_MS,
): Promise<void> {
  await sleepUntil(
    async () => {
      const url = `${stack.dev.services[name]?.opsUrl ?? ''}/readyz`;
      const response = await fetch(url, { signal: AbortSignal.timeout(2500) });
      await response.arrayBuffer();
      return response.ok;
    },
    { timeoutMs, everyMs: 50, describe: `${name} to be ready` },
  );
}

/** All processes ready again: the end of every fault. */
export async function waitAllReady(system: FaultSystem): Promise<void> {
  await Promise.all(system.instances.map((name) => waitReady(system, name)));
}
