import { type ChildProcess, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { sleepUntil } from '../sleep-until.ts';
import { ServerStartError } from './server-errors.ts';

export interface ServerProcessOptions {
  name: string;
  command: string;
  args: readonly string[];
  /** Runs as this user; only root may set it. */
  uid?: number;
  gid?: number;
  /** Its niceness, 0 to 19; default 0. */
  niceness?: number;
  /** Sent in this order until the process is gone, each given its time. */
  stopSignals: readonly { signal: NodeJS.Signals; waitMs: number }[];
  /** Resolves true once the server answers; polled. */
  isReady: () => Promise<boolean>;
  readyTimeoutMs: number;
  /** Removed should we be killed before we could stop the server. */
  temporaryDir?: string;
}

export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the process has ended, however it came. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a server in a process group of its own, so that the terminal's Ctrl-C reaches only us, and
 * waits until it answers.
 * @throws ServerStartError with the end of its output when it exits or stays silent.
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const output: string[] = [];
  const child = spawn(options.command, options.args, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  const keep = (chunk: Buffer) => {
    output.push(chunk.toString('utf8'));
    if (output.length > 40) output.shift();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);

  let ended = false;
  let spawnError: Error | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      spawnError = error;
      ended = true;
      resolve();
    });
    child.once('exit', () => {
      ended = true;
      resolve();
    });
  });
  const failure = (what: string) =>
    new ServerStartError(
      `${options.name} ${what}: ${spawnError?.message ?? output.join('').trim().slice(-2000)}`,
    );

  if (child.pid === undefined) {
    await exited;
    throw failure('could not be started');
  }
  if (options.niceness !== undefined) lower(child.pid, options.niceness);
  const guard = startGuard(child.pid, options.stopSignals[0]?.signal ?? 'SIGTERM', options.temporaryDir);
  // Its number may soon belong to another program.
  void exited.then(() => guard.kill('SIGKILL'));
  const stop = () => stopInOrder(child, exited, options.stopSignals).finally(() => guard.kill('SIGKILL'));
  try {
    await sleepUntil(async () => ended || (await options.isReady()), {
      timeoutMs: options.readyTimeoutMs,
      describe: `${options.name} to answer`,
    });
  } catch {
    await stop();
    throw failure('did not answer in time');
  }
  if (ended) {
    guard.kill('SIGKILL');
    throw failure('ended at once');
  }
  // Neither its output nor its life keeps our own process running: stop() is the owner's duty.
  child.unref();
  unrefStream(child.stdout);
  unrefStream(child.stderr);
  return { pid: child.pid, exited, stop };
}

/** Its children are like it. One that has ended already is told of below. */
function lower(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // Nothing to lower.
  }
}

/**
 * A shell that does nothing until our end of its pipe closes, which also happens when we are killed
 * with -9; then it stops the server. So no run leaves a server behind.
 */
function startGuard(pid: number, signal: NodeJS.Signals, temporaryDir = ''): ChildProcess {
  const script = `cat >/dev/null; kill -s ${signal.slice(3)} ${pid}; [ -z "$1" ] || { sleep 2; rm -rf "$1"; }`;
  const guard = spawn('/bin/sh', ['-c', script, 'guard', temporaryDir], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => undefined); // without a guard the server still works; only a kill -9 leaves it
  guard.stdin.on('error', () => undefined);
  guard.unref();
  unrefStream(guard.stdin);
  return guard;
}

async function stopInOrder(
  child: ChildProcess,
  exited: Promise<void>,
  signals: ServerProcessOptions['stopSignals'],
): Promise<void> {
  for (const { signal, waitMs } of signals) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, waitMs);
    });
    await Promise.race([exited, waited]);
    clearTimeout(timer);
  }
}

/** Child pipes are sockets underneath, which their type does not say. */
function unrefStream(stream: object | null): void {
  if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref();
}
