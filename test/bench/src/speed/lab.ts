import { type Releases, type RunEnvironment } from '@ramal/devstack';
import { type BenchService, type BenchSystem, type BenchTenant, startBenchSystem } from '../bench-system.ts';
import { type Cores, pin } from '../measure/cores.ts';
import { forkServer, MEASURED_NODE_OPTIONS, type ServerProcess } from '../measure/server-process.ts';

/** What a bench of speed runs in: which cores are whose, beside what every bench is given. */
export interface SpeedEnvironment extends RunEnvironment {
  cores: Cores;
}

/** Our services, and room for floors and peers beside them; all on the same core, the load on the other one. */
export interface Lab {
  readonly system: BenchSystem;
  /** Starts a floor or a peer; it is ended with the lab at the latest. */
  fork(name: string, env: Record<string, string>): Promise<ServerProcess>;
  /** Starts a service anew, and binds it to its core. */
  restart(service: BenchService): Promise<void>;
}

/**
 * Starts servers and services, and binds the services to the core of what is measured.
 * @throws Error on systems that do not tell what a process costs in `/proc`
 */
export async function openLab(
  tenants: readonly BenchTenant[],
  services: readonly BenchService[],
  environment: SpeedEnvironment,
  releases: Releases,
  options: { gatewayEnv?: Record<string, string>; settings?: object } = {},
): Promise<Lab> {
  const { cores, signal } = environment;
  if (process.platform !== 'linux') throw new Error('benches of speed read /proc, which Linux alone has');
  const bind = async (pid: number) => {
    if (cores.unpinned === null) await pin(pid, cores.server);
  };
  const system = await startBenchSystem(tenants, environment, releases, {
    services,
    nodeOptions: MEASURED_NODE_OPTIONS,
    ...options,
  });
  for (const service of services) await bind(system.pidOf(service));
  return {
    system,
    async fork(name, env) {
      const server = await forkServer(name, env, signal);
      releases.push(server.close);
      await bind(server.pid);
      return server;
    },
    async restart(service) {
      await system.restart(service);
      await bind(system.pidOf(service));
    },
  };
}
