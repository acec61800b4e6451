import type { Logger } from './logger.ts';
import { announceTestSwitches } from './test-switch.ts';

/** Something acquired at start that must be let go at stop. */
export interface Releasers {
  /**
   * Releases run last in, first out, each bounded in time.
   * @param timeoutMs how long this one may take, where it is meant to take longer than others
   */
  add(name: string, release: () => Promise<void> | void, timeoutMs?: number): void;
}

export interface RunServiceOptions {
  logger: Logger;
  /** Exit when the parent process is gone: standard input closes, or another process takes its place. */
  watchParent: boolean;
  /** How long one release may take before it is given up, in ms. */
  releaseTimeoutMs?: number;
  /** How long a stop may take in all, in ms: then the process ends, whatever it still holds. */
  stopTimeoutMs?: number;
  start(releasers: Releasers): Promise<void>;
}

/** Why a service stops, and what it tells its supervisor. */
interface Stop {
  why: string;
  exitCode: number;
}

const DEFAULT_RELEASE_TIMEOUT_MS = 5_000;
/** Less than the 30 s an orchestrator gives by default: whoever is asked to stop says what held it up. */
export const DEFAULT_STOP_TIMEOUT_MS = 20_000;
/** What is logged last has so long to be written. */
const LAST_WORDS_MS = 1_000;
/** In case its end of the pipe outlives the parent: another process may have got hold of it. */
const LOOK_AT_PARENT_EVERY_MS = 1_000;

/**
 * Runs a service until SIGTERM or SIGINT: start, wait, release everything in reverse order, exit.
 * Exit code 0 after a clean stop, 1 when the start failed, when something threw where nobody listened
 * (a process in an unknown state is worth less than a fresh one), or when the stop was not done in its time.
 * A second signal ends the process at once.
 * @throws TestSwitchRefusedError where protections are switched off outside of a test
 */
export async function runService(options: RunServiceOptions): Promise<never> {
  const { logger, releaseTimeoutMs = DEFAULT_RELEASE_TIMEOUT_MS } = options;
  const { stopTimeoutMs = DEFAULT_STOP_TIMEOUT_MS } = options;
  announceTestSwitches(logger, process.env);
  const acquired: { name: string; release: () => Promise<void> | void; timeoutMs: number }[] = [];
  const stopped = watchForStop(options);
  const started = options
    .start({
      add: (name, release, timeoutMs = releaseTimeoutMs) => acquired.push({ name, release, timeoutMs }),
    })
    .then(() => null)
    .catch((error: unknown): Stop => {
      logger.fatal({ error }, 'start failed');
      return { why: 'start failed', exitCode: 1 };
    });
  const end = (await Promise.race([started, stopped])) ?? (await stopped);
  logger.info({ why: end.why }, 'stopping');
  let held = 'nothing';
  setTimeout(() => {
    logger.fatal({ held, stopTimeoutMs }, 'the stop takes too long: the process ends as it is');
    void exit(logger, 1);
  }, stopTimeoutMs);
  for (const { name, release, timeoutMs } of acquired.reverse()) {
    held = name;
    const failure = await bounded(release, timeoutMs);
    if (failure !== null) logger.warn({ name, failure }, 'release failed');
  }
  logger.info({}, 'stopped');
  return await exit(logger, end.exitCode);
}

/** Ends the process once its last words are written, or nobody seems to read them. */
async function exit(logger: Logger, code: number): Promise<never> {
  const flush = () =>
    new Promise<void>((resolve) => {
      if (logger.flush === undefined) resolve();
      else logger.flush(resolve);
    });
  await bounded(flush, LAST_WORDS_MS);
  process.exit(code);
}

/** Resolves with the first reason to stop; a signal that comes after it ends the process. */
function watchForStop({ logger, watchParent }: RunServiceOptions): Promise<Stop> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (why: string, exitCode: number) => {
      asked = true;
      resolve({ why, exitCode });
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (!asked) return stop(signal, 0);
        logger.warn({ signal }, 'asked to stop again: the process ends as it is');
        void exit(logger, 1);
      });
    }
    process.once('uncaughtException', (error) => {
      logger.fatal({ error }, 'uncaught exception');
      stop('uncaught exception', 1);
    });
    if (watchParent) onParentGone(() => stop('parent gone', 0));
  });
}

function onParentGone(gone: () => void): void {
  const parent = process.ppid;
  // However it ends: a pipe that breaks has no end.
  for (const event of ['end', 'close', 'error'] as const) process.stdin.once(event, gone);
  process.stdin.resume();
  setInterval(() => {
    if (process.ppid !== parent) gone();
  }, LOOK_AT_PARENT_EVERY_MS).unref();
}

/** Null when the release ended well in time, else what went wrong. */
async function bounded(release: () => Promise<void> | void, timeoutMs: number): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`took longer than ${timeoutMs} ms`), timeoutMs);
  });
  const released = Promise.resolve()
    .then(release)
    .then(() => null)
    .catch((error: unknown) => String(error));
  const failure = await Promise.race([released, timeout]);
  clearTimeout(timer);
  return failure;
}
