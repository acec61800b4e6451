import { setTimeout as delay } from 'node:timers/promises';
import { withReleases } from '@ramal/devstack';
import {
  type CallbackSender,
  createCallbackSender,
  createRandom,
  type LedgerTenant,
  makePlan,
  seedLedgerTenants,
  type SentCallback,
  toLedgerTenants,
} from '@ramal/ledger';
import { sleepUntil } from '@ramal/testkit';
import type { FaultSystem } from '../src/fault-system.ts';
import { type RoundReport, toSpread } from '../src/round-report.ts';
import type { Row, RowContext } from '../src/run-rows.ts';

type PlannedCall = SentCallback['call'];

const CALLS_AT_FULL_SIZE = 11_000;
const LEAST_CALLS = 60;
const AT_ONCE = 40;
const SHUFFLED_WITHIN_MS = 400;
const KINDS = ['incoming', 'answered', 'ended', 'recording'];
const PATIENCE_MS = 120_000;

/** What a call is in the end, but for its ids and times. */
interface FinalState {
  direction: string;
  state: string;
  result: string | null;
  answered: boolean;
  durationSec: number | null;
  recording: string | null;
}

/**
 * I4: the same calls told twice over, to two companies that are the same but for their names: to one in order, each callback
 * once and after the one before it; to the other all at once, in any order, a tenth of them doubled.
 */
export const disorder: Row = {
  name: 'disorder',
  promise: 'duplicates and shuffled order: the same final state as the ordered run, of every call',
  play: playDisorder,
};

async function playDisorder(context: RowContext): Promise<RoundReport> {
  const { seed, scale, signal, log } = context;
  const startedMs = performance.now();
  const system = await context.system();
  return withReleases(context, async (releases) => {
    const calls = Math.max(LEAST_CALLS, Math.round(CALLS_AT_FULL_SIZE * scale));
    const [ordered, shuffled] = [
      await openCompany(system, seed, calls, 'ordered'),
      await openCompany(system, seed, calls, 'shuffled'),
    ];
    const sender = createCallbackSender(system.stack.dev.webhookUrls, true);
    releases.push(async () => sender.stop());
    const random = createRandom(seed + 1);
    await inLanes(ordered.calls, signal, (call) => tellInOrder(sender, call));
    await inLanes(shuffled.calls, signal, (call) => tellAnyhow(sender, call, random.next));
    log(`${calls} calls told twice over; waiting for the history`);
    const [first, second] = [
      await readFinals(system, ordered.tenant, ordered.calls.length),
      await readFinals(system, shuffled.tenant, shuffled.calls.length),
    ];
    const differing = [...first].filter(
      ([id, state]) => JSON.stringify(state) !== JSON.stringify(second.get(id)),
    );
    const examples = differing
      .slice(0, 10)
      .map(
        ([id, state]) =>
          `${id}: ${JSON.stringify(state)} in order, ${JSON.stringify(second.get(id))} shuffled`,
      );
    for (const example of examples) log(`✗ ${example}`);
    const counts = {
      differing: differing.length,
      missing: calls - first.size,
      stray: Math.max(0, second.size - first.size),
      non2xx: sender.counts.non2xx,
    };
    const wrong = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
    return {
      name: disorder.name,
      promise: disorder.promise,
      ok: Object.keys(wrong).length === 0,
      n: { callbacks: sender.counts.acknowledged, dials: 0, popupsDue: 0, sockets: 0 },
      wrong,
      non2xx: sender.counts.non2xx,
      answered: toSpread(sender.latenciesMs),
      figures: {},
      examples,
      seed,
      seconds: Math.round((performance.now() - startedMs) / 100) / 10,
    };
  });
}

/** One whose CTI tells ids, so that the calls of the two can be laid side by side. */
async function openCompany(
  system: FaultSystem,
  seed: number,
  calls: number,
  name: string,
): Promise<{ tenant: string; calls: PlannedCall[] }> {
  system.rounds.played += 1;
  const tenants = toLedgerTenants(calls, `-${name}-${system.rounds.played}`);
  const company = tenants.find(({ sendsIds }) => sendsIds) as LedgerTenant;
  const client = await system.pool.connect();
  await seedLedgerTenants(client, [company], 'http://127.0.0.1:1', 800_000 + system.rounds.played).finally(
    () => client.release(),
  );
  // Clicks are another row's: nobody is logged in here.
  const planned = makePlan({ calls: 2 * calls, seed, tenants: [company] }).calls;
  return { tenant: company.tenant, calls: planned.filter(({ shape }) => shape !== 'dial').slice(0, calls) };
}

async function inLanes(
  calls: readonly PlannedCall[],
  signal: AbortSignal,
  tell: (call: PlannedCall) => Promise<void>,
): Promise<void> {
  const left = [...calls];
  const work = async () => {
    for (let call = left.shift(); call !== undefined; call = left.shift()) {
      signal.throwIfAborted();
      await tell(call);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function tellInOrder(sender: CallbackSender, call: PlannedCall): Promise<void> {
  const inOrder = call.callbacks.toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  for (const callback of inOrder)
    await untilAnswered(sender, { call, callback, sentAtMs: null, acknowledged: 0 }, 1);
}

async function tellAnyhow(sender: CallbackSender, call: PlannedCall, random: () => number): Promise<void> {
  await Promise.all(
    call.callbacks.map(async (callback) => {
      const sent: SentCallback = { call, callback, sentAtMs: null, acknowledged: 0 };
      await delay(random() * SHUFFLED_WITHIN_MS);
      await untilAnswered(sender, sent, callback.copyDueMs === null ? 1 : 2);
    }),
  );
}

async function untilAnswered(sender: CallbackSender, sent: SentCallback, copies: number): Promise<void> {
  for (let copy = 0; copy < copies; copy++) sender.send(sent);
  await sleepUntil(() => sent.acknowledged >= copies, {
    timeoutMs: PATIENCE_MS,
    everyMs: 5,
    describe: 'a callback to be answered',
  });
}

async function readFinals(
  system: FaultSystem,
  tenant: string,
  expected: number,
): Promise<Map<string, FinalState>> {
  const read = async () => {
    const { rows } = await system.pool.query<FinalState & { id: string }>(
      `select external_call_id as id, direction, state, result, answered_at is not null as answered,
              duration_sec as "durationSec", recording
         from calls where tenant = $1`,
      [tenant],
    );
    return rows;
  };
  const told = async () => {
    const { rows } = await system.pool.query<{ n: number }>(
      'select count(*)::int as n from call_events where tenant = $1',
      [tenant],
    );
    return rows[0]?.n ?? 0;
  };
  let events = -1;
  let quiet = 0;
  await sleepUntil(
    async () => {
      const now = await told();
      quiet = now === events ? quiet + 1 : 0;
      events = now;
      return quiet >= 6 && (await read()).length >= expected;
    },
    { timeoutMs: PATIENCE_MS, everyMs: 250 },
  ).catch(() => undefined); // counted by who asked
  return new Map((await read()).map(({ id, ...state }) => [id, state]));
}
