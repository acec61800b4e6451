import { sleepUntil } from '@ramal/testkit';
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
import { createAgentFeed, type FeedMessage } from './agent-feed.ts';
import { createSocketRegistry, type RegisteredSocket, type SocketRegistry } from './socket-registry.ts';

const LONG_MS = 600_000;

let test: TestBus;
let one: SocketRegistry;
let other: SocketRegistry;
beforeAll(async () => {
  test = await openTestBus();
  [one, other] = [await openGateway(), await openGateway()];
});
afterAll(() => test.close());

let gateways = 0;

async function openGateway(leaseMs = LONG_MS): Promise<SocketRegistry> {
  gateways += 1;
  const { redis, names } = test;
  const registry = createSocketRegistry({
    redis,
    names,
    gateway: `g${gateways}`,
    leaseMs,
    graceMs: LONG_MS,
  });
  await registry.renewLeases();
  return registry;
}

interface Tab {
  tab?: string;
  focused?: boolean;
  user?: string;
}

/** Joins at a moment of its own, so that it is clear who was looked at last. */
async function join(
  gateway: SocketRegistry,
  tenant: string,
  { tab, focused = true, user = 'ana' }: Tab = {},
) {
  const socket = gateway.prepare({ tenant, user }, tab ?? null);
  await gateway.join(socket, focused);
  await nextMoment();
  return socket;
}

async function focus(gateway: SocketRegistry, socket: RegisteredSocket): Promise<void> {
  await gateway.focus(socket);
  await nextMoment();
}

async function nextMoment(): Promise<void> {
  const now = async () => (await test.bus.view({ tenant: 'any' })).nowMs;
  const before = await now();
  await sleepUntil(async () => (await now()) > before, { everyMs: 1 });
}

type Change = 'show' | 'update' | 'hide';

/** Tells an agent of a pop-up; a new one unless given. */
async function tell(tenant: string, change: Change, popup = popupOf(incoming(tenant)), user = 'ana') {
  const deliveries = [{ user, messages: [message(1, { change, popup })] }];
  const { outcome } = await test.bus.commit(commitOf(incoming(tenant, { user }), [], { deliveries }));
  expect(outcome).toBe('applied');
  return popup;
}

/** The socket that claims a pop-up, or undefined. */
async function claimerOf(tenant: string, { popupId }: { popupId: string }, user = 'ana') {
  return (await test.inbox.read(tenant, user, null)).claims.get(popupId);
}

/** Everything the agent's channel brings from now on. */
async function listen(tenant: string, user = 'ana'): Promise<FeedMessage[]> {
  const heard: FeedMessage[] = [];
  const feed = createAgentFeed(await test.connect('subscriber'), test.names);
  await feed.subscribe(tenant, user, (messages) => heard.push(...messages));
  return heard;
}

