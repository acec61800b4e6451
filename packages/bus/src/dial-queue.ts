import { createHash } from 'node:crypto';
import { DIAL_QUEUE, type DialJob } from '@ramal/contracts';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { createTenantRanks } from './tenant-ranks.ts';

/** Retries of one dial, all of them before the request was sent (I1); the deadline ends them early. */
export const DIAL_ATTEMPTS = { attempts: 6, firstDelayMs: 250 };

/** Delay before attempt `made + 1`, in ms. */
export function toRetryDelayMs(made: number): number {
  return DIAL_ATTEMPTS.firstDelayMs * 2 ** (made - 1);
}

export interface DialQueue {
  /** Adds a dial once: adding it again while it is queued changes nothing. */
  add(job: DialJob, urgent: boolean): Promise<void>;
  /** Jobs that wait for a dialer. */
  waiting(): Promise<number>;
  close(): Promise<void>;
}

/** How many dials of an ordinary company's burst come after those of a VIP's (R42), whose own burst ends somewhere too. */
const VIP_LEAD = 10;

/** The producer's side of the dial queue. */
export function createDialQueue(redis: Redis): DialQueue {
  const ranks = createTenantRanks();
  const queue = new Queue<DialJob>(DIAL_QUEUE.name, {
    connection: redis,
    prefix: DIAL_QUEUE.prefix,
    defaultJobOptions: {
      attempts: DIAL_ATTEMPTS.attempts,
      backoff: { type: 'exponential', delay: DIAL_ATTEMPTS.firstDelayMs },
      removeOnComplete: true,
      removeOnFail: { age: 24 * 60 * 60, count: 10_000 },
    },
  });
  return {
    async add({ tenant, intentId }, urgent) {
      const job = { tenant, intentId };
      // Lower goes first; what is added without a priority would overtake all of them. Among equals the queue is first in,
      // first out: so the dials of a burst come after the first ones of everybody else.
      const { rank, delayMs } = ranks.next(tenant, performance.now());
      const priority = rank + (urgent ? 0 : VIP_LEAD);
      await queue.add('dial', job, { jobId: toJobId(job), priority, delay: delayMs });
    },
    waiting: async () => {
      const counts = await queue.getJobCounts('waiting', 'prioritized', 'delayed');
      return Object.values(counts).reduce((sum, n) => sum + n, 0);
    },
    close: () => queue.close(),
  };
}

/** The queue takes no `:` in an id, and ids of two tenants must never meet. */
function toJobId({ tenant, intentId }: DialJob): string {
  return `dial-${createHash('sha256')
    .update(JSON.stringify([tenant, intentId]))
    .digest('base64url')}`;
}
