import { setTimeout as delay } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { connectRedis } from '@ramal/bus';
import type { CallbackKind } from '@ramal/calls';
import type { CallEvent } from '@ramal/contracts';
import type { TenantProfile } from '@ramal/store';
import { sleepUntil } from '@ramal/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFaultyDisk } from '../../test/faulty-disk.ts';
import { newProfile } from '../../test/open-test-ingest.ts';
import { openTestJournaled, type TestJournaled } from '../../test/open-test-journaled.ts';
import type { RunningJournal } from './start-journal.ts';

let test: TestJournaled;
let webhook: RunningJournal;
let profile: TenantProfile;
let tenant: string;
beforeEach(async () => {
  test = await openTestJournaled();
  webhook = await test.start();
  profile = newProfile();
  tenant = profile.tenant.tenant;
  await isUp();
}, 60_000);
afterEach(() => test.close(), 60_000);

const INBOUND = { origem: '4732100123', destino: '3501' };
const send = (kind: CallbackKind, variables: Record<string, string> = INBOUND) =>
  webhook.ingest(profile, kind, Object.entries(variables));
const isUp = async () => {
  await sleepUntil(
    async () => (await send('recording', { id: randomUUID(), audio: 'a' })).outcome === 'stored',
    { timeoutMs: 20_000, describe: 'Redis to be up' },
  );
  // What was sent before it was.
  await isSilentlyTold();
};
const events = () =>
  test.base.eventsOf(tenant).then((all) => all.filter(({ type }) => type !== 'call.recording'));
const told = (count: number) =>
  sleepUntil(async () => ((await events()).length >= count ? events() : undefined), {
    timeoutMs: 30_000,
    describe: `${count} events in Redis`,
  });
const isSilentlyTold = () =>
  sleepUntil(async () => (await test.metric('ramal_webhook_journal_pending')) === 0);
const ask = async <T>(question: (redis: Awaited<ReturnType<typeof connectRedis>>) => Promise<T>) => {
  const log = { info: () => undefined, warn: () => undefined };
  const redis = await connectRedis({ url: test.base.server.url, role: 'commands', name: 'test', log });
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
};

