import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { sleepUntil } from '@ramal/testkit';
import type { ProcessSpec } from './process-specs.ts';

const FIRST_BACKOFF_MS = 300;
const LONGEST_BACKOFF_MS = 5000;
/** A process that lived this long was well: its next death starts the backoff anew. */
const WELL_AFTER_MS = 10_000;
/** So many deaths before it was ever ready mean that it cannot start at all. */
const HOPELESS_AFTER = 4;

export interface SuperviseOptions {
  spec: Pick<ProcessSpec, 'name' | 'entry' | 'env' | 'readyUrl'>;
  /** Each line the process prints. */
  onLine: (line: string) => void;
  /** What happens to it, in words. */
  onNotice: (line: string) => void;
  /** A new process runs. */
  onStarted?: (pid: number) => void;
  /** How long after its death it is started again, in ms, always; default: 300, and longer each time it dies young. */
  restartAfterMs?: number | undefined;
  cwd?: string;
}

/** How a process ended unasked, each counted: by `kill -9`, or in any other way. */
export interface Deaths {
  killed: number;
  crashed: number;
}

/** A process that is started again whenever it dies unasked. */
export interface SupervisedProcess {
  readonly name: string;
  /** How often it ended unasked. */
  deaths(): Deaths;
  /** Of the process that runs now. */
  pid(): number | undefined;
  /** Counts the processes started so far: 1 for the first. */
  generation(): number;
  /** @param env what this start alone, with the restarts that follow it, has in its environment besides */
  start(env?: Record<string, string>): void;
  /** Resolves once the process of at least this generation is ready. */
  waitReady(options: { timeoutMs: number; generation?: number }): Promise<void>;
  /** Sends a signal to the process that runs now, which the supervisor did not ask for. */
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after `graceMs`; it stays down until the next start. */
  stop(graceMs: number): Promise<void>;
}

/** The process never became ready. */
export class ProcessNotReadyError extends Error {
  readonly code = 'process_not_ready';
  override readonly name = 'ProcessNotReadyError';
}

export function superviseProcess(options: SuperviseOptions): SupervisedProcess {
  const { spec, onLine, onNotice, onStarted } = options;
  let child: ChildProcess | undefined;
  let generation = 0;
  let readyGeneration = 0;
  let deathsBeforeReady = 0;
  let backoffMs = FIRST_BACKOFF_MS;
  let wanted = false;
  let timer: NodeJS.Timeout | undefined;
  let extraEnv: Record<string, string> = {};
  const deaths: Deaths = { killed: 0, crashed: 0 };

  const launch = () => {
    const startedAt = performance.now();
    generation++;
    const started = spawn(process.execPath, [spec.entry], {
      // A group of its own: the terminal's Ctrl-C reaches us alone, and we stop the processes in order.
      detached: true,
      // The open standard input is our sign of life: the process exits when it closes.
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, RAMAL_PARENT_WATCH: '1', ...spec.env, ...extraEnv },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    child = started;
    started.stdin.on('error', () => undefined); // it died; its exit is handled below
    createInterface({ input: started.stdout }).on('line', onLine);
    createInterface({ input: started.stderr }).on('line', onLine);
    started.once('error', (error) => onNotice(`could not be started: ${error.message}`));
    if (started.pid !== undefined) onStarted?.(started.pid);
    started.once('exit', (code, signal) => {
      if (child === started) child = undefined;
      if (!wanted) return;
      deaths[signal === 'SIGKILL' ? 'killed' : 'crashed'] += 1;
      if (readyGeneration === 0) deathsBeforeReady++;
      if (performance.now() - startedAt > WELL_AFTER_MS) backoffMs = FIRST_BACKOFF_MS;
      const waitMs = options.restartAfterMs ?? backoffMs;
      onNotice(`ended unasked (${signal ?? `exit code ${code}`}); starting it again in ${waitMs} ms`);
      timer = setTimeout(launch, waitMs);
      backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
    });
  };

  return {
    name: spec.name,
    pid: () => child?.pid,
    generation: () => generation,
    deaths: () => ({ ...deaths }),
    start: (env = {}) => {
      if (wanted) return;
      wanted = true;
      extraEnv = env;
      backoffMs = FIRST_BACKOFF_MS;
      launch();
    },
    waitReady: async ({ timeoutMs, generation: least = 1 }) => {
      const isReady = async () => {
        if (deathsBeforeReady >= HOPELESS_AFTER) return 'hopeless' as const;
        const asked = generation;
        if (asked < least || child === undefined) return undefined;
        if (!(await answersOk(spec.readyUrl)) || asked !== generation) return undefined;
        readyGeneration = asked;
        return 'ready' as const;
      };
      const outcome = await sleepUntil(isReady, {
        timeoutMs,
        everyMs: 50,
        describe: `${spec.name} to be ready (${spec.readyUrl})`,
      });
      if (outcome === 'hopeless') {
        throw new ProcessNotReadyError(
          `${spec.name} ended ${deathsBeforeReady} times before it was ready: see its log`,
        );
      }
    },
    kill: (signal) => {
      child?.kill(signal);
    },
    stop: async (graceMs) => {
      wanted = false;
      clearTimeout(timer);
      const running = child;
      if (running === undefined) return;
      const ended = new Promise<void>((resolve) => {
        running.once('exit', () => resolve());
      });
      running.kill('SIGTERM');
      const lastWord = setTimeout(() => {
        onNotice(`did not stop in ${graceMs} ms: killed`);
        running.kill('SIGKILL');
      }, graceMs);
      await ended;
      clearTimeout(lastWord);
    },
  };
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2500) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false; // not listening yet
  }
}
