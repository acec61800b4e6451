import type { Logger } from './logger.ts';
import { announceTestSwitches } from './test-switch.ts';

/** Something acquired at start that must be let go at stop. */
export interface Releasers {
  /** Releases run last in, first out, each bounded in time. */
  add(name: string, release: () => Promise<void> | void): void;
}

export interface RunServiceOptions {
  logger: Logger;
  /** Exit when standard input closes. */
  watchParent: boolean;
  /** How long one release may take before it is given up, in ms. */
  releaseTimeoutMs?: number;
  start(releasers: Releasers): Promise<void>;
}

const DEFAULT_RELEASE_TIMEOUT_MS = 5_000;

/**
 * Runs a service until SIGTERM or SIGINT: start, wait, release everything in reverse order, exit.
 * Exit code 0 after a clean stop, 1 when the start failed or something threw where nobody listened:
 * a process in an unknown state is worth less than a fresh one.
 * @throws TestSwitchRefusedError where protections are switched off outside of a test
 */
export async function runService(options: RunServiceOptions): Promise<never> {
  const { logger, releaseTimeoutMs = DEFAULT_RELEASE_TIMEOUT_MS } = options;
  announceTestSwitches(logger, process.env);
  const acquired: { name: string; release: () => Promise<void> | void }[] = [];
  const stopped = new Promise<{ why: string; exitCode: number }>((resolve) => {
    process.once('SIGTERM', () => resolve({ why: 'SIGTERM', exitCode: 0 }));
    process.once('SIGINT', () => resolve({ why: 'SIGINT', exitCode: 0 }));
    process.once('uncaughtException', (error) => {
      logger.fatal({ error }, 'uncaught exception');
      resolve({ why: 'uncaught exception', exitCode: 1 });
    });
    if (options.watchParent)
      process.stdin.resume().once('end', () => resolve({ why: 'parent gone', exitCode: 0 }));
  });
  const started = options
    .start({ add: (name, release) => acquired.push({ name, release }) })
    .then(() => null)
    .catch((error: unknown) => {
      logger.fatal({ error }, 'start failed');
      return { why: 'start failed', exitCode: 1 };
    });
  const end = (await Promise.race([started, stopped])) ?? (await stopped);
  logger.info({ why: end.why }, 'stopping');
  for (const { name, release } of acquired.reverse()) {
    const failure = await bounded(release, releaseTimeoutMs);
    if (failure !== null) logger.warn({ name, failure }, 'release failed');
  }
  logger.info({}, 'stopped');
  process.exit(end.exitCode);
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
