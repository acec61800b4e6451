import type { AgentTab, LedgerAgent, LedgerFaults, LedgerTenant } from '@ramal/ledger';
import { sleepUntil } from '@ramal/testkit';
import type { FaultSystem } from './fault-system.ts';

/** A callback of the flood. */
export interface SentEnd {
  id: string;
  agent: LedgerAgent | null;
  acknowledged: boolean;
}

const STORED_WITHIN_MS = 60_000;
const SHOWN_WITHIN_MS = 20_000;

/**
 * Holds what a crowd's flood was acknowledged against what is stored and what its tabs show.
 * @returns how many pop-ups were due
 */
export async function judgeCrowd(context: {
  system: FaultSystem;
  tenant: LedgerTenant;
  sent: readonly SentEnd[];
  tabs: readonly AgentTab[];
  faults: LedgerFaults;
  signal: AbortSignal;
}): Promise<number> {
  const { system, tenant, sent, tabs, faults, signal } = context;
  const acknowledged = sent.filter((one) => one.acknowledged);
  const readStored = async () => {
    const { rows } = await system.pool.query<{ id: string; n: number; callId: string; skipped: boolean }>(
      `select event->>'externalCallId' as id, count(*)::int as n, min(call_id::text) as "callId",
              bool_or(event ? 'popupSkipped') as skipped
         from call_events where tenant = $1 and type = 'call.ended' group by 1`,
      [tenant.tenant],
    );
    return new Map(rows.map((row) => [row.id, row]));
  };
  let stored = await readStored();
  await sleepUntil(
    async () => {
      stored = await readStored();
      return signal.aborted || acknowledged.every(({ id }) => stored.has(id));
    },
    { timeoutMs: STORED_WITHIN_MS, everyMs: 500 },
  ).catch(() => undefined); // counted below
  signal.throwIfAborted();
  for (const { id } of acknowledged) if (!stored.has(id)) faults.note('lost', `the end of ${id}`);
  const known = new Set(sent.map(({ id }) => id));
  for (const { id, n } of stored.values()) {
    if (n > 1) faults.note('doubled', `the end of ${id} is stored ${n} times`);
    if (!known.has(id)) faults.note('stray', `the end of ${id}`);
  }
  const { rows } = await system.pool.query<{ id: string; n: number }>(
    `select external_call_id as id, count(*)::int as n from calls where tenant = $1 group by 1 having count(*) > 1`,
    [tenant.tenant],
  );
  for (const { id, n } of rows) faults.note('doubled', `${id} became ${n} calls`);

  const tabOf = new Map(tenant.agents.map((agent, i) => [agent, tabs[i]]));
  const due = acknowledged.flatMap(({ id, agent }) => {
    const row = stored.get(id);
    const tab = agent === null ? undefined : tabOf.get(agent);
    return row === undefined || row.skipped || tab === undefined ? [] : [{ id, tab, callId: row.callId }];
  });
  const shown = () => {
    const seen = new Map(
      tabs.map((tab) => [tab, new Set([...tab.screen.popups.values()].map((popup) => popup.callId))]),
    );
    return due.filter(({ tab, callId }) => seen.get(tab)?.has(callId) !== true);
  };
  await sleepUntil(() => signal.aborted || shown().length === 0, {
    timeoutMs: SHOWN_WITHIN_MS,
    everyMs: 500,
  }).catch(() => undefined); // counted below
  for (const { id } of shown()) faults.note('missed', `the end pop-up of ${id}`);
  return due.length;
}
