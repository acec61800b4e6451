import { randomBytes } from 'node:crypto';
import { type CallTrace, toUuidV7, TRACE_FIELD, traceBatch } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { newTenant, openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { createTraceRecorder, type TraceRecorder, type TraceRecorderOptions } from './trace-recorder.ts';

let bus: TestBus;
const recorders: TraceRecorder[] = [];
beforeAll(async () => {
  bus = await openTestBus();
});
afterEach(async () => {
  await Promise.all(recorders.splice(0).map((recorder) => recorder.stop()));
});
afterAll(() => bus.close());

const CALL = toUuidV7(Date.now(), randomBytes(10));
/** Long enough that nothing is written before the test says so. */
const BY_HAND = 60_000;

function open(over: Partial<TraceRecorderOptions> = {}) {
  const { redis, names } = bus;
  const lost: string[] = [];
  const onDropped = (count: number, why: string) => void lost.push(`${count} ${why}`);
  const recorder = createTraceRecorder({ redis, names, by: 'test@host', onDropped, ...over });
  recorders.push(recorder);
  return { recorder, lost };
}

/** What the stream holds of a tenant, entry by entry. */
async function entriesOf(tenant: string): Promise<{ id: string; traces: CallTrace[] }[]> {
  const entries = await bus.redis.xrange(bus.names.events(bus.names.partitionOf(tenant)), '-', '+');
  return entries.flatMap(([id, fields]) => {
    if (fields[0] !== TRACE_FIELD) return [];
    const batch = traceBatch.parse(JSON.parse(fields[1] ?? ''));
    return batch.tenant === tenant ? [{ id, traces: batch.traces }] : [];
  });
}

test('steps of one moment leave together, one entry for each tenant', async () => {
  const { recorder, lost } = open({ flushEveryMs: 20 });
  const [acme, globex] = [newTenant(), newTenant()];
  recorder.record(acme, { callId: CALL, step: 'job.queued', user: 'ana' });
  recorder.record(globex, { callId: CALL, step: 'job.queued' });
  recorder.record(acme, { callId: CALL, step: 'job.taken', detail: { attempt: 1, why: undefined } });
  const [entry] = await sleepUntil(async () => {
    const entries = await entriesOf(acme);
    return entries.length > 0 && entries;
  });
  expect(entry?.traces).toMatchObject([
    { callId: CALL, step: 'job.queued', by: 'test@host', user: 'ana' },
    { callId: CALL, step: 'job.taken', detail: { attempt: 1 } },
  ]);
  expect(new Set(entry?.traces.map(({ traceId }) => traceId)).size).toBe(2);
  expect((await entriesOf(globex)).map(({ traces }) => traces.length)).toEqual([1]);
  recorder.record(acme, { callId: CALL, step: 'job.unsent' });
  await sleepUntil(async () => (await entriesOf(acme)).length === 2);
  expect(lost).toEqual([]);
});

test('a step’s time is the stream’s clock less its age, whenever it was told', async () => {
  const { recorder } = open({ flushEveryMs: BY_HAND });
  const tenant = newTenant();
  const toldAt = performance.now();
  recorder.record(tenant, { callId: CALL, step: 'callback.received' }, toldAt - 500);
  recorder.record(tenant, { callId: CALL, step: 'job.queued' }, toldAt + 60_000);
  await recorder.stop();
  const [entry] = await entriesOf(tenant);
  expect(entry?.traces[0]?.ageMs).toBeGreaterThanOrEqual(500);
  expect(entry?.traces[1]?.ageMs).toBe(0);
});

test('a stop writes what is left, and nothing after it', async () => {
  const { recorder } = open({ flushEveryMs: BY_HAND });
  const tenant = newTenant();
  recorder.record(tenant, { callId: CALL, step: 'job.queued' });
  await recorder.stop();
  recorder.record(tenant, { callId: CALL, step: 'job.taken' });
  await recorder.stop();
  expect((await entriesOf(tenant)).flatMap(({ traces }) => traces.map(({ step }) => step))).toEqual([
    'job.queued',
  ]);
});

test('beyond its bound the newest are lost and counted, and many leave in entries of a bounded size', async () => {
  const { recorder, lost } = open({ flushEveryMs: BY_HAND, maxBuffered: 1_200 });
  const tenant = newTenant();
  for (let n = 0; n < 1_500; n++)
    recorder.record(tenant, { callId: CALL, step: 'job.queued', detail: { n } });
  await recorder.stop();
  const entries = await entriesOf(tenant);
  expect(entries.map(({ traces }) => traces.length)).toEqual([500, 500, 200]);
  expect(entries.flatMap(({ traces }) => traces.map(({ detail }) => detail?.['n']))).toEqual(
    Array.from({ length: 1_200 }, (_, n) => n),
  );
  expect(lost).toEqual(['300 full']);
});

test('whatever a detail holds, the entry is one the history can read', async () => {
  const { recorder } = open({ flushEveryMs: BY_HAND, by: 'x'.repeat(500) });
  const tenant = newTenant();
  const detail = {
    [`${'n'.repeat(60)}`]: true,
    long: `${'a'.repeat(511)}\u{1F600}`,
    nul: 'a\0b',
    half: '\ud800',
    nothing: null,
    nan: Number.NaN,
  };
  recorder.record(tenant, { callId: CALL, step: 'job.queued', detail });
  await recorder.stop();
  const [entry] = await entriesOf(tenant);
  expect(entry?.traces[0]?.detail).toEqual({
    [`${'n'.repeat(32)}`]: true,
    long: `${'a'.repeat(511)}\ufffd`,
    nul: 'a\ufffdb',
    half: '\ufffd',
  });
});

test('with Redis away steps are lost and counted, nobody waits, and it goes on when Redis is back', async () => {
  const { recorder, lost } = open({ flushEveryMs: 20, maxBuffered: 50 });
  const tenant = newTenant();
  await bus.server.kill();
  await sleepUntil(() => bus.redis.status !== 'ready');
  for (let n = 0; n < 100; n++) recorder.record(tenant, { callId: CALL, step: 'job.queued' });
  await sleepUntil(() => lost.includes('50 redis') && lost.includes('50 full'));
  await bus.server.restart();
  await sleepUntil(() => bus.redis.ping().catch(() => false), { timeoutMs: 30_000 });
  recorder.record(tenant, { callId: CALL, step: 'job.taken' });
  const entries = await sleepUntil(async () => {
    const found = await entriesOf(tenant);
    return found.length > 0 && found;
  });
  expect(entries.flatMap(({ traces }) => traces.map(({ step }) => step))).toEqual(['job.taken']);
});

test('a stop with a Redis that answers nothing ends in time', async () => {
  const { recorder } = open({ flushEveryMs: BY_HAND });
  recorder.record(newTenant(), { callId: CALL, step: 'job.queued' });
  bus.server.signal('SIGSTOP');
  try {
    const startedMs = performance.now();
    await recorder.stop();
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  } finally {
    bus.server.signal('SIGCONT');
  }
});
