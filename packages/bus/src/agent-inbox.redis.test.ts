import { randomUUID } from 'node:crypto';
import { planPopupReaction } from '@ramal/calls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  commitOf,
  incoming,
  message,
  newTenant,
  openTestBus,
  popupOf,
  type TestBus,
} from '../test/open-test-bus.ts';
import type { AgentInbox } from './agent-inbox.ts';
import { createPopupReactions } from './popup-reactions.ts';

let test: TestBus;
let inbox: AgentInbox;
beforeAll(async () => {
  test = await openTestBus();
  inbox = test.inbox;
});
afterAll(() => test.close());

type Messages = ReturnType<typeof message>[];

/** Commits an event of a new call that tells an agent these messages. */
async function tell(tenant: string, messages: Messages, user = 'ana'): Promise<void> {
  const commit = commitOf(incoming(tenant, { user }), [], { deliveries: [{ user, messages }] });
  expect((await test.bus.commit(commit)).outcome).toBe('applied');
}
const seqs = (page: { entries: { seq: number }[] }) => page.entries.map(({ seq }) => seq);

describe('I5 the inbox', () => {
  it('numbers what an agent is told without a gap, also when many tell at once', async () => {
    const tenant = newTenant();
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => tell(tenant, [message(2 * n), message(2 * n + 1)])),
    );
    const page = await inbox.read(tenant, 'ana', 0);
    expect(seqs(page)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(page).toMatchObject({ seq: 100, complete: true });
    expect(new Set(page.entries.map(({ body }) => body)).size).toBe(100);
    expect(JSON.parse(page.entries[0]?.body ?? '')).toMatchObject({ op: 'call.updated' });
  });

  it('gives what came after a seq, and says when nothing did', async () => {
    const tenant = newTenant();
    await tell(tenant, [message(1), message(2), message(3)]);
    expect(seqs(await inbox.read(tenant, 'ana', 1))).toEqual([2, 3]);
    expect(await inbox.read(tenant, 'ana', 3)).toMatchObject({ entries: [], seq: 3, complete: true });
    expect(await inbox.read(tenant, 'ana', null)).toMatchObject({ entries: [], seq: 3, complete: true });
  });

  it('is not complete for one who claims to have seen more than there is', async () => {
    const tenant = newTenant();
    await tell(tenant, [message(1)]);
    expect((await inbox.read(tenant, 'ana', 2)).complete).toBe(false);
  });

  it('keeps at least the last thousand, and says when what was asked for is gone', async () => {
    const tenant = newTenant();
    for (let i = 0; i < 30; i++)
      await tell(
        tenant,
        Array.from({ length: 50 }, (_, n) => message(n)),
      );
    const page = await inbox.read(tenant, 'ana', 0);
    expect(page.complete).toBe(false);
    expect(page.entries.length).toBeGreaterThanOrEqual(1_000);
    expect(page.entries.length).toBeLessThan(1_200);
    expect((await inbox.read(tenant, 'ana', 500)).complete).toBe(true);
  });

  it('stays silent about entries that ran out', async () => {
    const tenant = newTenant();
    await tell(tenant, [message(1), message(2)]);
    await test.redis.del(test.names.inbox(tenant, 'ana'));
    expect(await inbox.read(tenant, 'ana', 1)).toMatchObject({ seq: 2, complete: false });
    expect(await inbox.read(tenant, 'ana', 2)).toMatchObject({ seq: 2, complete: true });
    await tell(tenant, [message(3)]);
    expect(seqs(await inbox.read(tenant, 'ana', 2))).toEqual([3]);
  });

  it.each([
    ['with its entries', ['inbox', 'inboxMeta']],
    ['alone, its entries still there', ['inboxMeta']],
  ] as const)('begins a new epoch at 1 when its numbers are lost %s', async (_, lost) => {
    const tenant = newTenant();
    await tell(tenant, [message(1), message(2)]);
    const before = await inbox.read(tenant, 'ana', 0);
    for (const key of lost) await test.redis.del(test.names[key](tenant, 'ana'));
    await tell(tenant, [message(3)]);
    const after = await inbox.read(tenant, 'ana', 0);
    expect(after.epoch).not.toBe(before.epoch);
    expect(seqs(after)).toEqual([1]);
    expect(after.complete).toBe(true);
  });

  it('can be told again when an agent looked before anything was told in the new epoch', async () => {
    const tenant = newTenant();
    await tell(tenant, [message(1), message(2)]);
    await test.redis.del(test.names.inboxMeta(tenant, 'ana'));
    const { epoch, seq } = await inbox.read(tenant, 'ana', null);
    expect(seq).toBe(0);
    await tell(tenant, [message(3)]);
    const after = await inbox.read(tenant, 'ana', 0);
    expect([after.epoch, seqs(after)]).toEqual([epoch, [1]]);
  });

  it('keeps its epoch through reads and messages', async () => {
    const tenant = newTenant();
    const epochs = new Set<string>();
    for (let i = 0; i < 3; i++) {
      epochs.add((await inbox.read(tenant, 'ana', null)).epoch);
      await tell(tenant, [message(i)]);
    }
    expect(epochs.size).toBe(1);
  });

  it('I6 is one agent’s alone', async () => {
    const tenant = newTenant();
    await tell(tenant, [message(1)], 'ana');
    expect((await inbox.read(tenant, 'bruno', 0)).entries).toEqual([]);
    expect((await inbox.read(newTenant(), 'ana', 0)).entries).toEqual([]);
  });
});

