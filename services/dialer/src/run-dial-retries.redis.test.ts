import { randomBytes } from 'node:crypto';
import { connectRedis, createCallBus, createDialIntents } from '@ramal/bus';
import { toUuidV7 } from '@ramal/contracts';
import { type CtiSettings, parseCtiSettings } from '@ramal/cti';
import { type Answer, findFreePort, startFaultProxy, startPbx, type TestPbx } from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTestDialer, profileOf, type TestDialer } from '../test/open-test-dialer.ts';
import { DialUnsentError } from './errors.ts';
import type { Attempt } from './dial-attempt.ts';
import { runDial } from './run-dial.ts';

let dialer: TestDialer;
const open: (() => Promise<void> | void)[] = [];
beforeAll(async () => {
  dialer = await openTestDialer();
});
afterAll(() => dialer.close());
beforeEach(() => {
  dialer.noted.length = 0;
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const FIRST: Attempt = { number: 1, retryInMs: 250 };
const SECOND: Attempt = { number: 2, retryInMs: 500 };
const LAST: Attempt = { number: 6, retryInMs: null };
type Job = Awaited<ReturnType<TestDialer['click']>>;
const run = ({ tenant, intentId }: Job, attempt: Attempt, deps = dialer.deps) =>
  runDial({ tenant, intentId }, attempt, deps);

const BUSY: CtiSettings = { notPlacedStatuses: [429, 503] };
const IDEMPOTENT: CtiSettings = { originateIdempotent: true, callIdName: 'uuid' };

const say =
  (status: number): Answer =>
  (_, response) =>
    response.writeHead(status).end();
const reset: Answer = (request) => request.socket.resetAndDestroy();

/** A PBX of the tenant's that gives one answer after the other, and 200 from then on. */
async function pbxThat(settings: CtiSettings, ...answers: Answer[]): Promise<TestPbx> {
  const pbx = await startPbx((request, response) => (answers.shift() ?? say(200))(request, response));
  open.push(() => pbx.close());
  dialer.directory.profile = profileOf(pbx.port, {}, parseCtiSettings(settings));
  return pbx;
}
async function toldOf(job: Job): Promise<string[]> {
  return (await dialer.eventsOf(job)).map((event) =>
    'reason' in event ? `${event.type} ${event.reason}` : event.type,
  );
}
const callIdsOf = (pbx: TestPbx) =>
  pbx.requests.map(({ target }) => new URL(target, 'http://pbx').searchParams.get('uuid'));

describe('I1 a CTI that says that it placed nothing', () => {
  it('is not asked again where that would come too late, and is busy at once', async () => {
    const pbx = await pbxThat(BUSY, say(503));
    const job = await dialer.click({ leftMs: (FIRST.retryInMs ?? 0) + 290 });
    await run(job, FIRST);
    expect((await toldOf(job)).at(-1)).toBe('dial.failed cti_busy');
    expect(pbx.requests).toHaveLength(1);
  });

  it('is asked again, and tells every request before it', async () => {
    const pbx = await pbxThat(BUSY, say(503), say(429));
    const job = await dialer.click();
    for (const attempt of [FIRST, SECOND]) {
      await expect(run(job, attempt)).rejects.toMatchObject({ reason: 'cti_busy' });
      expect(await dialer.stateOf(job)).toBe('queued');
    }
    await run(job, { number: 3, retryInMs: 1_000 });
    expect(pbx.requests).toHaveLength(3);
    expect(await dialer.stateOf(job)).toBe('accepted');
    expect(await toldOf(job)).toEqual([
      'call.requested',
      'dial.requesting',
      'dial.requesting',
      'dial.requesting',
      'dial.accepted',
    ]);
  });

  it.each([
    ['at the last attempt', LAST, undefined],
    ['when the next one would be too late', FIRST, 300],
  ])('is busy %s, and the dial has failed', async (_, attempt, leftMs) => {
    const pbx = await pbxThat(BUSY, say(503));
    const job = await dialer.click(leftMs === undefined ? {} : { leftMs });
    await run(job, attempt);
    expect(await toldOf(job)).toEqual(['call.requested', 'dial.requesting', 'dial.failed cti_busy']);
    expect((await dialer.eventsOf(job)).at(-1)).toMatchObject({ status: 503 });
    expect(await dialer.stateOf(job)).toBe('failed');
    await run(job, FIRST);
    expect(pbx.requests).toHaveLength(1);
  });

  it('without saying so in its settings leaves doubt, and is asked once', async () => {
    const pbx = await pbxThat({}, say(503));
    const job = await dialer.click();
    await run(job, FIRST);
    await run(job, SECOND);
    expect(await toldOf(job)).toEqual(['call.requested', 'dial.requesting', 'dial.uncertain cti_error']);
    expect(pbx.requests).toHaveLength(1);
  });

  it('may be left alone while it waits: canceled, it is not asked again', async () => {
    const pbx = await pbxThat(BUSY, say(503));
    const job = await dialer.click();
    await expect(run(job, FIRST)).rejects.toBeInstanceOf(DialUnsentError);
    const found = await dialer.intents.find(job.tenant, job.intentId);
    if (found === null) throw new Error('no intent');
    expect(await dialer.intents.step(found.intent, { type: 'dial.canceled' })).toBe('applied');
    await run(job, SECOND);
    expect(pbx.requests).toHaveLength(1);
    expect((await toldOf(job)).at(-1)).toBe('dial.canceled canceled_by_agent');
  });

  it('never makes two requests at once, with twenty at it', async () => {
    let underWay = 0;
    let most = 0;
    const slowly =
      (status: number): Answer =>
      (_, response) => {
        underWay += 1;
        most = Math.max(most, underWay);
        setTimeout(() => {
          underWay -= 1;
          response.writeHead(status).end();
        }, 20);
      };
    const pbx = await pbxThat(BUSY, slowly(503), slowly(503), slowly(200), slowly(200));
    const job = await dialer.click();
    for (let round = 1; round <= 3; round++) {
      const attempt = { number: round, retryInMs: 250 };
      await Promise.allSettled(Array.from({ length: 20 }, () => run(job, attempt)));
    }
    expect(most).toBe(1);
    expect(pbx.requests).toHaveLength(3);
    expect(await dialer.stateOf(job)).toBe('accepted');
  });
});

describe('I1 a CTI whose originate is idempotent', () => {
  it.each([
    ['a reset', reset],
    ['a 502', say(502)],
  ])('is asked again after %s, with the same id', async (_, answer) => {
    const pbx = await pbxThat(IDEMPOTENT, answer);
    const job = await dialer.click();
    await expect(run(job, FIRST)).rejects.toBeInstanceOf(DialUnsentError);
    await run(job, SECOND);
    expect(callIdsOf(pbx)).toEqual([job.callId, job.callId]);
    expect((await toldOf(job)).at(-1)).toBe('dial.accepted');
  });

  it.each<[string, Answer, number | null]>([
    ['it is in doubt again at the last attempt', reset, null],
    ['it says no to the second request', say(404), null],
    ['it is gone', reset, 0],
  ])('and the dial stays uncertain when %s', async (_, second, port) => {
    const pbx = await pbxThat(IDEMPOTENT, reset, second);
    const job = await dialer.click();
    await expect(run(job, FIRST)).rejects.toBeInstanceOf(DialUnsentError);
    if (port !== null) dialer.directory.profile = profileOf(await findFreePort(), {}, IDEMPOTENT);
    await run(job, LAST);
    expect((await toldOf(job)).at(-1)).toBe('dial.uncertain cti_reset');
    expect(await dialer.stateOf(job)).toBe('uncertain');
    expect(pbx.requests.length).toBe(port === null ? 2 : 1);
  });

  it('is asked once where our id has no room in its URL: another variable has its name', async () => {
    const pbx = await pbxThat({ originateIdempotent: true, callIdName: 'origem' }, reset);
    const job = await dialer.click();
    await run(job, FIRST);
    expect(await dialer.stateOf(job)).toBe('uncertain');
    expect(pbx.requests).toHaveLength(1);
  });
});

describe('I1 a commit to `sent` whose reply is lost', () => {
  /** A dialer that loses the reply to that one commit, and Redis with it for a while. */
  async function openLossyDialer(awayMs: number) {
    const proxy = await startFaultProxy({ url: dialer.server.url });
    const log = { info: () => undefined, warn: () => undefined };
    const redis = await connectRedis({ url: proxy.url, role: 'commands', name: 'lossy', log });
    const bus = createCallBus(redis, dialer.names);
    let lost = 0;
    const intents = createDialIntents({
      redis,
      names: dialer.names,
      queue: null,
      newCallId: (nowMs) => toUuidV7(nowMs, randomBytes(10)),
      bus: {
        ...bus,
        commit(commit) {
          if (commit.events.at(-1)?.type === 'dial.requesting' && lost === 0) {
            lost += 1;
            proxy.cutAfter(0, 'server');
            proxy.refuse();
            setTimeout(() => void proxy.heal(), awayMs);
          }
          return bus.commit(commit);
        },
      },
    });
    open.push(async () => {
      redis.disconnect();
      await proxy.stop();
    });
    return { deps: { ...dialer.deps, intents }, lost: () => lost };
  }

  it('was sent by nobody: it is given back and sent once, by another attempt', async () => {
    const pbx = await pbxThat({});
    const lossy = await openLossyDialer(600);
    const job = await dialer.click();
    await expect(run(job, FIRST, lossy.deps)).rejects.toMatchObject({ reason: 'internal_error' });
    // It was recorded, though nobody here was told.
    expect(await toldOf(job)).toEqual(['call.requested', 'dial.requesting']);
    expect([lossy.lost(), await dialer.stateOf(job), pbx.requests.length]).toEqual([1, 'queued', 0]);
    await run(job, SECOND, lossy.deps);
    expect(pbx.requests).toHaveLength(1);
    expect((await toldOf(job)).at(-1)).toBe('dial.accepted');
  });

  it('fails as what it is, unsent, when there is no time left', async () => {
    const pbx = await pbxThat({});
    const lossy = await openLossyDialer(600);
    const job = await dialer.click();
    await run(job, LAST, lossy.deps);
    expect((await toldOf(job)).at(-1)).toBe('dial.failed internal_error');
    expect(pbx.requests).toHaveLength(0);
  });

  it('and Redis away past the deadline: nobody is asked, and the watchdog has the last word', async () => {
    const pbx = await pbxThat({});
    const lossy = await openLossyDialer(3_000);
    const job = await dialer.click({ leftMs: 900 });
    await run(job, FIRST, lossy.deps).catch(() => undefined);
    expect(['sent', 'failed']).toContain(await dialer.stateOf(job));
    await run(job, SECOND);
    expect(pbx.requests).toHaveLength(0);
  });
});

it('I1 a failure of our own after the first byte gives nothing back: nobody knows', async () => {
  const pbx = await pbxThat({ ...BUSY, ...IDEMPOTENT });
  const job = await dialer.click();
  let failed = false;
  const recorder = {
    record(_tenant: string, { step }: { step: string }) {
      if (step !== 'cti.answer' || failed) return;
      failed = true;
      throw new TypeError('a mistake');
    },
    stop: async () => undefined,
  } as unknown as NonNullable<TestDialer['deps']['recorder']>;
  await run(job, FIRST, { ...dialer.deps, recorder });
  expect(failed).toBe(true);
  expect((await toldOf(job)).at(-1)).toBe('dial.uncertain cti_reset');
  await run(job, SECOND);
  expect(pbx.requests).toHaveLength(1);
});
