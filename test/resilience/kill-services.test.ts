import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceName } from '@ramal/devstack';
import { sleepUntil } from '@ramal/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTenant, type TestTenant } from '../harness/open-tenant.ts';
import { startTestStack, type TestStack } from '../harness/start-test-stack.ts';
import { type CtiCaller, createCtiCaller } from './cti-caller.ts';
import { type SteadyAgent, startSteadyAgent } from './steady-agent.ts';

/** So many that none of them ever has 50 live pop-ups, where the oldest ones go. */
const AGENTS = 12;
/** History first: what its dead worker held is taken over after 13 s, while the rest goes on. */
const KILLS: readonly ServiceName[] = ['history', 'dialer', 'webhook', 'ws-gateway', 'api'];
const KILL_EVERY_MS = 800;
const CALL_EVERY_MS = 120;
const DIAL_EVERY_MS = 240;

let system: TestStack;
let company: TestTenant;
let agents: SteadyAgent[] = [];

beforeAll(async () => {
  system = await startTestStack({ env: { history: { HISTORY_RECLAIM_AFTER_MS: '13000' } } });
  company = await openTenant(system, 'steady', {
    agentCount: AGENTS,
    // They click as often as an agent may, and as nobody does.
    settings: { dialLimits: { agentPerMinute: 1000, tenantPerMinute: 10_000 } },
  });
  // Slow enough that a killed dialer leaves requests under way.
  company.simulator.behave({ answerDelayMs: 150 });
  await company.openCti();
  agents = await Promise.all(company.agents.map(({ user }) => startSteadyAgent(company, user)));
});
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await company?.close();
  await system?.stop();
});

/** Starts `work` at a steady rate until `until` settles; resolves when all of it is done. */
async function steadily(everyMs: number, until: Promise<unknown>, work: (n: number) => Promise<void>) {
  let going = true;
  void until.finally(() => {
    going = false;
  });
  const all: Promise<void>[] = [];
  for (let n = 0; going; n++) {
    all.push(work(n));
    await delay(everyMs);
  }
  await Promise.all(all);
  return all.length;
}

async function killInTurn(): Promise<void> {
  for (const name of KILLS) {
    await delay(KILL_EVERY_MS);
    system.stack.kill(name, 'SIGKILL');
    await system.stack.restartOf(name);
  }
  await delay(KILL_EVERY_MS);
}

/** An incoming call, told by its three callbacks. */
async function playCall(cti: CtiCaller, n: number): Promise<void> {
  const variables = { origem: String(47_910_000_000 + n), destino: String(3501 + (n % AGENTS)) };
  const id = randomUUID();
  await cti.send('incoming', id, variables);
  await cti.send('answered', id, variables);
  await cti.send('ended', id, { ...variables, duracao: '5' });
}

/** Dials by the agent's page, or by the CRM's server; resolves once acknowledged. */
async function placeDial(intents: Map<string, string>, n: number): Promise<void> {
  const [intentId, to] = [randomUUID(), String(47_920_000_000 + n)];
  const agent = agents[n % AGENTS];
  if (n % 5 !== 0) {
    await agent?.dial(intentId, to);
  } else {
    const ask = () => system.api('POST', '/v1/calls', { tenant: 'steady', user: agent?.user, to, intentId });
    const { status } = await sleepUntil(
      async () => {
        const answer = await ask();
        return answer.status < 500 ? answer : undefined;
      },
      { timeoutMs: 30_000, everyMs: 100, describe: 'the api to answer' },
    );
    expect(status).toBe(202);
  }
  intents.set(intentId, to);
}

const countBy = (values: readonly string[]) => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};

