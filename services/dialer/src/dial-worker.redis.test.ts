import {
  createDialIntents,
  createDialQueue,
  connectRedis,
  type DialIntents,
  type DialQueue,
} from '@ramal/bus';
import { createProgressCheck, newCallId } from '@ramal/runtime';
import { sleepUntil, startPbx, type TestPbx } from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openTestDialer, profileOf, type TestDialer } from '../test/open-test-dialer.ts';
import { type DialWorker, startDialWorker } from './dial-worker.ts';
import { runDial } from './run-dial.ts';

let dialer: TestDialer;
let redis: Awaited<ReturnType<typeof connectRedis>>;
let workerRedis: Awaited<ReturnType<typeof connectRedis>>;
let queue: DialQueue;
let intents: DialIntents;
let pbx: TestPbx;
const workers: DialWorker[] = [];

beforeAll(async () => {
  dialer = await openTestDialer();
  const log = { info: () => undefined, warn: () => undefined };
  redis = await connectRedis({ url: dialer.server.url, role: 'commands', name: 'worker-test', log });
  workerRedis = await connectRedis({ url: dialer.server.url, role: 'queue', name: 'worker-test', log });
  queue = createDialQueue(redis);
  intents = createDialIntents({ redis, names: dialer.names, bus: dialer.bus, queue, newCallId });
  pbx = await startPbx();
  const profile = profileOf(pbx.port);
  dialer.directory.profile = { ...profile, ctiLimits: { maxConcurrentDials: 10, maxDialsPerSecond: 10 } };
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
});
afterAll(async () => {
  await pbx.close();
  await queue.close();
  redis.disconnect();
  workerRedis.disconnect();
  await dialer.close();
});

function startWorker(): void {
  workers.push(
    startDialWorker({
      redis: workerRedis,
      concurrency: 1_000,
      run: (job, attempt) => runDial(job, attempt, dialer.deps),
      events: dialer.deps.events,
      onProgress: () => undefined,
    }),
  );
}

let clicks = 0;
async function click(tenant: string): Promise<string> {
  clicks += 1;
  const to = `473${String(2_000_000 + clicks)}`;
  await intents.request({
    tenant,
    user: `user-${clicks}`,
    ramal: '3501',
    intentId: `click-${clicks}`,
    to,
    direction: 'outbound',
    via: 'agent',
    urgent: false,
  });
  return to;
}
const isAsked = (to: string) => pbx.requests.some(({ target }) => target.includes(to));
/** What was noted so far about dials of a tenant. */
const notedOf = (tenant: string, event: string) =>
  dialer.noted.filter((one) => one.event === event && one.fields.includes(`"${tenant}"`));

it('one tenant’s burst does not keep another one’s single dial waiting', async () => {
  const burst = 300;
  for (let i = 0; i < burst; i += 50) {
    await Promise.all(Array.from({ length: 50 }, () => click('burst')));
  }
  const single = await click('single');
  startWorker();
  await sleepUntil(() => isAsked(single), { timeoutMs: 30_000, everyMs: 1 });
  // All of them were there first, and a few have begun.
  expect(notedOf('burst', 'attempted').length).toBeLessThan(burst / 3);
  expect(notedOf('burst', 'requestSent').length).toBeLessThan(30);
});

it('dials that wait for their turn at the CTI are asked for once each, and waiting is no attempt', async () => {
  const profile = profileOf(pbx.port);
  dialer.directory.profile = { ...profile, ctiLimits: { maxConcurrentDials: 1, maxDialsPerSecond: 100 } };
  startWorker();
  const numbers = await Promise.all(Array.from({ length: 6 }, () => click('queue')));
  await sleepUntil(() => notedOf('queue', 'finished').length === numbers.length, { timeoutMs: 30_000 });
  const outcomes = notedOf('queue', 'finished').map(
    ({ fields }) => (JSON.parse(fields) as { outcome: string }).outcome,
  );
  expect(outcomes).toEqual(numbers.map(() => 'dial.accepted'));
  for (const to of numbers) {
    expect(pbx.requests.filter(({ target }) => target.includes(to))).toHaveLength(1);
  }
  const attempts = notedOf('queue', 'attempted').map(
    ({ fields }) => (JSON.parse(fields) as { attempt: number }).attempt,
  );
  expect(attempts.length).toBeGreaterThan(numbers.length);
  expect(new Set(attempts)).toEqual(new Set([1]));
});

it('trap 2: a worker that works lives by its canaries alone; one that stands still without a word does not', async () => {
  const progress = createProgressCheck({
    name: 'worker',
    problem: 'the worker makes no progress',
    stalledAfterMs: 3_000,
    isAway: () => redis.status !== 'ready',
  });
  let finished = 0;
  let hang = false;
  let letGo = () => undefined as void;
  const stuck = new Promise<void>((resolve) => (letGo = resolve));
  workers.push(
    startDialWorker({
      redis: workerRedis,
      concurrency: 1,
      // What earlier tests have left is let through.
      run: () => (hang ? stuck : Promise.resolve()),
      events: dialer.deps.events,
      onProgress() {
        finished += 1;
        progress.progressed();
      },
      canaryEveryMs: 300,
    }),
  );
  try {
    await sleepUntil(async () => (await queue.waiting()) === 0, { timeoutMs: 20_000 });
    const before = finished;
    await sleepUntil(() => finished >= before + 3, { timeoutMs: 20_000, describe: 'three canaries' });
    expect(progress.check()).toBeNull();
    // The one job it may have at a time never ends: from here on no canary is taken.
    hang = true;
    await click('stuck');
    await sleepUntil(() => progress.check() !== null, { timeoutMs: 20_000, describe: 'it to stand still' });
    letGo();
    await sleepUntil(() => progress.check() === null, { timeoutMs: 20_000, describe: 'it to go on' });
  } finally {
    letGo();
    progress.stop();
  }
}, 70_000);
