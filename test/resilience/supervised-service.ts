import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RoleService } from '@ramal/contracts';
import { toEntry } from '@ramal/devstack';
import { findFreePort, sleepUntil } from '@ramal/testkit';

/** A service under a supervisor of its own, which may die. */
export interface SupervisedService {
  readonly name: RoleService;
  /** Everything it has logged. */
  log(): string;
  isAlive(): boolean;
  /** SIGTERM, as an orchestrator stops it. */
  stop(): void;
  /** kill -9 of its supervisor, which can't say goodbye. */
  killSupervisor(): void;
  /** Kills both with -9. */
  end(): void;
}

/** What a supervisor does: hold the service's standard input, and read what it says. */
const SUPERVISOR = `
  const child = require('node:child_process').spawn(process.execPath, [process.env.ENTRY], {
    detached: true, stdio: ['pipe', 'pipe', 'pipe'],
  });
  console.log('pid ' + child.pid);
  for (const out of [child.stdout, child.stderr]) out.on('data', (data) => process.stdout.write(data));
  setInterval(() => undefined, 1000);
`;

export interface ServiceServers {
  redisUrl: string;
  databaseUrl: string;
}

/** Starts one and waits until it says that it is ready. */
export async function startSupervised(
  name: RoleService,
  { redisUrl, databaseUrl }: ServiceServers,
): Promise<SupervisedService> {
  const [port, opsPort] = [String(await findFreePort()), String(await findFreePort())];
  const supervisor: ChildProcess = spawn(process.execPath, ['-e', SUPERVISOR], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      ENTRY: toEntry(join('services', name)),
      RAMAL_PARENT_WATCH: '1',
      REDIS_URL: redisUrl,
      DATABASE_URL: databaseUrl,
      AGENT_TOKEN_SECRET: 'a secret of tests, of thirty-two characters at least',
      OPS_PORT: opsPort,
      WEBHOOK_PORT: port,
      GATEWAY_PORT: port,
      API_PORT: port,
    },
  });
  let log = '';
  supervisor.stdout?.on('data', (data) => (log += String(data)));
  const pid = () => Number(/^pid (\d+)$/m.exec(log)?.[1] ?? 0);
  const kill = (signal: NodeJS.Signals) => {
    if (pid() !== 0 && isRunning(pid())) process.kill(pid(), signal);
  };
  const end = () => {
    supervisor.kill('SIGKILL');
    kill('SIGKILL');
  };
  try {
    await sleepUntil(() => log.includes(`${name} is ready`), { timeoutMs: 50_000, describe: () => log });
  } catch (error) {
    end();
    throw error;
  }
  return {
    name,
    log: () => log,
    isAlive: () => isRunning(pid()),
    stop: () => kill('SIGTERM'),
    killSupervisor: () => void supervisor.kill('SIGKILL'),
    end,
  };
}

/** One that has ended and that nobody has asked about yet is none that runs. */
function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false;
  }
}
