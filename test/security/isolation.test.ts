import { connectRedis } from '@ramal/bus';
import { createNames, escapeId } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import fc from 'fast-check';
import { afterAll, expect, test, vi } from 'vitest';
import { type SharedStack, useSharedStack } from '../harness/shared-stack.ts';
import { HOSTILE_PAIRS } from './hostile-tenants.ts';
import { play, type Step, steps } from './isolation-steps.ts';
import { type HostileTenant, openHostileTenant } from './open-hostile-tenant.ts';
import { readDatabase } from './read-database.ts';
import { type RedisCommands, readRedis } from './read-redis.ts';

// Seconds, and many on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

/** docs/fuzzing.md: more of them, and others. */
const RUNS = Number(process.env['RAMAL_ISOLATION_RUNS'] ?? HOSTILE_PAIRS.length);
const SEED = Number(process.env['RAMAL_ISOLATION_SEED'] ?? 20_261_125);

let system: SharedStack;
let redis: Awaited<ReturnType<typeof connectRedis>>;
/** All companies of all runs. */
const tenants: HostileTenant[] = [];

useSharedStack(async (shared) => {
  system = shared;
  const quiet = { warn: () => undefined, info: () => undefined };
  redis = await connectRedis({ url: system.dev.redisUrl, role: 'commands', name: 'isolation', log: quiet });
});
afterAll(() => {
  redis?.disconnect();
});

/** A name is free once: the next one who wants it gets it with a number behind. */
function toFreeName(name: string): string {
  let free = name;
  for (let i = 2; tenants.some(({ tenant }) => tenant === free); i++) free = `${name}${i}`;
  return free;
}

async function runOnce(names: readonly [string, string], plan: readonly Step[]): Promise<void> {
  const pair: HostileTenant[] = [];
  for (const name of names) {
    const opened = await openHostileTenant(system, toFreeName(name), `mark-${tenants.length}-`);
    pair.push(opened);
    tenants.push(opened);
  }
  const [one, other] = pair;
  if (one === undefined || other === undefined) throw new Error('two companies are needed');
  try {
    for (const step of plan) await play(step, [one, other]);
    for (const { agents, seen, frames } of pair) {
      // What is told to an agent before this answer has arrived with it.
      for (const agent of agents) seen.push(JSON.stringify(await agent.request('sync')));
      seen.push(frames());
    }
    expectApart(one, other);
    expectApart(other, one);
  } finally {
    await Promise.all(pair.map((tenant) => tenant.close()));
  }
}

/** Nothing that came by a credential of `own` is the other's. */
function expectApart(own: HostileTenant, other: HostileTenant): void {
  const traces = [other.mark, ...other.callIds];
  for (const text of own.seen) {
    const found = traces.find((trace) => text.includes(trace));
    if (found !== undefined) {
      throw new Error(
        `${JSON.stringify(own.tenant)} was shown ${found} of ${JSON.stringify(other.tenant)}: ${text.slice(0, 2000)}`,
      );
    }
  }
}

test(`I6 nothing of one company reaches another one, whatever their names are: ${RUNS} runs, seed ${SEED}`, async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const names = HOSTILE_PAIRS[run % HOSTILE_PAIRS.length] ?? ['a', 'b'];
      run += 1;
      await runOnce(names, plan);
    }),
    // Names are used up: a smaller plan would meet other ones.
    { seed: SEED, numRuns: RUNS, endOnFailure: true },
  );
  // The runs were about something.
  const all = tenants.map(({ seen }) => seen.join('\n'));
  expect(tenants.length).toBe(2 * RUNS);
  expect(all.filter((text, i) => text.includes(tenants[i]?.mark ?? '')).length).toBeGreaterThan(RUNS);
}, 600_000);

test('I6 no row is a company’s that holds something of another one', async () => {
  await sleepUntil(
    async () => {
      const rows = await system.history.query<{ tenant: string }>('select distinct tenant from calls');
      const stored = new Set(rows.map(({ tenant }) => tenant));
      return tenants.every(({ tenant, callIds }) => callIds.size === 0 || stored.has(tenant));
    },
    { timeoutMs: 60_000, describe: 'calls of every company' },
  );
  let rowsSeen = 0;
  for (const { table, column } of await readDatabase(system.history)) {
    if (column !== 'tenant') continue;
    const rows = await system.history.query<{ tenant: string | null; row: string }>(
      `select tenant, to_jsonb(t)::text as row from "${table}" t`,
    );
    rowsSeen += rows.length;
    for (const { tenant, row } of rows) {
      const foreign = findForeign(row, tenant);
      expect(foreign, `${table} of ${tenant}: ${row}`).toBeUndefined();
    }
  }
  expect(rowsSeen).toBeGreaterThan(10 * RUNS);
});

test('I6 no key is a company’s that holds something of another one', async () => {
  const names = createNames();
  const places = await readRedis(redis as unknown as RedisCommands);
  let own = 0;
  for (const { tenant } of tenants) {
    const partition = `ramal:{p${names.partitionOf(tenant)}}:`;
    const isOwn = new RegExp(`^${escapeRegExp(partition)}[a-z]+:${escapeRegExp(escapeId(tenant))}(?::|$)`);
    for (const { key, text } of places.filter((place) => isOwn.test(place.key))) {
      own += 1;
      expect(findForeign(text, tenant), `${key}: ${text}`).toBeUndefined();
    }
  }
  expect(own).toBeGreaterThan(5 * RUNS);
  // And what holds something of a company is its own, or shared by all.
  for (const { key, text } of places) {
    const owner = tenants.find(({ mark }) => text.includes(mark));
    if (owner === undefined || /^ramal:\{p\d+\}:events$/.test(key)) continue;
    expect(key).toContain(`:${escapeId(owner.tenant)}:`);
  }
});

test('I6 no label of a metric names a company, a user or a call', async () => {
  for (const [name, { opsUrl }] of Object.entries(system.dev.services)) {
    if (name === 'simulator') continue;
    const page = await (await fetch(`${opsUrl}/metrics`)).text();
    expect(page).toContain('ramal_');
    expect(page).not.toMatch(/\b(?:tenant|user|call_?id|empresa)="/);
    expect(page).not.toContain('mark-');
  }
});

/** Something of a company in a text that is another one's. */
function findForeign(text: string, tenant: string | null): string | undefined {
  return tenants.find((other) => other.tenant !== tenant && text.includes(other.mark))?.mark;
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
