import type { CallEvent, PopupKind } from '@ramal/contracts';
import type { AgentTab } from './agent-tab.ts';
import { type CallsVerdict, toName } from './judge-calls.ts';
import type { LedgerAgent } from './ledger-tenants.ts';
import type { PlannedCall } from './plan.ts';

/** A pop-up that one agent had to be shown, and for how long it stood: epoch ms. */
export interface DuePopup {
  call: PlannedCall;
  callId: string;
  kind: PopupKind;
  agent: LedgerAgent;
  fromMs: number;
  toMs: number;
}

/** A tab that shows. */
export type ShowingTab = Pick<AgentTab, 'name' | 'connected' | 'screen'>;

/** Everybody's tabs, by agent. */
export type TabsOf = ReadonlyMap<LedgerAgent, readonly ShowingTab[]>;

/** The least that any pop-up may be shown for, but for a dial that failed. */
const SHORTEST_LIFE_MS = 120_000;
/**
 * A tab has to show what stood for this long while it was connected. What was over sooner may be left out where the tab
 * had to read its inbox anew, so that nothing that is over is shown (I5).
 */
const NOTICEABLE_MS = 1500;

/**
 * What PostgreSQL says was due (R44, R45, R46): an end pop-up for each agent of a call whose end is stored without
 * `popupSkipped`, an incoming one where the ringing was the first that was known, a start one for each dial.
 */
export function toDuePopups({ callIds, eventsOf }: CallsVerdict): DuePopup[] {
  const due: DuePopup[] = [];
  for (const [call, ids] of callIds) {
    for (const callId of ids) {
      const events = eventsOf.get(callId) ?? [];
      const ended = events.find((event) => event.type === 'call.ended');
      const endedMs = ended?.at ?? Number.POSITIVE_INFINITY;
      const add = (kind: PopupKind, agent: LedgerAgent, fromMs: number, toMs: number) =>
        due.push({ call, callId, kind, agent, fromMs, toMs: Math.min(toMs, fromMs + SHORTEST_LIFE_MS) });
      if (ended?.type === 'call.ended' && ended.popupSkipped === undefined) {
        for (const agent of call.agents)
          add('end', agent, endedMs, dismissedAt(events, callId, agent, endedMs));
      }
      const callee = call.agents[0];
      const rang = call.shape === 'dial' || call.shape === 'outbound' ? undefined : toRinging(events);
      if (rang !== undefined && callee !== undefined) add('incoming', callee, rang.at, endedMs);
      const requested = events.find((event) => event.type === 'call.requested');
      if (requested !== undefined && callee !== undefined) add('start', callee, requested.at, endedMs);
    }
  }
  return due;
}

/** The first that was known of the call, where that says that it rings or was taken. */
function toRinging(events: readonly CallEvent[]): CallEvent | undefined {
  const [first] = events;
  if (first?.type !== 'call.incoming' && first?.type !== 'call.answered') return undefined;
  // Which of two facts of one millisecond came first nobody can tell.
  return events.some((event) => event.type === 'call.ended' && event.at === first.at) ? undefined : first;
}

/** Only end pop-ups are closed in a run. */
function dismissedAt(
  events: readonly CallEvent[],
  callId: string,
  agent: LedgerAgent,
  afterMs: number,
): number {
  const found = events.find(
    (event) => event.type === 'popup.dismissed' && event.user === agent.user && event.at >= afterMs,
  );
  return found?.callId === callId ? found.at : Number.POSITIVE_INFINITY;
}

export interface PopupsVerdict {
  /** Pop-ups that a tab had to show, counted once a tab. */
  due: number;
  missed: string[];
}

/** A stretch of time, epoch ms. */
export interface Stretch {
  fromMs: number;
  toMs: number;
}

/**
 * Holds what was due against what each tab showed.
 * @param blind when nothing could reach a tab although it was connected, as while its gateway was cut off from Redis: what
 * was over before the end of such a time is due to nobody
 */
