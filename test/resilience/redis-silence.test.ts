import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type AgentClient,
  createTestDatabase,
  type FaultProxy,
  type ServerEvent,
  sleepUntil,
  startFaultProxy,
  startTestRedis,
} from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dial, peersSeen, waitForFinal, waitForPopup } from '../harness/agent-events.ts';
import { openTenant, type TestTenant } from '../harness/open-tenant.ts';
import { sendCallback } from '../harness/send-callback.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';

const SILENCE_MS = 20_000;
const CALL_EVERY_MS = 600;
const TOLD_WITHIN_MS = 5_000;

let system: TestStack;
/** Between the gateway and Redis; the other services have a good line. */
let line: FaultProxy;
let quiet: TestTenant;
let still: TestTenant;

beforeAll(async () => {
  const [redis, database] = await Promise.all([startTestRedis(), createTestDatabase()]);
  line = await startFaultProxy({ url: redis.url });
  system = await startTestStack({
    servers: {
      redisUrl: redis.url,
      databaseUrl: database.databaseUrl,
      stop: async () => {
        await line.stop();
        await Promise.all([redis.stop(), database.drop()]);
      },
    },
    env: { 'ws-gateway': { REDIS_URL: line.url } },
  });
  quiet = await openTenant(system, 'quiet', { agentCount: 2 });
  still = await openTenant(system, 'still');
  await quiet.openCti();
});
afterAll(async () => {
  await line?.heal();
  await quiet?.close();
  await still?.close();
  await system?.stop();
});

/** An agent of a test: one person, one or two tabs, and the calls that were told of them. */
interface Person {
  company: TestTenant;
  ramal: string;
  /** What their callers' numbers begin with: theirs alone. */
  prefix: string;
  tabs: AgentClient[];
  /** The numbers of calls that began and ended in the silence. */
  within: string[];
}

let lastCaller = 1_000;
const nextCaller = ({ prefix }: Person) => `${prefix}${(lastCaller += 1)}`;

async function tell({ company, ramal }: Person, kind: string, caller: string): Promise<void> {
  const base = `${system.dev.webhookUrl}/v1/cti/${company.callbackToken}`;
  const query = new URLSearchParams({ origem: caller, destino: ramal, id: caller, duracao: '2' });
  expect((await sendCallback(`${base}/${kind}?${query}`)).status).toBe(200);
}

async function playCall(person: Person): Promise<void> {
  const caller = nextCaller(person);
  for (const kind of ['incoming', 'answered', 'ended']) await tell(person, kind, caller);
  person.within.push(caller);
}

const statuses = (tab: AgentClient) =>
  tab.events.flatMap((event) => (event.op === 'cti.status' ? [event.data.state] : []));
/** `<op> <pop-up's kind> <caller>` of everything about calls and pop-ups. */
const heard = (events: readonly ServerEvent[]) =>
  events.flatMap((event) => {
    if (!('peer' in event.data)) return [];
    return [`${event.op} ${'kind' in event.data ? event.data.kind : '-'} ${event.data.peer.raw}`];
  });
const times = (tab: AgentClient, what: string) => heard(tab.events).filter((one) => one === what).length;
const seqsOf = (tab: AgentClient) => tab.events.flatMap(({ seq }) => seq ?? []);
const opsUrl = () => system.dev.services['ws-gateway']?.opsUrl ?? '';
const statusOf = async (path: string) => (await fetch(`${opsUrl()}${path}`)).status;

