import { setTimeout as delay } from 'node:timers/promises';
import type { CallBus, CallsView, Presence } from '@ramal/bus';
import {
  type Callback,
  type CallbackKind,
  isClosed,
  planCallback,
  toCallbackLines,
  toLegs,
} from '@ramal/calls';
import type { CallbackEvent, MatchedBy } from '@ramal/contracts';
import { newCallId } from '@ramal/runtime';

export interface ToldCallback {
  callId: string;
  outcome: 'stored' | 'duplicate';
  /** As it was stored; null for a duplicate. */
  event: CallbackEvent | null;
  matchedBy?: MatchedBy;
  tries: number;
}

/** How a callback is told that Redis could not be told of at once. */
interface TellOptions {
  /** The id of the call that it begins, if it begins one. */
  callId?: string;
  /** See `CallbackScene`. */
  receivedAtMs?: number;
}

/**
 * Makes one callback a fact of its call: read, decide, commit in one atomic step; when the call changed in
 * between, read and decide again (I3, I4).
 */
export type CallbackTeller = (
  tenant: string,
  callback: Callback,
  options?: TellOptions,
) => Promise<ToldCallback>;

/** A CTI waits at least this long for its answer; of any number who meet at one call, one gets on at each try. */
const CONFLICT_PATIENCE_MS = 4_000;
/** After this many tries those who meet step aside for a moment of different length, longer each time. */
const EAGER_TRIES = 3;
const FIRST_STEP_ASIDE_MS = 10;
const LONGEST_STEP_ASIDE_MS = 500;

export function createCallbackTeller(options: {
  bus: CallBus;
  presence: Presence;
  onConflict(): void;
  /** Redis' time, epoch ms, as often as it is told. */
  onRedisTime?(nowMs: number): void;
}): CallbackTeller {
  const { bus, presence, onConflict, onRedisTime = () => undefined } = options;
  return async (tenant, callback, { callId: ownId, receivedAtMs } = {}) => {
    const startedMs = performance.now();
    const { kind } = callback;
    for (let tries = 1; performance.now() - startedMs < CONFLICT_PATIENCE_MS; tries++) {
      if (tries > EAGER_TRIES) await delay(Math.random() * toStepAsideMs(tries - EAGER_TRIES));
      const view = await bus.view({
        tenant,
        lines: toCallbackLines(callback),
        externalCallId: callback.externalCallId,
        ...(callback.ourCallId === undefined ? {} : { callId: callback.ourCallId }),
      });
      onRedisTime(view.nowMs);
      const plan = planCallback(callback, {
        tenant,
        nowMs: view.nowMs,
        ...(receivedAtMs === undefined ? {} : { receivedAtMs }),
        candidates: view.calls,
        lines: view.lines,
        presentUsers: mayEnd(kind, view) ? await findPresent(presence, tenant, callback, view) : new Set(),
        newCallId: ownId ?? newCallId(view.nowMs),
      });
      if (plan.kind === 'duplicate') {
        return { callId: plan.callId, outcome: 'duplicate', event: null, tries };
      }
      const { commit, event } = plan;
      const { outcome } = await bus.commit(commit);
      if (outcome === 'conflict') {
        onConflict();
        continue;
      }
      const { callId } = commit;
      const { matchedBy } = event;
      // A duplicate here is this very event, resent after a reconnect.
      return { callId, outcome: outcome === 'duplicate' ? 'duplicate' : 'stored', event, matchedBy, tries };
    }
    throw new Error(`no commit in ${CONFLICT_PATIENCE_MS} ms`);
  };
}

/** Only an end asks who is logged in (R44): this callback's, or one that was told before all was known of its call. */
function mayEnd(kind: CallbackKind, view: CallsView): boolean {
  return (
    kind === 'ended' ||
    view.calls.some(({ events }) => events.some(({ type }) => type === 'call.ended') && !isClosed(events))
  );
}

/** On a slow machine many need more room to get past one another than on a fast one. */
function toStepAsideMs(times: number): number {
  return Math.min(LONGEST_STEP_ASIDE_MS, FIRST_STEP_ASIDE_MS * 2 ** times);
}

/** Everybody who may have an end in the call, by the callback or by what is known of its candidates. */
async function findPresent(
  presence: Presence,
  tenant: string,
  callback: Callback,
  view: CallsView,
): Promise<Set<string>> {
  const legs = [...callback.legs, ...view.calls.flatMap((call) => toLegs(call.events))];
  const users = new Set(legs.flatMap(({ user }) => (user === null ? [] : [user])));
  return presence.present(tenant, [...users], view.nowMs);
}