describe('pop-ups', () => {
  const show = (popup: ReturnType<typeof popupOf>) => message(1, { change: 'show', popup });
  const update = (popup: ReturnType<typeof popupOf>) => message(2, { change: 'update', popup });
  const hide = (popup: ReturnType<typeof popupOf>) => message(3, { change: 'hide', popup });

  it('stand from show to hide, as they were last updated', async () => {
    const tenant = newTenant();
    const popup = popupOf(incoming(tenant));
    await tell(tenant, [show(popup)]);
    expect((await inbox.read(tenant, 'ana', null)).popups).toEqual([popup]);
    await tell(tenant, [update({ ...popup, state: 'answered' })]);
    expect((await inbox.findPopup(tenant, 'ana', popup.popupId))?.state).toBe('answered');
    await tell(tenant, [hide(popup)]);
    expect((await inbox.read(tenant, 'ana', null)).popups).toEqual([]);
    expect((await inbox.read(tenant, 'ana', 0)).seq).toBe(3);
  });

  it('I5 an update or hide of one that is not shown is told nobody', async () => {
    const tenant = newTenant();
    const popup = popupOf(incoming(tenant));
    await tell(tenant, [update(popup), hide(popup), message(9)]);
    const page = await inbox.read(tenant, 'ana', 0);
    expect(page.entries.map(({ body }) => (JSON.parse(body) as { op: string }).op)).toEqual(['call.updated']);
    expect(page.popups).toEqual([]);
  });

  it('I5 one that ran out is not brought back by an update', async () => {
    const tenant = newTenant();
    const popup = popupOf(incoming(tenant), { expiresAt: Date.now() - 1 });
    await tell(tenant, [show(popup), update({ ...popup, expiresAt: Date.now() + 60_000 })]);
    const page = await inbox.read(tenant, 'ana', 0);
    expect(page.popups).toEqual([]);
    expect(page.entries).toHaveLength(1);
  });

  it('that have run out are not listed, and pruned once there are many', async () => {
    const tenant = newTenant();
    const call = incoming(tenant);
    const dead = Array.from({ length: 60 }, () => popupOf(call, { expiresAt: Date.now() - 1 }));
    await tell(tenant, dead.map(show));
    expect((await inbox.read(tenant, 'ana', null)).popups).toEqual([]);
    expect(await test.redis.hlen(test.names.popups(tenant, 'ana'))).toBe(60);
    const alive = popupOf(call);
    await tell(tenant, [show(alive)]);
    expect(await test.redis.hkeys(test.names.popups(tenant, 'ana'))).toEqual([alive.popupId]);
  });

  it('are fifty at most once there are too many: those that stand longest', async () => {
    const tenant = newTenant();
    const call = incoming(tenant);
    const popups = Array.from({ length: 61 }, (_, n) =>
      popupOf(call, { expiresAt: Date.now() + 60_000 + n }),
    );
    await tell(tenant, popups.map(show));
    const kept = await test.redis.hkeys(test.names.popups(tenant, 'ana'));
    expect(kept.sort()).toEqual(
      popups
        .slice(-50)
        .map(({ popupId }) => popupId)
        .sort(),
    );
  });

  it('one this version can’t read costs nobody the others', async () => {
    const tenant = newTenant();
    const popup = popupOf(incoming(tenant));
    await tell(tenant, [show(popup)]);
    await test.redis.hset(
      test.names.popups(tenant, 'ana'),
      'p',
      JSON.stringify({ ...popup, kind: 'hologram' }),
    );
    expect((await inbox.read(tenant, 'ana', null)).popups).toEqual([popup]);
  });

  it('dismissed once go from the agent’s list for good, and once only', async () => {
    const tenant = newTenant();
    const event = incoming(tenant);
    const popup = popupOf(event);
    await test.bus.commit(commitOf(event, [], { deliveries: [{ user: 'ana', messages: [show(popup)] }] }));
    const reactions = createPopupReactions(test.bus, inbox);
    const agent = { tenant, user: 'ana' };
    const react = (reaction: 'popup.seen' | 'popup.dismissed') =>
      Array.from({ length: 5 }, () => reactions.record(agent, popup.popupId, reaction));
    expect(await Promise.all(react('popup.seen'))).toEqual(Array(5).fill(true));
    const dismissed = await Promise.all(react('popup.dismissed'));
    expect(dismissed).toContain(true);
    expect(await reactions.record(agent, popup.popupId, 'popup.seen')).toBe(false);
    const page = await inbox.read(tenant, 'ana', 1);
    expect(page.entries.map(({ body }) => JSON.parse(body))).toMatchObject([
      { op: 'popup.update', data: { popupId: popup.popupId, seenAt: expect.any(Number) } },
      { op: 'popup.hide', data: { popupId: popup.popupId, hidden: 'dismissed' } },
    ]);
    const [call] = (await test.bus.view({ tenant, callId: event.callId })).calls;
    expect(call?.events.map(({ type }) => type)).toEqual(['call.incoming', 'popup.seen', 'popup.dismissed']);
  });

  it('I6 are no other agent’s to dismiss', async () => {
    const tenant = newTenant();
    const event = incoming(tenant);
    const popup = popupOf(event);
    await test.bus.commit(commitOf(event, [], { deliveries: [{ user: 'ana', messages: [show(popup)] }] }));
    const reactions = createPopupReactions(test.bus, inbox);
    expect(await reactions.record({ tenant, user: 'bruno' }, popup.popupId, 'popup.dismissed')).toBe(false);
    expect((await inbox.read(tenant, 'ana', null)).popups).toHaveLength(1);
  });

  it('of a call that has run out can’t be dismissed any more', async () => {
    const tenant = newTenant();
    const popup = popupOf(incoming(tenant));
    await tell(tenant, [show(popup)]);
    const reactions = createPopupReactions(test.bus, inbox);
    expect(await reactions.record({ tenant, user: 'ana' }, popup.popupId, 'popup.dismissed')).toBe(false);
  });
});

