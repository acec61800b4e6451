import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A floor or a peer, in a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  /** Tells it something and waits for its answer, whatever that is. */
  ask(order: string, timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;

/**
 * Forks a built program, `floors/callback-main` for example, and waits until it says on which port it listens. A bench
 * that runs from its sources, in a test, finds it in dist too.
 * @throws when it ends before, or says nothing in half a minute
 */
export async function forkServer(
  name: string,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<ServerProcess> {
  const entry = fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url));
  const child: ChildProcess = fork(entry, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
    execArgv: MEASURED_NODE_OPTIONS,
  });
  const close = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(READY_WITHIN_MS)]);
    const ended = once(child, 'exit', { signal: patience }).then(() => {
      throw new Error(`${name} ended before it was ready`);
    });
    const [told] = (await Promise.race([once(child, 'message', { signal: patience }), ended])) as [
      { port: number },
    ];
    ended.catch(() => undefined);
    if (child.pid === undefined) throw new Error(`${name} has no process id`);
    return {
      pid: child.pid,
      port: told.port,
      async ask(order, timeoutMs) {
        const answer = once(child, 'message', {
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        });
        child.send(order);
        await answer;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Every process that is measured is started with these, ours as well; the file says what for. */
export const MEASURED_NODE_OPTIONS = [
  '--require',
  fileURLToPath(new URL('../../measured-process.cjs', import.meta.url)),
];
