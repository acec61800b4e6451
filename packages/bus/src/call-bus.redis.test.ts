import { randomUUID } from 'node:crypto';
import { EVENT_FIELD } from '@ramal/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  commitOf,
  incoming,
  LINE,
  message,
  newTenant,
  openTestBus,
  popupOf,
  type TestBus,
} from '../test/open-test-bus.ts';
import type { CallBus } from './call-bus.ts';

let test: TestBus;
let bus: CallBus;
beforeAll(async () => {
  test = await openTestBus();
  bus = test.bus;
});
afterAll(() => test.close());

const outcomes = async (commits: Promise<{ outcome: string }>[]) =>
  (await Promise.all(commits)).map(({ outcome }) => outcome).toSorted();

async function streamOf(tenant: string): Promise<string[]> {
  const entries = await test.redis.xrange(test.names.events(test.names.partitionOf(tenant)), '-', '+');
  return entries.flatMap(([, fields]) => {
    const json = fields[fields.indexOf(EVENT_FIELD) + 1] ?? '';
    return (JSON.parse(json) as { tenant: string }).tenant === tenant ? [json] : [];
  });
}

describe('a commit', () => {
  it('I3 stores the call, its line and the event in one step', async () => {
    const tenant = newTenant();
    const event = incoming(tenant, { peer: 'é \u{1f600} "quoted" \\ \u2028' });
    const { outcome, nowMs } = await bus.commit(commitOf(event));
    expect(outcome).toBe('applied');
    expect(Math.abs(nowMs - Date.now())).toBeLessThan(5_000);
    const view = await bus.view({ tenant, lines: [LINE] });
    expect(view.calls).toEqual([{ callId: event.callId, version: 1, events: [event] }]);
    expect(view.lines).toEqual([{ line: LINE, version: 1 }]);
    expect((await streamOf(tenant)).map((json) => JSON.parse(json))).toEqual([event]);
  });

  it('I3 sent again changes nothing, however often', async () => {
    const tenant = newTenant();
    const first = incoming(tenant);
    const popup = popupOf(first);
    const commit = commitOf(first, [], {
      deliveries: [{ user: 'ana', messages: [message(1, { change: 'show', popup })] }],
    });
    expect((await bus.commit(commit)).outcome).toBe('applied');
    const keys = (await test.redis.keys('*')).length;
    for (let i = 0; i < 3; i++) expect((await bus.commit(commit)).outcome).toBe('duplicate');
    expect((await bus.commit({ ...commit, expectedVersion: 7 })).outcome).toBe('duplicate');
    expect((await test.redis.keys('*')).length).toBe(keys);
    expect(await streamOf(tenant)).toHaveLength(1);
    expect((await test.inbox.read(tenant, 'ana', 0)).entries).toHaveLength(1);
    expect((await bus.view({ tenant, callId: first.callId })).calls[0]?.version).toBe(1);
  });

  it('of the same one sent 50 times at once one is applied', async () => {
    const tenant = newTenant();
    const commit = commitOf(incoming(tenant));
    const all = await outcomes(Array.from({ length: 50 }, () => bus.commit(commit)));
    expect(all).toEqual(['applied', ...Array(49).fill('duplicate')]);
    expect(await streamOf(tenant)).toHaveLength(1);
  });

  it('I4 two that were planned on one version of a call conflict', async () => {
    const tenant = newTenant();
    const first = incoming(tenant);
    await bus.commit(commitOf(first));
    const more = Array.from({ length: 20 }, () => commitOf({ ...first, eventId: randomUUID() }, [first]));
    expect(await outcomes(more.map((commit) => bus.commit(commit)))).toEqual([
      'applied',
      ...Array(19).fill('conflict'),
    ]);
    const view = await bus.view({ tenant, callId: first.callId });
    expect(view.calls[0]).toMatchObject({ version: 2, events: { length: 2 } });
    expect(await streamOf(tenant)).toHaveLength(2);
  });

  it('a conflict writes nothing at all', async () => {
    const tenant = newTenant();
    const first = incoming(tenant);
    await bus.commit(commitOf(first));
    const before = (await test.redis.keys('*')).toSorted();
    const deliveries = [{ user: 'ana', messages: [message(1)] }];
    const second = { ...first, eventId: randomUUID() };
    const stale = commitOf(second, [], { deliveries, externalCallId: 'x9' });
    expect((await bus.commit(stale)).outcome).toBe('conflict');
    expect((await test.redis.keys('*')).toSorted()).toEqual(before);
    // Nor is its id taken: planned again, it goes through.
    expect((await bus.commit(commitOf(second, [first], { deliveries }))).outcome).toBe('applied');
  });

  it('R46 two new calls planned on one state of a line conflict', async () => {
    const tenant = newTenant();
    const { lines } = await bus.view({ tenant, lines: [LINE] });
    expect(lines).toEqual([{ line: LINE, version: 0 }]);
    const news = Array.from({ length: 20 }, () => commitOf(incoming(tenant), [], { expectedLines: lines }));
    expect(await outcomes(news.map((commit) => bus.commit(commit)))).toEqual([
      'applied',
      ...Array(19).fill('conflict'),
    ]);
    expect((await bus.view({ tenant, lines: [LINE] })).calls).toHaveLength(1);
  });

  it('an event of a call that is known leaves its line’s version alone', async () => {
    const tenant = newTenant();
    const first = incoming(tenant);
    await bus.commit(commitOf(first));
    const { lines } = await bus.view({ tenant, lines: [LINE] });
    await bus.commit(commitOf({ ...first, eventId: randomUUID() }, [first]));
    expect((await bus.view({ tenant, lines: [LINE] })).lines).toEqual(lines);
    expect((await bus.commit(commitOf(incoming(tenant), [], { expectedLines: lines }))).outcome).toBe(
      'applied',
    );
  });

  it('I6 the same ids of another tenant are other calls', async () => {
    const [a, b] = [newTenant(), newTenant()];
    const event = incoming(a);
    await bus.commit(commitOf(event, [], { externalCallId: 'x1' }));
    expect(
      (await bus.view({ tenant: b, callId: event.callId, lines: [LINE], externalCallId: 'x1' })).calls,
    ).toEqual([]);
    expect((await bus.commit(commitOf({ ...event, tenant: b }, [], { externalCallId: 'x1' }))).outcome).toBe(
      'applied',
    );
    expect((await bus.view({ tenant: a, externalCallId: 'x1' })).calls[0]?.events).toEqual([event]);
  });
});

