import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type CallBus, type CallsView, NO_TRACES, type Presence, type TraceRecorder } from '@ramal/bus';
import {
  type Callback,
  type CallbackKind,
  isClosed,
  planCallback,
  toCallbackLines,
  toLegs,
} from '@ramal/calls';
import { type CallbackFacts, type CallParties, identifyParties, toCallbackFacts } from '@ramal/cti';
import { isSwitchedOff, newCallId, WireError } from '@ramal/runtime';
import { isInternalNumber, type TenantProfile, toExternalE164 } from '@ramal/store';
import type { Events } from './events.ts';
import type { Variable } from './read-variables.ts';

export interface Ingested {
  callId: string;
  outcome: 'stored' | 'duplicate';
}

/** A CTI waits at least this long for its answer; of any number who meet at one call, one gets on at each try. */
const CONFLICT_PATIENCE_MS = 4_000;
/** After this many tries those who meet step aside for a moment of different length, longer each time. */
const EAGER_TRIES = 3;
const FIRST_STEP_ASIDE_MS = 10;
const LONGEST_STEP_ASIDE_MS = 500;

/**
 * Makes one callback a fact of its call: read, decide, commit in one atomic step; when the call changed in
 * between, read and decide again (I3, I4).
 */
export function createCallbackIngest(options: {
  bus: CallBus;
  presence: Presence;
  events: Events;
  recorder?: TraceRecorder;
}): (profile: TenantProfile, kind: CallbackKind, variables: readonly Variable[]) => Promise<Ingested> {
  const { bus, presence, events, recorder = NO_TRACES } = options;
  return async (profile, kind, variables) => {
    const startedMs = performance.now();
    const { tenant } = profile.tenant;
    const facts = toCallbackFacts(profile.cti.callback, variables);
    noteUnknown(events, tenant, kind, facts);
    const callback = toFact(toCallback(kind, facts, profile));
    for (let tries = 1; performance.now() - startedMs < CONFLICT_PATIENCE_MS; tries++) {
      if (tries > EAGER_TRIES) await delay(Math.random() * toStepAsideMs(tries - EAGER_TRIES));
      const view = await bus.view({
        tenant,
        lines: toCallbackLines(callback),
        externalCallId: callback.externalCallId,
        ...(callback.ourCallId === undefined ? {} : { callId: callback.ourCallId }),
      });
      const plan = planCallback(callback, {
        tenant,
        nowMs: view.nowMs,
        candidates: view.calls,
        lines: view.lines,
        presentUsers: mayEnd(kind, view) ? await findPresent(presence, tenant, callback, view) : new Set(),
        newCallId: newCallId(view.nowMs),
      });
      if (plan.kind === 'duplicate') {
        const told = { kind, outcome: 'duplicate', ms: performance.now() - startedMs } as const;
        events.received({ tenant, callId: plan.callId, ...told });
        recordReceived(recorder, tenant, plan.callId, { ...told, tries }, startedMs);
        return { callId: plan.callId, outcome: 'duplicate' };
      }
      const { outcome } = await bus.commit(plan.commit);
      if (outcome === 'conflict') {
        events.conflictRetried();
        continue;
      }
      const { callId } = plan.commit;
      const stored = outcome === 'duplicate' ? 'duplicate' : 'stored';
      const { matchedBy } = plan.event;
      const told = { kind, outcome: stored, matchedBy, ms: performance.now() - startedMs } as const;
      events.received({ tenant, callId, ...told });
      recordReceived(recorder, tenant, callId, { ...told, tries }, startedMs);
      return { callId, outcome: stored };
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

/** On the timeline a callback stands where it came in, before what became of it. */
function recordReceived(
  recorder: TraceRecorder,
  tenant: string,
  callId: string,
  { ms, ...detail }: { kind: string; outcome: string; matchedBy?: string; tries: number; ms: number },
  startedMs: number,
): void {
  const rounded = Math.round(ms * 10) / 10;
  recorder.record(
    tenant,
    { callId, step: 'callback.received', detail: { ...detail, ms: rounded } },
    startedMs,
  );
}

/** A callback is what it says; to show in a test what doubles would cost otherwise, each copy may say something of its own. */
function toFact(callback: Callback): Callback {
  return isSwitchedOff('webhook.dedupe') ? { ...callback, ctiAtMs: Date.now() + randomInt(1000) } : callback;
}

/** On a slow machine many need more room to get past one another than on a fast one. */
function toStepAsideMs(times: number): number {
  return Math.min(LONGEST_STEP_ASIDE_MS, FIRST_STEP_ASIDE_MS * 2 ** times);
}

/** @throws WireError `bad_request` when nothing in the callback says which call it is about */
export function toCallback(kind: CallbackKind, facts: CallbackFacts, profile: TenantProfile): Callback {
  const { origin, destination, externalCallId, ourCallId, result, durationSec, recording, ctiAtMs } = facts;
  if ([origin, destination, externalCallId, ourCallId].every((fact) => fact === undefined)) {
    if (profile.provisional) {
      throw new WireError(
        'unavailable',
        "this company's configuration can't be read right now; send the callback again",
      );
    }
    const { originName, destinationName, externalIdName } = profile.cti.callback;
    throw new WireError(
      'bad_request',
      `the callback names no call: send ${originName} and ${destinationName}, or ${externalIdName}, as this company has configured`,
    );
  }
  const parties = identifyParties(facts, {
    ramalOf: (number) => {
      const user = profile.userByRamal.get(number);
      return user === undefined ? undefined : { ramal: number, user };
    },
    isInternal: (number) => isInternalNumber(profile, number),
  });
  const peer = 'peer' in parties ? parties.peer : undefined;
  const legs = toCallbackLegs(parties);
  return {
    kind,
    direction: parties.direction,
    legs,
    peer,
    peerE164: peer === undefined ? undefined : toExternalE164(profile, peer),
    origin,
    destination,
    externalCallId,
    ourCallId,
    ringGroup: legs.flatMap(({ ramal }) => profile.ringGroups.get(ramal) ?? []),
    result,
    durationSec,
    recording,
    ctiAtMs,
  };
}

function toCallbackLegs(parties: CallParties): Callback['legs'] {
  if (parties.direction === 'unknown') return [];
  if (parties.direction === 'internal' && parties.callee !== undefined && parties.caller !== undefined) {
    return [parties.callee, parties.caller];
  }
  return parties.ramal === undefined ? [] : [{ ramal: parties.ramal, user: parties.user ?? null }];
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

function noteUnknown(events: Events, tenant: string, kind: CallbackKind, facts: CallbackFacts): void {
  const { unknownNames, unknownStatus } = facts;
  if (unknownNames.length === 0 && unknownStatus === undefined) return;
  events.unknownVariables({
    tenant,
    kind,
    names: unknownNames,
    ...(unknownStatus === undefined ? {} : { unknownStatus }),
  });
}
