import type { CallBus } from '@ramal/bus';
import { reduceCall, toLegs, toLegView } from '@ramal/calls';
import type { CallEvent, CallView, HistoryCall } from '@ramal/contracts';
import { WireError } from '@ramal/runtime';
import { listCallEvents, type Queryable } from '@ramal/store';
import type { Events } from './events.ts';

/**
 * All facts known about a tenant's call, by time: the live ones together with the stored ones, because a
 * dial that was just answered is not in the history yet. One of the two sources is enough.
 * @throws WireError not_found; the source's own error when what is left may not be the whole
 */
export type ReadCallEvents = (tenant: string, callId: string) => Promise<CallEvent[]>;

export function createReadCallEvents(options: {
  historyOf(tenant: string): Promise<Queryable>;
  bus: CallBus;
  events: Events;
}): ReadCallEvents {
  const { historyOf, bus, events } = options;
  return async (tenant, callId) => {
    const [live, stored] = await Promise.allSettled([
      bus.view({ tenant, callId }).then((view) => view.calls.flatMap((call) => call.events)),
      historyOf(tenant).then((store) => listCallEvents(store, tenant, callId)),
    ]);
    const failed = [live, stored].find((source) => source.status === 'rejected');
    const known = [live, stored].flatMap((source) => (source.status === 'fulfilled' ? source.value : []));
    if (failed !== undefined) {
      if (known.length === 0) throw failed.reason;
      events.sourceSkipped({ source: failed === live ? 'redis' : 'postgres', error: failed.reason });
    }
    if (known.length === 0) throw new WireError('not_found', 'no such call');
    const byId = new Map(known.map((event) => [event.eventId, event]));
    return [...byId.values()].sort((a, b) => a.at - b.at);
  };
}

/** The call as a whole, or as one of its agents sees it; null for an agent who has no part in it (I6). */
export function toCall(events: readonly CallEvent[], user: string | null): CallView | null {
  const call = reduceCall(events);
  if (user === null) return call;
  const leg = toLegs(events).find((candidate) => candidate.user === user);
  return leg === undefined ? null : toLegView(call, leg);
}

/** The call in the history's terms: with its tenant, and times in RFC 3339. */
export function toHistoryCall(tenant: string, call: CallView): HistoryCall {
  const toTime = (epochMs: number) => new Date(epochMs).toISOString();
  return {
    ...call,
    tenant,
    startedAt: toTime(call.startedAt),
    answeredAt: call.answeredAt === null ? null : toTime(call.answeredAt),
    endedAt: call.endedAt === null ? null : toTime(call.endedAt),
  };
}
