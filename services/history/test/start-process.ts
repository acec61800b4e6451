import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sleepUntil } from '@ramal/testkit';

export interface ServiceProcess {
  /** Everything it has logged. */
  log(): string;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Runs a service as it runs in production, from its build, and waits until it is ready. */
export async function startProcess(
  service: 'history' | 'webhook',
  env: Record<string, string>,
): Promise<ServiceProcess> {
  const main = fileURLToPath(new URL(`../../${service}/dist/main.js`, import.meta.url));
  const child = spawn(process.execPath, [main], {
    // Standard input closes with the test's own process, and takes the service along.
    env: { PATH: process.env['PATH'], RAMAL_PARENT_WATCH: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += String(data)));
  const exited = once(child, 'close');
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
  };
  try {
    await sleepUntil(() => log.includes(`${service} is ready`), { timeoutMs: 40_000, describe: () => log });
  } catch (error) {
    await kill('SIGKILL');
    throw error;
  }
  return { log: () => log, kill };
}
