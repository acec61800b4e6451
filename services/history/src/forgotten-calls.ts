import type { CallBus, OpenCalls } from '@ramal/bus';
import { toReapAt } from '@ramal/calls';
import {
  listCallEvents,
  listOpenCalls,
  listTenantsWithOwnDatabase,
  type Store,
  type Tenants,
} from '@ramal/store';
import type { Events } from './events.ts';
import { reapCall } from './reap-call.ts';
import { startRepeated } from './repeated.ts';

export interface ForgottenCallsOptions {
  tenants: Pick<Tenants, 'store' | 'stores'>;
  bus: CallBus;
  openCalls: OpenCalls;
  /** For how long after the last word on it a tenant's call stays open, in ms. Rejects when nobody knows. */
  maxCallMsOf(tenant: string): Promise<number>;
  /** True while words on the tenant's calls may be in the stream that Redis' live calls have lived out. */
  isBehind(tenant: string): boolean;
  events: Pick<Events, 'callReaped' | 'backgroundFailed'>;
  /** How often it looks, about; default one minute. */
  everyMs?: number;
}

const EVERY_MS = 60_000;
/** What Redis remembers is closed in time; this leaves it more than enough of it. */
const MARGIN_MS = 15 * 60_000;
/** Calls of one database in one sweep. Each lives again for half a day, so many at once would fill Redis. */
const MOST_CALLS = 200;
/** Open calls of one database that one sweep looks at, a page at a time; the next one goes on behind them. */
const MOST_LOOKED_AT = 20_000;
const PAGE = 2_000;
/** Databases of tenants' own in one sweep; the others have their turn next. There may be more than there are pools. */
const MOST_DATABASES = 20;

/**
 * Closes calls that have no end in PostgreSQL and that Redis has forgotten: it lost its data, or the call outlived its
 * key. The call lives again in Redis for a while, so that a late end finds it. A call that Redis does remember is
 * left to the reaper.
 */
export function startForgottenCalls(options: ForgottenCallsOptions): { stop(): Promise<void> } {
  const { events, everyMs = EVERY_MS } = options;
  const sweep = createSweep(options);
  return startRepeated({
    everyMs,
    work: sweep,
    onError: (error) => events.backgroundFailed('forgotten calls', error),
  });
}

function createSweep(options: ForgottenCallsOptions): (signal: AbortSignal) => Promise<void> {
  const { tenants, bus, openCalls, maxCallMsOf, isBehind, events } = options;
  const { store: shared, stores } = tenants;
  /** Where the next sweep of each database goes on, so that calls that can't be closed don't hide the others. */
  const reached = new Map<string | null, string>();
  let nextOwn: number | null = null;

  const close = async (store: Store, tenant: string, callId: string, maxCallMs: number): Promise<void> => {
    const { nowMs, calls } = await bus.view({ tenant, callId });
    const live = calls.find((call) => call.callId === callId);
    if (live !== undefined) {
      // The reaper may have missed it, or put it off by a longer time than the tenant's is now. One that has ended
      // has its end in the stream.
      const isOpen = toReapAt(live.events, maxCallMs) !== null;
      return isOpen ? openCalls.lookNow({ tenant, callId }, nowMs) : undefined;
    }
    const stored = await listCallEvents(store, tenant, callId);
    const reapAtMs = stored.length === 0 ? null : toReapAt(stored, maxCallMs);
    if (reapAtMs === null || reapAtMs + MARGIN_MS > nowMs) return;
    // Version 0 and the event's own id let one of many who do it at once through.
    const outcome = await reapCall(bus, tenant, { callId, version: 0, events: stored }, nowMs);
    if (outcome === 'applied') events.callReaped({ tenant, callId, from: 'history' });
  };

  /** Looks once at each tenant's time; null where nobody knows it, or where words on its calls are still to be stored. */
  const createTimes = () => {
    const times = new Map<string, number | null>();
    return async (tenant: string): Promise<number | null> => {
      const known = times.get(tenant);
      if (known !== undefined) return known;
      let ms: number | null = null;
      try {
        if (!isBehind(tenant)) ms = await maxCallMsOf(tenant);
      } catch (error) {
        events.backgroundFailed('settings for forgotten calls', error);
      }
      times.set(tenant, ms);
      return ms;
    };
  };

  const sweepDatabase = async (
    store: Store,
    own: string | null,
    isOf: (tenant: string) => boolean,
    signal: AbortSignal,
  ): Promise<void> => {
    const timeOf = createTimes();
    let after = reached.get(own) ?? null;
    let left = MOST_CALLS;
    for (let looked = 0; looked < MOST_LOOKED_AT && left > 0; looked += PAGE) {
      const page = await listOpenCalls(store, { olderThanMs: MARGIN_MS, afterCallId: after, limit: PAGE });
      for (const { tenant, callId, silentMs } of page) {
        if (signal.aborted || left === 0) break;
        after = callId;
        const maxCallMs = isOf(tenant) ? await timeOf(tenant) : null;
        if (maxCallMs === null || silentMs < maxCallMs + MARGIN_MS) continue;
        left -= 1;
        await close(store, tenant, callId, maxCallMs).catch((error: unknown) =>
          events.backgroundFailed('forgotten calls', error),
        );
      }
      if (signal.aborted) return;
      if (page.length < PAGE && left > 0) return void reached.delete(own);
      if (after !== null) reached.set(own, after);
    }
  };

  return async (signal) => {
    const owners = await listTenantsWithOwnDatabase(shared);
    const ownNames = new Set(owners.map(({ tenant }) => tenant));
    // What a tenant left here when it got a database of its own is not written any more.
    await sweepDatabase(shared, null, (tenant) => !ownNames.has(tenant), signal);
    const first = (nextOwn ?? Math.floor(Math.random() * owners.length)) % Math.max(1, owners.length);
    const turn = [...owners.slice(first), ...owners.slice(0, first)].slice(0, MOST_DATABASES);
    nextOwn = first + turn.length;
    for (const owner of turn) {
      if (signal.aborted) return;
      try {
        await sweepDatabase(
          await stores.of(owner),
          owner.tenant,
          (tenant) => tenant === owner.tenant,
          signal,
        );
      } catch (error) {
        // Out of reach: its events wait, and so do its open calls.
        events.backgroundFailed('forgotten calls', error);
      }
    }
  };
}
