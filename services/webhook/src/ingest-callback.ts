import { randomInt } from 'node:crypto';
import { type CallBus, NO_TRACES, type Presence, type SignedMessage, type TraceRecorder } from '@ramal/bus';
import type { Callback, CallbackKind } from '@ramal/calls';
import { type CallbackFacts, type CallParties, identifyParties, toCallbackFacts } from '@ramal/cti';
import { isSwitchedOff, WireError } from '@ramal/runtime';
import { isInternalNumber, type TenantProfile, toExternalE164 } from '@ramal/store';
import type { Events } from './events.ts';
import type { Variable } from './read-variables.ts';
import { createCallbackTeller, type ToldCallback } from './tell-callback.ts';

export interface Ingested {
  /** Null where it is not known yet: Redis knows the calls, and it is away. */
  callId: string | null;
  /** `journaled`: it is on the disk, and Redis is told later. */
  outcome: 'stored' | 'duplicate' | 'journaled';
}

/** Takes one callback of a tenant. */
export type CallbackIngest = (
  profile: TenantProfile,
  kind: CallbackKind,
  variables: readonly Variable[],
  /** Of a signed callback: which message it is. */
  signed?: SignedMessage,
) => Promise<Ingested>;

/** Reads a callback and makes it a fact of its call (I3, I4); without Redis it fails. */
export function createCallbackIngest(options: {
  bus: CallBus;
  presence: Presence;
  events: Events;
  recorder?: TraceRecorder;
}): CallbackIngest {
  const { bus, presence, events, recorder = NO_TRACES } = options;
  const tell = createCallbackTeller({ bus, presence, onConflict: () => events.conflictRetried() });
  return async (profile, kind, variables) => {
    const startedMs = performance.now();
    const { tenant } = profile.tenant;
    const callback = readCallback(events, profile, kind, variables);
    const told = await tell(tenant, callback);
    noteTold({ events, recorder }, { tenant, kind, told, startedMs });
    return { callId: told.callId, outcome: told.outcome };
  };
}

/** @throws WireError `bad_request` when nothing in the callback says which call it is about */
export function readCallback(
  events: Events,
  profile: TenantProfile,
  kind: CallbackKind,
  variables: readonly Variable[],
): Callback {
  const facts = toCallbackFacts(profile.cti.callback, variables);
  noteUnknown(events, profile.tenant.tenant, kind, facts);
  return toFact(toCallback(kind, facts, profile));
}

/** Says that Redis was told of a callback, to operators and on the call's timeline. */
export function noteTold(
  { events, recorder }: { events: Events; recorder: TraceRecorder },
  what: { tenant: string; kind: CallbackKind; told: ToldCallback; startedMs: number },
): void {
  const { tenant, kind, told, startedMs } = what;
  const { callId, outcome, matchedBy, tries } = told;
  const matched = matchedBy === undefined || outcome === 'duplicate' ? {} : { matchedBy };
  const fields = { kind, outcome, ...matched, ms: performance.now() - startedMs };
  events.received({ tenant, callId, ...fields });
  recordReceived(recorder, tenant, callId, { ...fields, tries }, startedMs);
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