export function findMissed(
  duePopups: readonly DuePopup[],
  tabsOf: TabsOf,
  blind: readonly Stretch[] = [],
): PopupsVerdict {
  const shown = new Map<ShowingTab, Set<string>>();
  for (const tab of [...tabsOf.values()].flat()) {
    shown.set(tab, new Set([...tab.screen.popups.values()].map(({ kind, callId }) => `${kind} ${callId}`)));
  }
  let due = 0;
  const missed: string[] = [];
  for (const popup of duePopups) {
    for (const tab of tabsOf.get(popup.agent) ?? []) {
      if (longestMeeting(popup, withoutBlind(tab.connected, blind)) < NOTICEABLE_MS) continue;
      due += 1;
      if (shown.get(tab)?.has(`${popup.kind} ${popup.callId}`) === true) continue;
      missed.push(toMissedText(popup, tab));
    }
  }
  return { due, missed };
}

/** What is left of the times in which a tab was connected. */
function withoutBlind(connected: readonly Stretch[], blind: readonly Stretch[]): readonly Stretch[] {
  return blind.reduce<readonly Stretch[]>(
    (left, dark) =>
      left.flatMap(({ fromMs, toMs }) => [
        { fromMs, toMs: Math.min(toMs, dark.fromMs) },
        { fromMs: Math.max(fromMs, dark.toMs), toMs },
      ]),
    connected,
  );
}

/** The longest stretch in which the pop-up stood and the tab was connected. */
function longestMeeting({ fromMs, toMs }: DuePopup, connected: readonly Stretch[]): number {
  const nowMs = Date.now();
  return Math.max(
    0,
    ...connected.map((time) => Math.min(toMs, time.toMs, nowMs) - Math.max(fromMs, time.fromMs)),
  );
}

/**
 * Ends that were stored as seen by nobody although one of the agents was connected all the while (R44).
 * @returns one line each
 */
export function findWronglySkipped({ callIds, eventsOf }: CallsVerdict, tabsOf: TabsOf): string[] {
  return [...callIds].flatMap(([call, ids]) =>
    [...ids].flatMap((callId) => {
      const ended = eventsOf.get(callId)?.find((event) => event.type === 'call.ended');
      if (ended?.type !== 'call.ended' || ended.popupSkipped === undefined) return [];
      const wasThere = call.agents.some((agent) =>
        (tabsOf.get(agent) ?? []).some(({ connected }) =>
          connected.some(({ fromMs, toMs }) => fromMs < ended.at - NOTICEABLE_MS && toMs > ended.at),
        ),
      );
      return wasThere ? [`end of ${toName(call)}, ${callId}: ${ended.popupSkipped}, and yet logged in`] : [];
    }),
  );
}

/** What a tab was told of calls that are not its agent's (I6). @returns one line each */
export function findForeign({ plannedOf }: CallsVerdict, tabsOf: TabsOf): string[] {
  return [...tabsOf].flatMap(([agent, tabs]) =>
    tabs.flatMap((tab) =>
      [...tab.screen.callIds]
        .filter((callId) => ![...(plannedOf.get(callId) ?? [])].some(({ agents }) => agents.includes(agent)))
        .map((callId) => `${agent.tenant}/${agent.user} was told of ${callId}`),
    ),
  );
}

function toMissedText(popup: DuePopup, tab: ShowingTab): string {
  const { kind, call, callId, agent, fromMs, toMs } = popup;
  const clock = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString().slice(14, 23) : 'now');
  const near = tab.connected
    .filter((time) => time.toMs > fromMs - 5000 && time.fromMs < toMs + 5000)
    .map((time) => `${clock(time.fromMs)}-${clock(time.toMs)}`);
  return (
    `${kind} pop-up of ${toName(call)}, ${callId}, for ${agent.user} in ${tab.name}: ` +
    `stood ${clock(fromMs)}-${clock(toMs)}, connected ${near.join(', ')}`
  );
}