describe('a new pop-up', () => {
  it('is claimed by the socket that was looked at last, on whichever gateway, and the hint says so', async () => {
    const tenant = newTenant();
    const heard = await listen(tenant);
    const first = await join(one, tenant, { tab: 'a' });
    const second = await join(other, tenant, { tab: 'b' });
    expect(await claimerOf(tenant, await tell(tenant, 'show'))).toBe(second.socket);
    await focus(one, first);
    const popup = await tell(tenant, 'show');
    expect(await claimerOf(tenant, popup)).toBe(first.socket);
    await sleepUntil(() => heard.length === 2);
    expect(heard).toMatchObject([
      { seq: 1, claim: second.socket },
      { seq: 2, claim: first.socket },
    ]);
    // The stored entry stays what it was.
    const { entries } = await test.inbox.read(tenant, 'ana', 1);
    expect(JSON.parse(entries[0]?.body ?? '')).toEqual({ op: 'popup.show', ts: 1, data: popup });
  });

  it('that the same step hides again leaves no claim', async () => {
    const tenant = newTenant();
    await join(one, tenant);
    const popup = popupOf(incoming(tenant));
    const messages = [message(1, { change: 'show', popup }), message(2, { change: 'hide', popup })];
    const deliveries = [{ user: 'ana', messages }];
    await test.bus.commit(commitOf(incoming(tenant), [], { deliveries }));
    expect(await test.redis.hgetall(test.names.claims(tenant, 'ana'))).toEqual({});
    expect((await test.inbox.read(tenant, 'ana', 0)).entries).toHaveLength(2);
  });

  it('prefers any that was looked at to one in the background', async () => {
    const tenant = newTenant();
    const looked = await join(one, tenant);
    await join(other, tenant, { focused: false });
    expect(await claimerOf(tenant, await tell(tenant, 'show'))).toBe(looked.socket);
    await one.logOut(looked);
    expect(await claimerOf(tenant, await tell(tenant, 'show'))).not.toBe(looked.socket);
  });

  it('stays with its claimer when another is looked at later, or when it is shown once more', async () => {
    const tenant = newTenant();
    const first = await join(one, tenant, { tab: 'a' });
    const popup = await tell(tenant, 'show');
    const second = await join(other, tenant, { tab: 'b' });
    await focus(other, second);
    await tell(tenant, 'update', popup);
    await tell(tenant, 'show', popup);
    expect(await claimerOf(tenant, popup)).toBe(first.socket);
  });

  it('is nobody’s with nobody connected, and goes to who joins next', async () => {
    const tenant = newTenant();
    const heard = await listen(tenant);
    const broken = await join(one, tenant);
    await one.break(broken);
    const popup = await tell(tenant, 'show');
    expect(await claimerOf(tenant, popup)).toBeUndefined();
    const next = await join(other, tenant, { focused: false });
    expect(await claimerOf(tenant, popup)).toBe(next.socket);
    await sleepUntil(() => heard.length === 2);
    expect(heard).toMatchObject([{ claim: '' }, { popupId: popup.popupId, to: next.socket, from: '' }]);
  });

  it('is not claimed by a socket whose gateway died', async () => {
    const tenant = newTenant();
    const living = await join(one, tenant);
    const dying = await openGateway(60);
    const dead = await join(dying, tenant);
    await sleepUntil(async () => (await one.renewLeases()).dead.includes(dying.gateway));
    expect(await claimerOf(tenant, await tell(tenant, 'show'))).toBe(living.socket);
    await one.logOut(living);
    const popup = await tell(tenant, 'show');
    expect(await claimerOf(tenant, popup)).toBeUndefined();
    expect(dead.socket).not.toBe(living.socket);
  });

  it('is told all the same when nobody can tell who is connected', async () => {
    const tenant = newTenant();
    await test.redis.set(test.names.presence(tenant, 'ana'), 'no hash');
    const popup = await tell(tenant, 'show');
    expect((await test.inbox.read(tenant, 'ana', 0)).popups).toEqual([popup]);
  });

  it('I6 is not claimed by the same user of another tenant, nor by a colleague', async () => {
    const [a, b] = [newTenant(), newTenant()];
    const here = await join(one, a);
    await join(one, b);
    await join(one, a, { user: 'bruno' });
    expect(await claimerOf(a, await tell(a, 'show'))).toBe(here.socket);
    const there = await tell(b, 'show');
    expect(await claimerOf(b, there)).not.toBe(here.socket);
    expect(await claimerOf(a, there)).toBeUndefined();
  });
});

describe('a claim', () => {
  it.each(['break', 'logOut'] as const)(
    'passes on when its socket goes (%s), and both are told',
    async (go) => {
      const tenant = newTenant();
      const third = await join(other, tenant, { tab: 'c' });
      const second = await join(other, tenant, { tab: 'b' });
      const first = await join(one, tenant, { tab: 'a' });
      const popup = await tell(tenant, 'show');
      await focus(other, third);
      const heard = await listen(tenant);
      await one[go](first);
      expect(await claimerOf(tenant, popup)).toBe(third.socket);
      await other[go](third);
      expect(await claimerOf(tenant, popup)).toBe(second.socket);
      await sleepUntil(() => heard.length === 2);
      expect(heard).toMatchObject([
        { popupId: popup.popupId, to: third.socket, from: first.socket },
        { popupId: popup.popupId, to: second.socket, from: third.socket },
      ]);
    },
  );

  it('follows its tab to another gateway, also before the former socket is known to be gone', async () => {
    const tenant = newTenant();
    const former = await join(one, tenant, { tab: 'a' });
    await join(one, tenant, { tab: 'b', focused: false });
    const popup = await tell(tenant, 'show');
    const again = await join(other, tenant, { tab: 'a', focused: false });
    expect(await claimerOf(tenant, popup)).toBe(again.socket);
    await one.break(former);
    expect(await claimerOf(tenant, popup)).toBe(again.socket);
    // In the background as it is, it stands where its former socket stood.
    expect(await claimerOf(tenant, await tell(tenant, 'show'))).toBe(again.socket);
  });

  it('never goes back to the former socket of its tab while there is another', async () => {
    const tenant = newTenant();
    const last = await join(one, tenant, { tab: 'b', focused: false });
    const former = await join(one, tenant, { tab: 'a' });
    const popup = await tell(tenant, 'show');
    const again = await join(other, tenant, { tab: 'a' });
    await other.break(again);
    expect(await claimerOf(tenant, popup)).toBe(last.socket);
    await one.logOut(last);
    // A tab that was duplicated has two that live.
    expect(await claimerOf(tenant, popup)).toBe(former.socket);
  });

  it('of a client without a tab follows to the next one without, and the former hears of it', async () => {
    const tenant = newTenant();
    const former = await join(one, tenant);
    const popup = await tell(tenant, 'show');
    await join(other, tenant, { tab: 'a' });
    expect(await claimerOf(tenant, popup)).toBe(former.socket);
    const heard = await listen(tenant);
    const next = await join(other, tenant);
    expect(await claimerOf(tenant, popup)).toBe(next.socket);
    await sleepUntil(() => heard.length === 1);
    expect(heard).toMatchObject([{ to: next.socket, from: former.socket }]);
  });

  it('of a gateway that died passes on when that is noticed', async () => {
    const tenant = newTenant();
    const living = await join(one, tenant, { tab: 'a' });
    const dying = await openGateway(60);
    await join(dying, tenant, { tab: 'b' });
    const popup = await tell(tenant, 'show');
    await sleepUntil(async () => (await one.renewLeases()).dead.includes(dying.gateway));
    await one.renew(living);
    expect(await claimerOf(tenant, popup)).toBe(living.socket);
  });

  it.each(['hide', 'expire'] as const)('goes with its pop-up (%s)', async (end) => {
    const tenant = newTenant();
    const socket = await join(one, tenant);
    const event = incoming(tenant);
    const popup = popupOf(event, end === 'expire' ? { expiresAt: event.at - 1 } : {});
    await tell(tenant, 'show', popup);
    await tell(tenant, end === 'hide' ? 'hide' : 'update', popup);
    expect(await claimerOf(tenant, popup)).toBeUndefined();
    const ended = await tell(tenant, 'show', popupOf(event, { expiresAt: event.at - 1 }));
    await one.renew(socket);
    expect(await claimerOf(tenant, ended)).toBeUndefined();
  });

  it('of pop-ups that nobody hid do not pile up', async () => {
    const tenant = newTenant();
    await join(one, tenant);
    const event = incoming(tenant);
    for (let n = 0; n < 60; n++) await tell(tenant, 'show', popupOf(event, { expiresAt: event.at - 1 }));
    for (let n = 0; n < 61; n++) await tell(tenant, 'show', popupOf(event));
    const [claims, popups] = [test.names.claims(tenant, 'ana'), test.names.popups(tenant, 'ana')];
    expect((await test.redis.hkeys(claims)).toSorted()).toEqual((await test.redis.hkeys(popups)).toSorted());
    expect(await test.redis.hlen(claims)).toBe(50);
    expect(await test.redis.pttl(claims)).toBeGreaterThan(0);
  });
});

