import type { AgentInbox, CallBus } from '@ramal/bus';
import type { CallEvent } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import { listCallTraces, listStoredEvents, type Queryable, type StoredTrace } from '@ramal/store';
import type { CallRecord } from './build-timeline.ts';
import type { Events } from './events.ts';

/**
 * All that is known of a tenant's call: facts, live and stored, and what the flight recorder noted. One of Redis and
 * PostgreSQL is enough; without the latter there are no traces.
 * @throws WireError not_found; the source's own error when what is left may not be the whole
 */
export type ReadRecord = (tenant: string, callId: string) => Promise<CallRecord>;

export function createReadRecord(options: {
  historyOf(tenant: string): Promise<Queryable>;
  bus: CallBus;
  inbox: Pick<AgentInbox, 'findPopup'>;
  events: Events;
}): ReadRecord {
  const { historyOf, bus, inbox, events } = options;

  /** A history that was migrated by an older version has no traces. */
  const readTraces = async (tenant: string, callId: string): Promise<StoredTrace[]> =>
    listCallTraces(await historyOf(tenant), tenant, callId).catch((error: unknown) => {
      events.sourceSkipped({ source: 'traces', error });
      return [];
    });

  const findStanding = async (
    tenant: string,
    traces: readonly StoredTrace[],
    nowMs: number,
  ): Promise<ReadonlySet<string>> => {
    const ids = new Map(
      traces.flatMap(({ user, popupId }) =>
        user === undefined || popupId === undefined ? [] : [[popupId, user] as const],
      ),
    );
    const found = await Promise.all(
      Array.from(ids, async ([popupId, user]) => {
        const popup = await inbox.findPopup(tenant, user, popupId);
        return popup !== null && popup.expiresAt > nowMs ? [popupId] : [];
      }),
    );
    return new Set(found.flat());
  };

  return async (tenant, callId) => {
    const [live, stored, noted] = await Promise.allSettled([
      bus.view({ tenant, callId }),
      historyOf(tenant).then((store) => listStoredEvents(store, tenant, callId)),
      readTraces(tenant, callId),
    ]);
    const known = new Map<string, { event: CallEvent; storedAtMs: number | null }>();
    const liveCalls = live.status === 'fulfilled' ? live.value.calls : [];
    for (const event of liveCalls.flatMap((call) => call.events))
      known.set(event.eventId, { event, storedAtMs: null });
    if (stored.status === 'fulfilled') for (const one of stored.value) known.set(one.event.eventId, one);
    for (const [source, result] of [
      ['redis', live],
      ['postgres', stored],
    ] as const) {
      if (result.status === 'fulfilled') continue;
      if (known.size === 0) throw result.reason;
      events.sourceSkipped({ source, error: result.reason });
    }
    if (known.size === 0) throw new WireError('not_found', 'no such call');
    const traces = noted.status === 'fulfilled' ? noted.value : [];
    const nowMs = live.status === 'fulfilled' ? live.value.nowMs : Date.now();
    const standing = await findStanding(tenant, traces, nowMs).catch(() => null);
    return { callId, events: [...known.values()], traces, standing, nowMs };
  };
}