describe('I3 with Redis', () => {
  it('dead callbacks are taken, and told as of when they were received when it is back, each once', async () => {
    const first = await send('incoming');
    expect(first.outcome).toBe('stored');
    await test.base.server.kill();
    const beganMs = Date.now();
    const answers = [await send('answered'), await send('ended'), await send('ended')];
    const [later, endedMs] = [{ origem: '4732100999', destino: '3502' }, Date.now()];
    answers.push(await send('incoming', later));
    expect(answers).toEqual(Array(4).fill({ callId: null, outcome: 'journaled' }));
    expect(await test.metric('ramal_webhook_journal_pending')).toBe(4);
    expect(await test.metric('ramal_webhook_degraded_redis')).toBe(1);
    expect(webhook.ready.check()).toBeNull();
    await sleepUntil(() => Date.now() > endedMs + 500);
    await test.base.server.restart();
    const all = await told(4);
    await isSilentlyTold();
    expect(await events()).toHaveLength(4);
    const ofFirst = all.filter(({ callId }) => callId === first.callId);
    expect(ofFirst.map(({ type }) => type).sort()).toEqual(['call.answered', 'call.ended', 'call.incoming']);
    for (const { type, at } of all.filter(({ at: moment }) => moment >= beganMs)) {
      expect([type, at < endedMs + 300]).toEqual([type, true]);
    }
    expect(test.log.filter((line) => /redis is (away|back)/.test(line))).toHaveLength(2);
  }, 60_000);

  it('frozen the first callbacks wait for less than a second and those after them not at all', async () => {
    test.base.server.signal('SIGSTOP');
    const timed = async () => {
      const startedMs = performance.now();
      const { outcome } = await send('ended', { ...INBOUND, id: randomUUID() });
      return { outcome, ms: performance.now() - startedMs };
    };
    const first = await Promise.all([timed(), timed(), timed()]);
    const then = [await timed(), await timed()];
    expect([...first, ...then].map(({ outcome }) => outcome)).toEqual(Array(5).fill('journaled'));
    const slowestMs = (some: { ms: number }[]) => Math.max(...some.map(({ ms }) => ms));
    expect(slowestMs(then)).toBeLessThan(slowestMs(first));
    console.log(
      `frozen Redis: first ${Math.round(slowestMs(first))} ms, then ${Math.round(slowestMs(then))} ms`,
    );
    test.base.server.signal('SIGCONT');
    await told(5);
    await isSilentlyTold();
    expect(await events()).toHaveLength(5);
  }, 60_000);

  it('full callbacks are taken, though it answers, and told when it has room', async () => {
    const before = await ask((redis) => redis.config('GET', 'maxmemory'));
    await ask((redis) => redis.config('SET', 'maxmemory', '1mb'));
    for (let i = 0; i < 10; i++) {
      expect((await send('ended', { ...INBOUND, id: `x${i}` })).outcome).toBe('journaled');
    }
    // It was tried, and did not become the end of the outage.
    await sleepUntil(async () => (await send('ended', { ...INBOUND, id: 'x1' })).outcome === 'journaled');
    expect(await events()).toEqual([]);
    await ask((redis) => redis.config('SET', 'maxmemory', String((before as string[])[1])));
    await told(10);
    await isSilentlyTold();
    expect(await events()).toHaveLength(10);
    expect(test.buried).toEqual([]);
  }, 60_000);

  it('and the disk slow callbacks wait for the disk, as long as a CTI waits', async () => {
    await webhook.stop();
    const disk = createFaultyDisk();
    webhook = await test.start({ fs: disk.fs });
    await isUp();
    await test.base.server.kill();
    await sleepUntil(async () => (await send('incoming')).outcome === 'journaled');
    const release = disk.holdSyncs();
    const slow = [send('answered'), send('ended')];
    // The first patience is over, and those who come then wait as well.
    await delay(1_300);
    slow.push(send('recording'));
    await delay(400);
    release();
    expect((await Promise.all(slow)).map(({ outcome }) => outcome)).toEqual(Array(3).fill('journaled'));
    await test.base.server.restart();
  }, 60_000);

  it('and the disk down there is an error, so that the CTI tries again', async () => {
    await webhook.stop();
    const disk = createFaultyDisk();
    webhook = await test.start({ fs: disk.fs });
    await isUp();
    disk.fail = 'write';
    expect((await send('incoming')).outcome).toBe('stored');
    expect(await test.metric('ramal_webhook_degraded_journal')).toBe(1);
    expect(webhook.ready.check()).toBeNull();
    await test.base.server.kill();
    await expect(send('ended')).rejects.toThrow();
    await sleepUntil(() => webhook.ready.check() !== null);
    disk.fail = null;
    await sleepUntil(() => webhook.ready.check() === null, { timeoutMs: 20_000 });
    expect((await send('ended')).outcome).toBe('journaled');
    await test.base.server.restart();
    await told(2);
  }, 60_000);
});

describe('I3 after Redis', () => {
  it('was replaced by one that knows less all of the last while is there again: same ids, calls and times', async () => {
    await test.base.logIn(tenant, 'ana');
    const first = await send('incoming');
    for (const kind of ['answered', 'ended'] as const) await send(kind, { ...INBOUND, id: 'x1' });
    const stranger = await send('incoming', { origem: '4732100999', destino: '3502' });
    const before = await events();
    expect(before).toHaveLength(4);
    await ask((redis) => redis.flushall());
    await test.base.server.restart();
    const after = await told(4);
    const byId = (all: readonly CallEvent[]) => all.toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1));
    // Who was logged in is forgotten too, so it says that no end pop-up is shown again; all else is the same.
    expect(byId(after)).toEqual(byId(before));
    expect(new Set(after.map(({ callId }) => callId))).toEqual(new Set([first.callId, stranger.callId]));
    const [call] = (await test.base.callsOf(tenant)).filter(({ callId }) => callId === first.callId);
    expect(call).toMatchObject({ state: 'ended', externalCallId: 'x1', result: 'completed' });
    // What comes meanwhile waits for what other webhooks may have to bring back, and finds its call, by the CTI's id.
    expect((await send('ended', { id: 'x1', duracao: '7' })).outcome).toBe('journaled');
    const all = await told(5);
    expect(all.filter(({ callId }) => callId === first.callId)).toHaveLength(4);
    await isUp();
    expect((await send('ended', { id: 'x1', duracao: '8' })).callId).toBe(first.callId);
  }, 60_000);

  it('was restarted and lost nothing nothing is told twice', async () => {
    await send('incoming');
    await send('ended');
    await test.base.server.restart();
    await sleepUntil(async () => (await test.metric('ramal_webhook_replayed_total{outcome="known"')) >= 2, {
      timeoutMs: 20_000,
    });
    expect(await told(2)).toHaveLength(2);
  }, 60_000);
});

