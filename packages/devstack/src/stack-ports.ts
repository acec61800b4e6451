import { findFreePort } from '@ramal/testkit';
import { readJsonFile, writeJsonFile } from './json-file.ts';

/** Ports where nothing else stands in the way; 3 digits of room between them to step around. */
const DEFAULT_PORTS = {
  api: 4000,
  gateway: 4100,
  webhook: 4200,
  simulator: 4300,
  opsGateway: 4901,
  opsDialer: 4902,
  opsWebhook: 4903,
  opsHistory: 4904,
  opsApi: 4905,
  redis: 46_379,
  postgres: 45_432,
} as const;

export type PortName = keyof typeof DEFAULT_PORTS;
/** Ports of 127.0.0.1. Those of Redis and PostgreSQL are wishes until these run. */
export type StackPorts = Record<PortName, number>;

/** `stable`: the default ports, or what this home used last; `free`: any, for tests. */
export type PortMode = 'stable' | 'free';

const NAMES = Object.keys(DEFAULT_PORTS) as PortName[];

/** Chooses ports that are free now: those of the last run where possible, stepping around what is taken. */
export async function chooseStackPorts(portsFile: string, mode: PortMode): Promise<StackPorts> {
  const known = ((await readJsonFile(portsFile)) ?? {}) as Partial<StackPorts>;
  const preferred: Partial<StackPorts> = mode === 'free' ? known : { ...DEFAULT_PORTS, ...known };
  const ports: Partial<StackPorts> = {};
  for (const name of NAMES) {
    const wish = preferred[name];
    // A server of ours may still hold its port for a moment: who starts it decides.
    const isServer = name === 'redis' || name === 'postgres';
    // Stepping around a port that is taken must not push another one away.
    const others = new Set(Object.values({ ...preferred, [name]: undefined, ...ports }));
    ports[name] = isServer && wish !== undefined ? wish : await findFreePort(wish, others);
  }
  return ports as StackPorts;
}

export function rememberStackPorts(portsFile: string, ports: StackPorts): Promise<void> {
  return writeJsonFile(portsFile, ports);
}
