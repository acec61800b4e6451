import { sleepUntil } from '@ramal/testkit';
import type { CallsVerdict } from './judge-calls.ts';
import { findForeign, findMissed, findWronglySkipped, type Stretch, toDuePopups } from './judge-popups.ts';
import type { AgentTab } from './agent-tab.ts';
import type { LedgerFaults } from './ledger-faults.ts';
import type { LedgerPerson } from './ledger-person.ts';
import type { LedgerAgent } from './ledger-tenants.ts';

/** The last pop-ups are on their way when the last callback is answered. */
const LAST_POPUPS_MS = 15_000;
/** A tab that a gateway happens to have cut comes back first. */
const SYNC_WITHIN_MS = 20_000;
const SYNCS_AT_ONCE = 10;

/**
 * Holds what the tabs show against what is stored.
 * @param blind when nothing could reach a tab, see `findMissed`
 * @returns how many pop-ups were due, counted once a tab
 */
export async function judgeShown(
  verdict: CallsVerdict,
  persons: readonly LedgerPerson[],
  faults: LedgerFaults,
  signal: AbortSignal,
  blind: readonly Stretch[] = [],
): Promise<number> {
  const tabsOf = new Map(persons.map(({ agent, tabs }) => [agent, tabs]));
  const duePopups = toDuePopups(verdict);
  await sleepUntil(() => signal.aborted || findMissed(duePopups, tabsOf, blind).missed.length === 0, {
    timeoutMs: LAST_POPUPS_MS,
    everyMs: 500,
  }).catch(() => undefined); // counted below
  signal.throwIfAborted();
  const { due, missed } = findMissed(duePopups, tabsOf, blind);
  for (const text of [...missed, ...findWronglySkipped(verdict, tabsOf)]) faults.note('missed', text);
  for (const text of findForeign(verdict, tabsOf)) faults.note('foreign', text);
  for (const { agent, heldTwice } of persons) {
    for (const popupId of heldTwice())
      faults.note('claimedTwice', `${agent.tenant}/${agent.user}: ${popupId}`);
  }
  return due;
}

/** At the very end each tab asks what stands: that must be what it shows. */
export async function compareStanding(persons: readonly LedgerPerson[], faults: LedgerFaults): Promise<void> {
  const tabs = persons.flatMap((person) => person.tabs.map((tab) => ({ tab, agent: person.agent })));
  // Not all at once: an answer that waits behind two hundred others tells of what stood a while ago.
  for (let first = 0; first < tabs.length; first += SYNCS_AT_ONCE) {
    const some = tabs.slice(first, first + SYNCS_AT_ONCE);
    await Promise.all(some.map(({ tab, agent }) => compareTab(tab, agent, faults)));
  }
}

async function compareTab(tab: AgentTab, agent: LedgerAgent, faults: LedgerFaults): Promise<void> {
  const { screen } = tab;
  const answer = await sleepUntil(() => tab.request('sync'), { timeoutMs: SYNC_WITHIN_MS, everyMs: 250 });
  const nowMs = Date.now();
  const standing = answer as Parameters<typeof screen.synced>[0];
  const ids = new Set(standing.popups.map(({ popupId }) => popupId));
  for (const [id, { over, expiresAt, kind, callId }] of screen.popups) {
    if (over !== null || expiresAt < nowMs + 1000 || ids.has(id)) continue;
    faults.note(
      'stale',
      `${agent.tenant}/${agent.user} ${tab.name}: ${kind} pop-up ${id} of ${callId}; ${ids.size} stand at the gateway`,
    );
  }
  screen.synced(standing, nowMs);
}