describe('I3 a process', () => {
  it('that ends leaves what Redis was not told of to the next one, which tells it once', async () => {
    await test.base.server.kill();
    for (let i = 0; i < 20; i++) await send('ended', { ...INBOUND, id: `x${i}` });
    await webhook.stop();
    webhook = await test.start();
    expect(await test.metric('ramal_webhook_journal_pending')).toBe(20);
    await test.base.server.restart();
    await told(20);
    await webhook.stop();
    webhook = await test.start();
    await isUp();
    await isSilentlyTold();
    expect(await events()).toHaveLength(20);
  }, 60_000);

  it('that died before it could note that Redis was told tells nothing twice', async () => {
    // Its notes are lost, as with the machine.
    const disk = createFaultyDisk();
    await webhook.stop();
    webhook = await test.start({ fs: disk.fs });
    await isUp();
    await send('incoming');
    disk.fail = 'write';
    await webhook.stop();
    webhook = await test.start();
    await isUp();
    await sleepUntil(
      async () => (await test.metric('ramal_webhook_replayed_total{outcome="duplicate"')) >= 1,
    );
    await isSilentlyTold();
    expect(await events()).toHaveLength(1);
  }, 60_000);
});

describe('threat 5 a signed callback', () => {
  const message = (webhookId: string, digest = 'd1') => ({
    ...{ tenant, webhookId, digest },
    timestampSec: Math.floor(Date.now() / 1000),
  });
  const sendSigned = (webhookId: string, digest: string, variables: Record<string, string>) =>
    webhook.ingest(profile, 'ended', Object.entries(variables), message(webhookId, digest));

  it('that is played again while Redis is away is told from a new one by whoever saw it, and has no effect', async () => {
    const { webhookIds } = webhook;
    await webhookIds.markStored(message('seen'), 'call-1');
    await test.base.server.kill();
    await sleepUntil(async () => (await send('incoming')).outcome === 'journaled');
    expect(await webhookIds.check(message('seen'))).toEqual({ kind: 'stored', callId: 'call-1' });
    expect(await webhookIds.check(message('seen', 'd2'))).toEqual({ kind: 'reused' });
    expect(await webhookIds.check(message('new'))).toEqual({ kind: 'new' });
    expect(await webhookIds.check({ ...message('old'), timestampSec: 1 })).toMatchObject({ kind: 'outside' });
    await webhookIds.markStored(message('new'), '');
    expect(await webhookIds.check(message('new'))).toEqual({ kind: 'stored', callId: '' });
  }, 60_000);

  it('whose id another process has seen is answered, and dropped when Redis says so', async () => {
    await webhook.webhookIds.markStored(message('taken'), 'call-1');
    await test.base.server.kill();
    const answers = [
      await sendSigned('taken', 'other', { ...INBOUND, id: 'x1' }),
      await sendSigned('taken', 'd1', { ...INBOUND, id: 'x2' }),
      await sendSigned('fresh', 'd1', { ...INBOUND, id: 'x3' }),
    ];
    expect(answers.map(({ outcome }) => outcome)).toEqual(Array(3).fill('journaled'));
    await test.base.server.restart();
    const [only, ...others] = await told(1);
    await isSilentlyTold();
    expect([only, others]).toMatchObject([{ externalCallId: 'x3' }, []]);
    expect(await test.metric('ramal_webhook_replayed_total{outcome="webhook_id_reused"')).toBe(1);
    await sleepUntil(async () => (await webhook.webhookIds.check(message('fresh'))).kind === 'stored');
  }, 60_000);
});