test('I1 I2 I3 I5 kill -9 of every service in turn loses, doubles and re-dials nothing', async () => {
  const cti = createCtiCaller(`${system.dev.webhookUrl}/v1/cti/${company.callbackToken}`);
  const intents = new Map<string, string>();
  const killing = killInTurn();
  const [calls, dials] = await Promise.all([
    steadily(CALL_EVERY_MS, killing, (n) => playCall(cti, n)),
    steadily(DIAL_EVERY_MS, killing, (n) => placeDial(intents, n)),
    killing,
  ]);

  // I3: every acknowledged callback is stored exactly once, in one call by its id.
  const storedCallbacks = async () => {
    const rows = await system.history.query<{ fact: string }>(
      `select (event->>'externalCallId') || ' ' || replace(type, 'call.', '') as fact
         from call_events where event->>'externalCallId' is not null`,
    );
    return rows.map(({ fact }) => fact);
  };
  await sleepUntil(async () => new Set(await storedCallbacks()).size >= cti.acknowledged.size, {
    timeoutMs: 30_000,
    everyMs: 250,
    describe: 'all acknowledged callbacks in PostgreSQL',
  });
  // I1, I2: every acknowledged dial has its final state, and only one.
  const finalsOf = async () => {
    const rows = await system.history.query<{ intent: string; type: string; late: boolean }>(
      `select event->>'intentId' as intent, type, at - started_at > interval '20 s' as late from call_events
        where type in ('dial.accepted', 'dial.failed', 'dial.expired', 'dial.uncertain', 'dial.canceled')`,
    );
    return rows;
  };
  await sleepUntil(async () => new Set((await finalsOf()).map(({ intent }) => intent)).size >= intents.size, {
    timeoutMs: 30_000,
    everyMs: 250,
    describe: 'a final state of every dial',
  });

  const stored = await storedCallbacks();
  const lost = [...cti.acknowledged].filter((fact) => !stored.includes(fact));
  const doubled = Object.entries(countBy(stored)).filter(([, n]) => n > 1);
  const externalIds = (await system.history.calls({ tenant: 'steady' })).flatMap(
    ({ external_call_id: id }) => id ?? [],
  );
  expect({ lost, doubled, refused: cti.refusals }).toEqual({ lost: [], doubled: [], refused: [] });
  expect(externalIds).toHaveLength(calls);
  expect(new Set(externalIds).size).toBe(calls);

  const finals = await finalsOf();
  const finalCounts = countBy(finals.map(({ intent }) => intent));
  expect([...intents.keys()].filter((intent) => finalCounts[intent] !== 1)).toEqual([]);
  expect(finals.filter(({ late }) => late)).toEqual([]);
  const requests = countBy(company.originates().map(({ destination }) => destination ?? ''));
  expect(Object.entries(requests).filter(([, n]) => n > 1)).toEqual([]);
  const accepted = new Set(finals.filter(({ type }) => type === 'dial.accepted').map(({ intent }) => intent));
  expect([...intents].filter(([intent, to]) => accepted.has(intent) && requests[to] !== 1)).toEqual([]);

  // I5: whoever was logged in saw the end pop-up of each of their calls, once; no event came twice.
  const ended = await system.history.query<{ call_id: string; user: string }>(
    `select distinct call_id, event->>'user' as user from call_events
      where type = 'call.ended' and event->>'user' is not null and event->>'popupSkipped' is null`,
  );
  const skipped = await system.history.query(
    "select event->>'popupSkipped' from call_events where event ? 'popupSkipped'",
  );
  expect(skipped).toEqual([]);
  const popups = { shown: 0, missed: [] as string[], twice: [] as string[] };
  for (const agent of agents) {
    const own = ended.filter(({ user }) => user === agent.user).map(({ call_id: id }) => id);
    const shows = () =>
      countBy(
        agent
          .events()
          .flatMap((event) => (event.op === 'popup.show' ? [`${event.data.kind} ${event.data.callId}`] : [])),
      );
    await sleepUntil(() => own.every((id) => shows()[`end ${id}`]), {
      describe: 'the last end pop-ups',
    }).catch(
      () => undefined, // counted below
    );
    popups.missed.push(...own.filter((id) => shows()[`end ${id}`] === undefined));
    popups.twice.push(...Object.entries(shows()).flatMap(([what, n]) => (n > 1 ? [what] : [])));
    popups.shown += own.length;
    const seqs = agent.events().flatMap(({ seq }) => seq ?? []);
    expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
    expect(agent.stats).toEqual({ reconnects: 1, lost: 0 });
  }
  expect(popups).toMatchObject({ missed: [], twice: [] });

  console.log(
    `killed ${KILLS.join(', ')}: ${cti.acknowledged.size} callbacks acknowledged (${JSON.stringify(Object.fromEntries(cti.others))} retried), 0 lost, 0 doubled; ` +
      `${intents.size} of ${dials} dials acknowledged, finals ${JSON.stringify(countBy(finals.map(({ type }) => type)))}, 0 dialled twice; ` +
      `${popups.shown} end pop-ups, 0 missed, 0 twice`,
  );
}, 400_000);