describe('the open calls of an agent', () => {
  it('are those that have not ended, oldest first, from the agent’s own side', async () => {
    const tenant = newTenant();
    const older = incoming(tenant, { at: Date.now() - 5_000 });
    const newer = incoming(tenant, { peer: '1140040001', origin: '1140040001' });
    const over = incoming(tenant, { at: Date.now() - 9_000 });
    const end = { ...over, type: 'call.ended' as const, eventId: randomUUID() };
    const other = incoming(tenant, { user: 'bruno' });
    for (const event of [newer, over, older, other]) await test.bus.commit(commitOf(event));
    await test.bus.commit(commitOf(end, [over], { ended: true }));
    const calls = await inbox.openCalls(tenant, 'ana', '3501');
    expect(calls.map(({ callId }) => callId)).toEqual([older.callId, newer.callId]);
    expect(calls[1]).toMatchObject({ user: 'ana', ramal: '3501', peer: { raw: '1140040001' } });
  });
});

it('a dismissal planned on a call that has changed conflicts', async () => {
  const tenant = newTenant();
  const event = incoming(tenant);
  const popup = popupOf(event);
  await test.bus.commit(commitOf(event));
  const plan = { tenant, user: 'ana', popup, reaction: 'popup.dismissed', nowMs: Date.now() } as const;
  const call = { callId: event.callId, version: 0, events: [event] };
  expect((await test.bus.commit(planPopupReaction({ ...plan, call }))).outcome).toBe('conflict');
  expect((await test.bus.commit(planPopupReaction({ ...plan, call: { ...call, version: 1 } }))).outcome).toBe(
    'applied',
  );
});
