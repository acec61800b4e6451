import { type RedisPair, sleepUntil, startPbx, startRedisPair, type TestPbx } from '@ramal/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTestDialer, profileOf, type TestDialer } from '../test/open-test-dialer.ts';
import { DialUnsentError } from './errors.ts';
import type { Attempt } from './dial-attempt.ts';
import { runDial } from './run-dial.ts';

/** A dialer that speaks to the primary, and one that speaks to the replica, as after a failover. */
let pair: RedisPair;
let before: TestDialer;
let after: TestDialer;
let pbx: TestPbx;

beforeEach(async () => {
  pair = await startRedisPair();
  pbx = await startPbx();
  before = await openTestDialer(pair.primary);
  before.directory.profile = profileOf(pbx.port);
});
afterEach(async () => {
  await before.close();
  await after?.close();
  await pbx.close();
  await pair.stop();
});

const FIRST: Attempt = { number: 1, retryInMs: 250 };

/** The replica takes over; the old primary does not know it, as for some seconds with Sentinels, and goes on. */
async function failOver(): Promise<void> {
  await pair.promote();
  after = await openTestDialer(pair.replica);
  after.directory.profile = profileOf(pbx.port);
}

/** A click that the replica knows when it takes over; from then on it learns nothing more. */
async function clickThenFailOver() {
  // The guard has seen the replica.
  await runDial(await before.click(), FIRST, before.deps);
  expect(pbx.requests).toHaveLength(1);
  const job = await before.click({ leftMs: 60_000 });
  await sleepUntil(() => pair.primary.isReplicated());
  await failOver();
  pbx.requests.length = 0;
  return job;
}

it('I1 a dial that the replica would not know to be sent is not, and who takes over dials once', async () => {
  const job = await clickThenFailOver();
  await expect(runDial(job, FIRST, before.deps)).rejects.toThrow(DialUnsentError);
  expect(pbx.requests).toHaveLength(0);
  expect(before.noted.filter(({ event }) => event === 'unsent').at(-1)?.fields).toContain('NOT_REPLICATED');
  expect(await before.stateOf(job)).toBe('queued');
  await runDial(job, FIRST, after.deps);
  expect(pbx.requests).toHaveLength(1);
  expect(await after.stateOf(job)).toBe('accepted');
}, 30_000);

it('I1 what the replica has heard of is not dialled again by who takes over', async () => {
  const job = await before.click({ leftMs: 60_000 });
  await runDial(job, FIRST, before.deps);
  await failOver();
  await runDial(job, FIRST, after.deps);
  expect(pbx.requests).toHaveLength(1);
}, 30_000);

it('without the guard the same failover is a second call: this is what it is for', async () => {
  const job = await clickThenFailOver();
  await runDial(job, FIRST, { ...before.deps, guard: { isKept: async () => true } });
  expect(pbx.requests).toHaveLength(1);
  await runDial(job, FIRST, after.deps);
  expect(pbx.requests).toHaveLength(2);
}, 30_000);

it('a primary that was never seen with a replica is taken at its word, as right after a failover', async () => {
  await pair.replica.kill();
  const job = await before.click({ leftMs: 60_000 });
  await sleepUntil(
    async () => !String(await pair.primary.ask('INFO', 'replication')).includes('state=online'),
    { describe: 'the primary to see its replica go' },
  );
  // A guard that has never seen one: as after a failover, where the old primary is gone.
  await runDial(job, FIRST, before.deps);
  expect(pbx.requests).toHaveLength(1);
}, 30_000);
