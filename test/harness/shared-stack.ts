import { readRedisRefusals } from '@ramal/testkit';
import { test } from 'vitest';
import { startTestStack, type TestStack } from './start-test-stack.ts';

/** What a file may do with a stack that others use before and after it: all but ending it. */
export type SharedStack = Omit<TestStack, 'stop'>;

const onWorker = test.extend<{ stack: TestStack }>({
  stack: [
    // The pattern is how vitest learns that it needs nothing.
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const stack = await startTestStack();
      await use(stack);
      await stack.stop();
    },
    { scope: 'worker' },
  ],
});

/**
 * A stack with all services as they are by default, for the files of a worker one after the other: six processes take longer to
 * start than most files to run. It is started by the first file that wants it and stopped with the worker.
 *
 * A file brings companies of its own (`openTenant`) and puts back what it changed of the processes. How the simulated CTI behaves
 * is put back here, and what Redis refused a service fails the file that it happened in.
 */
export function useSharedStack(take: (system: SharedStack) => void | Promise<void>): void {
  onWorker.beforeAll(async ({ stack }) => {
    await take(stack);
  }, 240_000);
  onWorker.afterAll(async ({ stack }) => {
    await stack.simulator.behave({ ringMs: 60, talkMs: 120 });
    const refusals = await readRedisRefusals(stack.dev.redisUrl, { forget: true });
    if (refusals.length > 0)
      throw new Error(`Redis refused what a service asked for; see redis-rights.ts: ${refusals.join(', ')}`);
  });
}
