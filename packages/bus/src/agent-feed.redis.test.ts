import { sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commitOf, incoming, message, newTenant, openTestBus, type TestBus } from '../test/open-test-bus.ts';
import { type AgentFeed, createAgentFeed, type FeedMessage } from './agent-feed.ts';

let test: TestBus;
let feed: AgentFeed;
beforeAll(async () => {
  test = await openTestBus();
  feed = createAgentFeed(await test.connect('subscriber'), test.names);
});
afterAll(() => test.close());

const tell = (tenant: string, n: number, user = 'ana') =>
  test.bus.commit(commitOf(incoming(tenant), [], { deliveries: [{ user, messages: [message(n)] }] }));

it('I5 brings what is put into an agent’s inbox, as it is stored there', async () => {
  const tenant = newTenant();
  const entries: FeedMessage[] = [];
  await feed.subscribe(tenant, 'ana', (messages) => entries.push(...messages));
  for (let n = 1; n <= 3; n++) await tell(tenant, n);
  await sleepUntil(() => entries.length === 3);
  const page = await test.inbox.read(tenant, 'ana', 0);
  expect(entries).toEqual(page.entries.map((entry) => ({ ...entry, epoch: page.epoch })));
});

it('brings together, in their order, what one step told an agent', async () => {
  const tenant = newTenant();
  const heard: FeedMessage[][] = [];
  await feed.subscribe(tenant, 'ana', (messages) => heard.push([...messages]));
  await tell(tenant, 1);
  const messages = [message(2), message(3), message(4)];
  await test.bus.commit(commitOf(incoming(tenant), [], { deliveries: [{ user: 'ana', messages }] }));
  await sleepUntil(() => heard.length === 2);
  const { epoch, entries } = await test.inbox.read(tenant, 'ana', 1);
  expect(entries.map(({ seq }) => seq)).toEqual([2, 3, 4]);
  expect(heard[1]).toEqual(entries.map((entry) => ({ ...entry, epoch })));
});

it('I6 brings no other agent’s, nor those of one who left', async () => {
  const [a, b] = [newTenant(), newTenant()];
  const heard: string[] = [];
  const listen = (tenant: string, user: string) =>
    feed.subscribe(tenant, user, () => heard.push(`${tenant === a ? 'a' : 'b'}:${user}`));
  await Promise.all([listen(a, 'ana'), listen(a, 'bruno'), listen(b, 'ana')]);
  await feed.unsubscribe(a, 'ana');
  await tell(a, 1, 'ana');
  await tell(a, 2, 'clara');
  await tell(b, 3, 'ana');
  // The last one is the sentinel: what it overtook would have come first.
  await tell(a, 4, 'bruno');
  await sleepUntil(() => heard.includes('a:bruno'));
  expect(heard).toEqual(['b:ana', 'a:bruno']);
});

it('leaving and joining at once ends joined', async () => {
  const tenant = newTenant();
  const heard: string[] = [];
  await feed.subscribe(tenant, 'ana', () => heard.push('old'));
  const left = feed.unsubscribe(tenant, 'ana');
  await Promise.all([left, feed.subscribe(tenant, 'ana', () => heard.push('new'))]);
  await tell(tenant, 1);
  await sleepUntil(() => heard.length > 0);
  expect(heard).toEqual(['new']);
});

it('shrugs at what is no entry', async () => {
  const tenant = newTenant();
  const entries: FeedMessage[] = [];
  await feed.subscribe(tenant, 'ana', (messages) => entries.push(...messages));
  const channel = test.names.agentChannel(tenant, 'ana');
  const broken = ['', 'x', 'e 1', 'e one {}', '{}', 'e 1 x', 'e 1 x y {}', 'claim p a', 'claim p a b now'];
  for (const garbage of broken) await test.redis.spublish(channel, garbage);
  await test.redis.spublish(channel, 'e 7 {"op":"a b"}\nx\ne 8 {}\n');
  await sleepUntil(() => entries.length > 0);
  expect(entries).toEqual([
    { epoch: 'e', seq: 7, body: '{"op":"a b"}' },
    { epoch: 'e', seq: 8, body: '{}' },
  ]);
});

it('after Redis was away it says that something may have been missed, and hears again', async () => {
  const tenant = newTenant();
  const heard: number[] = [];
  let restored = 0;
  feed.onReconnected(() => {
    void feed.resubscribe().then(() => {
      restored += 1;
    });
  });
  await feed.subscribe(tenant, 'ana', ([message]) =>
    heard.push(message !== undefined && 'seq' in message ? message.seq : -1),
  );
  await tell(tenant, 1);
  await sleepUntil(() => heard.length === 1);
  expect(restored).toBe(0);

  await test.server.restart();
  await sleepUntil(() => restored === 1);
  // By now the subscription stands: nothing told from here on is missed.
  const last = await sleepUntil(async () => {
    await tell(tenant, 2);
    return (await test.inbox.read(tenant, 'ana', null)).seq;
  });
  await sleepUntil(() => heard.at(-1) === last);
  expect(restored).toBe(1);
});

it('resubscribing finds every subscription that was lost, and none of those who left', async () => {
  const subscriber = await test.connect('subscriber');
  const forgetful = createAgentFeed(subscriber, test.names);
  const tenant = newTenant();
  const heard: string[] = [];
  // More than go into one batch.
  const users = Array.from({ length: 600 }, (_, n) => `agent-${n}`);
  await Promise.all(users.map((user) => forgetful.subscribe(tenant, user, () => heard.push(user))));
  await forgetful.unsubscribe(tenant, 'agent-3');
  for (const user of users) await subscriber.sunsubscribe(test.names.agentChannel(tenant, user));
  await tell(tenant, 1, 'agent-1');

  await forgetful.resubscribe();
  for (const user of ['agent-2', 'agent-3', 'agent-599']) await tell(tenant, 1, user);
  await sleepUntil(() => heard.includes('agent-599'));
  expect(heard).toEqual(['agent-2', 'agent-599']);
  expect(await test.redis.call('PUBSUB', 'SHARDNUMSUB', test.names.agentChannel(tenant, 'agent-3'))).toEqual([
    test.names.agentChannel(tenant, 'agent-3'),
    0,
  ]);
});

it('brings who claims a pop-up with it, and that a claim passed', async () => {
  const tenant = newTenant();
  const heard: FeedMessage[] = [];
  await feed.subscribe(tenant, 'ana', (messages) => heard.push(...messages));
  const channel = test.names.agentChannel(tenant, 'ana');
  for (const text of ['e 1 g:1 {"op":"a b"}', 'e 2 ~ {}', 'claim p g:1 h:2 1795380273441', 'claim p g:1 ~ 7'])
    await test.redis.spublish(channel, text);
  await sleepUntil(() => heard.length === 4);
  expect(heard).toEqual([
    { epoch: 'e', seq: 1, claim: 'g:1', body: '{"op":"a b"}' },
    { epoch: 'e', seq: 2, claim: '', body: '{}' },
    { popupId: 'p', to: 'g:1', from: 'h:2', atMs: 1795380273441 },
    { popupId: 'p', to: 'g:1', from: '', atMs: 7 },
  ]);
});
