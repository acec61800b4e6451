import { DIAL_ATTEMPTS, toRetryDelayMs } from '@ramal/bus';
import { DIAL_QUEUE, type DialJob, dialJob } from '@ramal/contracts';
import { type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import { DialUnsentError } from './errors.ts';
import type { Events } from './events.ts';
import type { Attempt } from './run-dial.ts';

export interface DialWorker {
  /** Takes no new jobs and waits for the running ones. */
  close(): Promise<void>;
  /** When this process last finished a job, `performance.now()`; the canary makes sure there are some. */
  lastProgressMs(): number;
}

const CANARY = 'canary';
const CANARY_EVERY_MS = 10_000;

/** The consumer's side of the dial queue, and all that is BullMQ about it. */
export function startDialWorker(options: {
  redisUrl: string;
  concurrency: number;
  run(job: DialJob, attempt: Attempt): Promise<void>;
  events: Events;
}): DialWorker {
  const { redisUrl, concurrency, run, events } = options;
  // Both ends wait for Redis to come back for as long as it takes.
  const connection = { url: redisUrl, maxRetriesPerRequest: null };
  let lastProgressMs = performance.now();

  const process = async (job: Job): Promise<void> => {
    if (job.name === CANARY) return;
    const parsed = dialJob.safeParse(job.data);
    if (!parsed.success) throw new UnrecoverableError('the job is no dial');
    const made = job.attemptsMade + 1;
    const retryInMs = made < DIAL_ATTEMPTS.attempts ? toRetryDelayMs(made) : null;
    try {
      await run(parsed.data, { number: made, retryInMs });
    } catch (error) {
      if (!(error instanceof DialUnsentError)) events.backgroundFailed('dial', error);
      throw error;
    }
  };
  const worker = new Worker(
    DIAL_QUEUE.name,
    (job) =>
      process(job).finally(() => {
        lastProgressMs = performance.now();
      }),
    {
      connection,
      prefix: DIAL_QUEUE.prefix,
      concurrency,
      // A stalled job may have been sent: the intent's own record decides, never the queue.
      maxStalledCount: 0,
      drainDelay: 2,
    },
  );
  worker.on('error', (error) => events.backgroundFailed('queue', error));

  const canaries = new Queue(DIAL_QUEUE.name, { connection, prefix: DIAL_QUEUE.prefix });
  canaries.on('error', (error) => events.backgroundFailed('canary', error));
  const timer = setInterval(() => {
    canaries
      .add(CANARY, {}, { priority: 1, removeOnComplete: true, removeOnFail: true })
      .catch((error: unknown) => events.backgroundFailed('canary', error));
  }, CANARY_EVERY_MS);

  return {
    lastProgressMs: () => lastProgressMs,
    async close() {
      clearInterval(timer);
      await Promise.allSettled([worker.close(), canaries.close()]);
    },
  };
}
