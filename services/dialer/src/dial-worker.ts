import { type connectRedis, DIAL_ATTEMPTS, toRetryDelayMs } from '@ramal/bus';
import { DIAL_QUEUE, type DialJob, dialJob } from '@ramal/contracts';
import { failpoint } from '@ramal/runtime';
import { DelayedError, type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import { DialWaitingError } from './cti-place.ts';
import { DialUnsentError } from './errors.ts';
import type { Events } from './events.ts';
import type { Attempt } from './dial-attempt.ts';
import { createTenantTurns } from './tenant-turns.ts';

export interface DialWorker {
  /** Takes no new jobs and waits for the running ones. */
  close(): Promise<void>;
}

const CANARY = 'canary';
const CANARY_EVERY_MS = 10_000;
const RETRY_DELAY_MS = 300;
/**
 * What one company may have of this process at a time, until its dials have their place at its CTI: from there on they
 * mostly wait. Whoever dials alone must not wait behind ten thousand dials of another company.
 */
const TENANT_TURNS = { running: 4, waiting: 50, comeBackEveryMs: 5 };

/** The consumer's side of the dial queue, and all that is BullMQ about it. */
export function startDialWorker(options: {
  /** Of the role `queue`; stays the caller's. */
  redis: Awaited<ReturnType<typeof connectRedis>>;
  concurrency: number;
  run(job: DialJob, attempt: Attempt): Promise<void>;
  events: Events;
  /** Called for each job that this process has finished; the canary makes sure there are some. */
  onProgress(): void;
  /** How often a canary is put into the queue, in ms; default 10 s. */
  canaryEveryMs?: number;
}): DialWorker {
  const {
    redis: connection,
    concurrency,
    run,
    events,
    onProgress,
    canaryEveryMs = CANARY_EVERY_MS,
  } = options;
  const turns = createTenantTurns(TENANT_TURNS);

  const process = async (job: Job, token: string | undefined): Promise<void> => {
    if (job.name === CANARY) return;
    const parsed = dialJob.safeParse(job.data);
    if (!parsed.success) throw new UnrecoverableError('the job is no dial');
    const made = job.attemptsMade + 1;
    const retryInMs = made < DIAL_ATTEMPTS.attempts ? toRetryDelayMs(made) : null;
    const onPlaced = await turns.take(parsed.data.tenant, performance.now());
    if (typeof onPlaced !== 'function') return comeBack(job, token, onPlaced.comeBackInMs);
    try {
      await run(parsed.data, { number: made, retryInMs, waits: job.attemptsStarted - made, onPlaced });
      failpoint('dialer.before_job_done');
    } catch (error) {
      if (error instanceof DialWaitingError) return await comeBack(job, token, error.waitMs);
      if (!(error instanceof DialUnsentError)) events.backgroundFailed('dial', error);
      throw error;
    } finally {
      onPlaced();
    }
  };
  const worker = new Worker(DIAL_QUEUE.name, (job, token) => process(job, token).finally(onProgress), {
    connection,
    prefix: DIAL_QUEUE.prefix,
    concurrency,
    // A stalled job may have been sent: the intent's own record decides, never the queue.
    maxStalledCount: 0,
    drainDelay: 2,
    // After an error of a server that is just being replaced; the library's own 15 s are longer than a dial lasts.
    runRetryDelay: RETRY_DELAY_MS,
  });
  worker.on('error', (error) => events.backgroundFailed('queue', error));

  const canaries = new Queue(DIAL_QUEUE.name, { connection, prefix: DIAL_QUEUE.prefix });
  canaries.on('error', (error) => events.backgroundFailed('canary', error));
  const timer = setInterval(() => {
    canaries
      .add(CANARY, {}, { priority: 1, removeOnComplete: true, removeOnFail: true })
      .catch((error: unknown) => events.backgroundFailed('canary', error));
  }, canaryEveryMs);

  return {
    async close() {
      clearInterval(timer);
      await Promise.allSettled([worker.close(), canaries.close()]);
    },
  };
}

/**
 * Gives the job's place here to another one meanwhile. It keeps its priority, and none of its attempts is spent.
 * @throws DelayedError always: so the library is told
 */
async function comeBack(job: Job, token: string | undefined, inMs: number): Promise<never> {
  await job.moveToDelayed(Date.now() + inMs, token);
  throw new DelayedError();
}