describe('a CTI’s call id', () => {
  it('names one call: a second one conflicts', async () => {
    const tenant = newTenant();
    const first = incoming(tenant);
    expect((await bus.commit(commitOf(first, [], { externalCallId: 'x1' }))).outcome).toBe('applied');
    expect((await bus.commit(commitOf(incoming(tenant), [], { externalCallId: 'x1' }))).outcome).toBe(
      'conflict',
    );
    const again = commitOf({ ...first, eventId: randomUUID() }, [first], { externalCallId: 'x1' });
    expect((await bus.commit(again)).outcome).toBe('applied');
    expect((await bus.view({ tenant, externalCallId: 'x1' })).calls[0]?.callId).toBe(first.callId);
  });

  it('of 50 new calls with one id one is made', async () => {
    const tenant = newTenant();
    const commits = Array.from({ length: 50 }, () =>
      commitOf(incoming(tenant), [], { externalCallId: 'x1', lines: [] }),
    );
    expect(await outcomes(commits.map((commit) => bus.commit(commit)))).toEqual([
      'applied',
      ...Array(49).fill('conflict'),
    ]);
  });

  it('that outlived its call is free again', async () => {
    const tenant = newTenant();
    const first = incoming(tenant);
    await bus.commit(commitOf(first, [], { externalCallId: 'x1' }));
    // An end without the id shortens the call's life, not the id's.
    await bus.commit(commitOf({ ...first, eventId: randomUUID() }, [first], { ended: true }));
    const ttls = [test.names.external(tenant, 'x1'), test.names.call(tenant, first.callId)];
    const [idTtlMs = 0, callTtlMs = 0] = await Promise.all(ttls.map((key) => test.redis.pttl(key)));
    expect(idTtlMs).toBeGreaterThan(callTtlMs);
    await test.redis.del(test.names.call(tenant, first.callId));
    const next = incoming(tenant);
    expect((await bus.commit(commitOf(next, [], { externalCallId: 'x1' }))).outcome).toBe('applied');
    expect((await bus.view({ tenant, externalCallId: 'x1' })).calls[0]?.callId).toBe(next.callId);
  });
});