it('whoever joins, is looked at, breaks or leaves: each pop-up has one claimer as long as anybody is connected', async () => {
  const tenant = newTenant();
  const heard = await listen(tenant);
  let random = 11;
  const next = (below: number) => {
    random = (random * 48_271) % 2_147_483_647;
    return random % below;
  };
  const open: { gateway: SocketRegistry; socket: RegisteredSocket }[] = [];
  const standing: ReturnType<typeof popupOf>[] = [];
  const pick = <T>(from: T[]): T | undefined => from[next(from.length || 1)];
  const takeOut = <T>(from: T[]): T | undefined => from.splice(next(from.length || 1), 1)[0];

  const steps: (() => Promise<unknown>)[] = [
    async () => {
      const gateway = next(2) === 0 ? one : other;
      const socket = gateway.prepare({ tenant, user: 'ana' }, next(3) === 0 ? null : `tab-${next(4)}`);
      await gateway.join(socket, next(3) > 0);
      open.push({ gateway, socket });
    },
    async () => {
      const one = pick(open);
      await one?.gateway.focus(one.socket);
    },
    async () => {
      const one = takeOut(open);
      await one?.gateway.break(one.socket);
    },
    async () => {
      const one = takeOut(open);
      await one?.gateway.logOut(one.socket);
    },
    async () => {
      const one = pick(open);
      await one?.gateway.renew(one.socket);
    },
    async () => standing.push(await tell(tenant, 'show')),
    async () => {
      const popup = takeOut(standing);
      if (popup !== undefined) await tell(tenant, 'hide', popup);
    },
  ];
  for (let n = 0; n < 600; n++) {
    if (standing.length > 15) await steps.at(-1)?.();
    await steps[next(steps.length)]?.();
    const { claims } = await test.inbox.read(tenant, 'ana', null);
    expect([...claims.keys()].filter((id) => standing.every(({ popupId }) => popupId !== id))).toEqual([]);
    if (open.length === 0) continue;
    for (const { popupId } of standing)
      expect(open.map(({ socket }) => socket.socket)).toContain(claims.get(popupId));
  }
  // What was told along the way adds up to the same.
  const claims = new Map<string, string>();
  const { claims: written, seq } = await test.inbox.read(tenant, 'ana', null);
  const last = await tell(tenant, 'show');
  await sleepUntil(() => heard.some((told) => 'seq' in told && told.seq === seq + 1));
  for (const told of heard) {
    if ('popupId' in told) claims.set(told.popupId, told.to);
    else if (told.claim !== undefined) {
      const { data } = JSON.parse(told.body) as { data: { popupId: string } };
      claims.set(data.popupId, told.claim);
    }
  }
  for (const { popupId } of standing) expect(claims.get(popupId) ?? '').toBe(written.get(popupId) ?? '');
  expect(last.popupId).not.toBe('');
});