test('I5 cut off from Redis without a word for 20 s the gateway says so, and every event arrives once', async () => {
  const people: Person[] = [
    {
      company: quiet,
      ramal: '3501',
      prefix: '4791000',
      tabs: [await quiet.connect(), await quiet.connect()],
      within: [],
    },
    { company: quiet, ramal: '3502', prefix: '4792000', tabs: [await quiet.connect('agent-2')], within: [] },
    { company: still, ramal: '3501', prefix: '4793000', tabs: [await still.connect()], within: [] },
  ];
  const tabs = people.flatMap((person) => person.tabs);
  const closes: unknown[] = [];
  for (const tab of tabs) void tab.closed.then((close) => closes.push(close));
  const [ana, bruno] = people as [Person, Person];
  const [phone] = bruno.tabs as [AgentClient];

  // It rings before, and ends in the silence.
  const before = nextCaller(ana);
  await tell(ana, 'incoming', before);
  for (const tab of ana.tabs) await waitForPopup(tab, 'incoming');

  line.silence();
  const silentAt = performance.now();
  const told = tabs.map(async (tab) => {
    await tab.waitFor(
      ({ op, data }) => op === 'cti.status' && 'state' in data && data.state === 'unavailable',
      {
        timeoutMs: TOLD_WITHIN_MS,
      },
    );
    return performance.now() - silentAt;
  });
  // A click before anybody knows.
  const refused = expect(dial(phone, randomUUID(), '4732100901'))
    .rejects.toMatchObject({ code: 'unavailable' })
    .then(() => performance.now() - silentAt);
  const calls = Promise.all(
    people.map(async (person) => {
      while (performance.now() - silentAt < SILENCE_MS - 2_000) {
        await playCall(person);
        await delay(CALL_EVERY_MS);
      }
    }),
  );
  const refusedMs = Math.round(await refused);
  expect(refusedMs).toBeLessThan(5_000);
  const toldMs = Math.round(Math.max(...(await Promise.all(told))));

  await tell(ana, 'ended', before);
  expect([await statusOf('/healthz'), await statusOf('/readyz')]).toEqual([200, 503]);
  const intentId = randomUUID();
  await expect(dial(phone, intentId, '4732100902')).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
  });
  // Who comes now is sent away, and may come again.
  await expect(quiet.connect('agent-2')).rejects.toThrow(/unavailable|can’t do this|try again/);
  await calls;
  // It rings in the silence, and still does afterwards.
  const after = nextCaller(ana);
  await tell(ana, 'incoming', after);
  await sleepUntil(() => performance.now() - silentAt >= SILENCE_MS, { timeoutMs: SILENCE_MS });
  for (const tab of tabs) expect(statuses(tab)).toEqual(['unavailable']);

  await line.heal();
  const healedAt = performance.now();
  const isUpToDate = (tab: AgentClient, { within }: Person) =>
    within.every((caller) => times(tab, `call.ended - ${caller}`) > 0) && statuses(tab).at(-1) === 'ok';
  await sleepUntil(() => people.every((person) => person.tabs.every((tab) => isUpToDate(tab, person))), {
    timeoutMs: 30_000,
    describe: () => `all to be caught up: ${JSON.stringify(tabs.map(statuses))}`,
  });
  const caughtUpMs = Math.round(performance.now() - healedAt);
  await sleepUntil(async () => (await statusOf('/readyz')) === 200);

  // What was recorded after the repair comes live, and nothing of before comes after it.
  for (const person of people) await playCall(person);
  for (const { tabs: own, within } of people) {
    for (const tab of own) await sleepUntil(() => times(tab, `popup.show end ${within.at(-1)}`) > 0);
  }
  for (const { tabs: own, within, prefix } of people) {
    for (const tab of own) {
      const counts = within.flatMap((caller) =>
        ['call.created -', 'call.answered -', 'call.ended -', 'popup.hide incoming', 'popup.show end'].map(
          (what) => times(tab, `${what} ${caller}`),
        ),
      );
      expect(counts.filter((n) => n !== 1)).toEqual([]);
      const seqs = seqsOf(tab);
      expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
      // Of each call that was over at the repair two numbers are left out: its incoming pop-up's show and update.
      const last = within.length - 1;
      expect((seqs.at(-1) ?? 0) - (seqs[0] ?? 0) + 1 - seqs.length).toBe(2 * last);
      expect(within.slice(0, -1).filter((caller) => times(tab, `popup.show incoming ${caller}`) > 0)).toEqual(
        [],
      );
      expect(peersSeen(tab).filter((peer) => !peer.startsWith(prefix))).toEqual([]);
      expect(statuses(tab)).toEqual(['unavailable', 'ok']);
    }
  }
  for (const tab of ana.tabs) {
    expect(times(tab, `popup.show end ${before}`)).toBe(1);
    expect(times(tab, `popup.hide incoming ${before}`)).toBe(1);
    expect(times(tab, `popup.show incoming ${after}`)).toBe(1);
  }

  // The click again; the one that was given up is dialled by nobody.
  await dial(phone, intentId, '4732100902');
  expect(await waitForFinal(phone, intentId)).toMatchObject({ op: 'dial.accepted' });
  expect(quiet.originates().map(({ destination }) => destination)).toEqual(['4732100902']);

  // A line that is cut and stands again at once is healed without a word.
  line.reset();
  await playCall(ana);
  for (const tab of ana.tabs) await sleepUntil(() => times(tab, `popup.show end ${ana.within.at(-1)}`) === 1);
  for (const tab of tabs) {
    expect(await tab.request('ping')).toHaveProperty('ts');
    expect(statuses(tab)).toEqual(['unavailable', 'ok']);
  }
  expect(closes).toEqual([]);
  console.log(
    `Redis silent for ${SILENCE_MS / 1000} s: ${tabs.length} sockets told after ${toldMs} ms at most, a dial refused after ${refusedMs} ms, ` +
      `${people.reduce((n, { within }) => n + within.length, 0)} calls within, all caught up ${caughtUpMs} ms after the repair`,
  );
}, 60_000);