describe('a view', () => {
  it('of a line holds its newest calls, newest first, and nothing that is none', async () => {
    const tenant = newTenant();
    const calls = Array.from({ length: 40 }, (_, i) =>
      incoming(tenant, { at: 1_700_000_000_000 + i * 1000 }),
    );
    // Stored in another order than they began.
    for (const call of [...calls.slice(20), ...calls.slice(0, 20)]) await bus.commit(commitOf(call));
    const view = await bus.view({ tenant, lines: [LINE] });
    const newest = calls.map(({ callId }) => callId).toReversed();
    expect(view.calls.map(({ callId }) => callId)).toEqual(newest.slice(0, 16));
    expect(view.lines[0]?.version).toBe(40);
    const stored = await test.redis.zrange(test.names.line(tenant, LINE.ramal, LINE.peerKey), '0', '-1');
    expect(stored).toHaveLength(17);
    expect(stored[0]).toBe('#v');
  });

  it('a version goes on counting while the line is trimmed', async () => {
    const tenant = newTenant();
    for (let i = 0; i < 20; i++) await bus.commit(commitOf(incoming(tenant, { at: 1_700_000_000_000 + i })));
    const { lines } = await bus.view({ tenant, lines: [LINE] });
    expect(lines[0]?.version).toBe(20);
    expect((await bus.commit(commitOf(incoming(tenant), [], { expectedLines: lines }))).outcome).toBe(
      'applied',
    );
    expect((await bus.commit(commitOf(incoming(tenant), [], { expectedLines: lines }))).outcome).toBe(
      'conflict',
    );
  });

  it('of an extension holds at most 32 of its calls, with whatever far ends', async () => {
    const tenant = newTenant();
    for (let i = 0; i < 70; i++) {
      const lines = [{ ramal: '3501', peerKey: String(i) }];
      await bus.commit(commitOf(incoming(tenant, { at: 1_700_000_000_000 + i }), [], { lines }));
    }
    const { calls, lines } = await bus.view({ tenant, ramal: '3501' });
    expect(calls).toHaveLength(32);
    expect(calls[0]?.events[0]?.at).toBe(1_700_000_000_069);
    expect(lines).toEqual([]);
    expect(await test.redis.zcard(test.names.ramalCalls(tenant, '3501'))).toBe(64);
    expect((await bus.view({ tenant, ramal: '3502' })).calls).toEqual([]);
  });

  it('brings a call once, by however many ways it is asked for', async () => {
    const tenant = newTenant();
    const event = incoming(tenant);
    const other = { ramal: '3502', peerKey: '3501' };
    await bus.commit(commitOf(event, [], { externalCallId: 'x1', lines: [LINE, other] }));
    const view = await bus.view({
      tenant,
      ramal: '3501',
      lines: [LINE, other],
      externalCallId: 'x1',
      callId: event.callId,
      intentId: 'none',
    });
    expect(view.calls).toHaveLength(1);
    expect(view.lines.map(({ version }) => version)).toEqual([1, 1]);
    expect(view.intent).toBeNull();
  });

  it('leaves out calls that have run out', async () => {
    const tenant = newTenant();
    const event = incoming(tenant);
    await bus.commit(commitOf(event, [], { externalCallId: 'x1' }));
    await test.redis.del(test.names.call(tenant, event.callId));
    const query = { tenant, lines: [LINE], externalCallId: 'x1', callId: event.callId };
    expect((await bus.view(query)).calls).toEqual([]);
  });

  it('of nothing is the time alone', async () => {
    const view = await bus.view({ tenant: newTenant() });
    expect(view).toMatchObject({ lines: [], calls: [], intent: null });
  });
});

it('everything in Redis runs out by itself, but for the stream and what is due', async () => {
  const tenant = newTenant();
  const event = incoming(tenant);
  const deliveries = [{ user: 'ana', messages: [message(1, { change: 'show', popup: popupOf(event) })] }];
  await bus.commit(commitOf(event, [], { deliveries, externalCallId: 'x1' }));
  const partition = test.names.partitionOf(tenant);
  const forever = new Set(
    [partition, 1 - partition].flatMap((one) => [test.names.events(one), test.names.openCalls(one)]),
  );
  for (const key of await test.redis.keys('ramal:*'))
    if (!forever.has(key)) expect(await test.redis.pttl(key), key).toBeGreaterThan(0);
});
