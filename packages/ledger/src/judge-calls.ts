import type { CallEvent } from '@ramal/contracts';
import type { SentCallback } from './callback-sender.ts';
import type { Stretch } from './judge-popups.ts';
import type { LedgerFaults } from './ledger-faults.ts';
import type { CallbackKind, PlannedCall } from './plan.ts';
import type { Truth } from './read-truth.ts';

/** An agent's click, and what became of it. */
export interface MadeDial {
  call: PlannedCall;
  intentId: string;
  /** The ack's; null when the gateway never gave one. */
  callId: string | null;
  /** Requests that reached the CTI for its number. */
  originates: number;
}

export interface CallsVerdict {
  /** The calls as they are stored, for each that was told of. */
  callIds: Map<PlannedCall, Set<string>>;
  /** The other way round. */
  plannedOf: Map<string, Set<PlannedCall>>;
  eventsOf: Map<string, CallEvent[]>;
}

const KINDS: Partial<Record<CallEvent['type'], CallbackKind>> = {
  'call.incoming': 'incoming',
  'call.answered': 'answered',
  'call.ended': 'ended',
  'call.recording': 'recording',
};

/**
 * Holds what is stored against what was told: each call once, with exactly its own callbacks, each of them once
 * (R43, I3, I4).
 * @param undiallable when nobody could look up how to dial: a click then may come to nothing, if that was said
 */
export function judgeCalls(
  sent: readonly SentCallback[],
  dials: readonly MadeDial[],
  truth: Truth,
  faults: LedgerFaults,
  undiallable: readonly Stretch[] = [],
): CallsVerdict {
  const findSent = indexSent(sent);
  const stored = new Map<SentCallback, number>();
  const verdict: CallsVerdict = { callIds: new Map(), plannedOf: new Map(), eventsOf: new Map() };
  const dialOf = new Map(
    dials.flatMap((dial) => (dial.callId === null ? [] : [[dial.callId, dial] as const])),
  );
  const join = (call: PlannedCall, callId: string) => {
    addTo(verdict.callIds, call, callId);
    addTo(verdict.plannedOf, callId, call);
  };
  for (const event of truth.events) {
    const events = verdict.eventsOf.get(event.callId) ?? [];
    events.push(event);
    verdict.eventsOf.set(event.callId, events);
    if (event.type === 'call.requested') {
      const dial = dialOf.get(event.callId);
      if (dial === undefined || dial.intentId !== event.intentId) faults.note('stray', toText(event));
      else join(dial.call, event.callId);
    }
    const kind = KINDS[event.type];
    if (kind === undefined) continue;
    const one = findSent(event, kind);
    if (one === undefined) {
      faults.note('stray', toText(event));
      continue;
    }
    stored.set(one, (stored.get(one) ?? 0) + 1);
    join(one.call, event.callId);
  }
  for (const one of sent) {
    const times = stored.get(one) ?? 0;
    if (times === 0 && one.acknowledged > 0)
      faults.note('lost', `${one.callback.kind} of ${toName(one.call)}`);
    if (times > 1)
      faults.note('doubled', `${one.callback.kind} of ${toName(one.call)} is stored ${times} times`);
  }
  for (const [call, callIds] of verdict.callIds) {
    if (callIds.size > 1) faults.note('doubled', `${toName(call)} became ${explain(callIds, verdict)}`);
  }
  for (const [callId, calls] of verdict.plannedOf) {
    if (calls.size > 1) {
      faults.note(
        'mergedWrongly',
        `${[...calls].map(toName).join(' and ')} became ${explain([callId], verdict)}`,
      );
    }
  }
  judgeDials(dials, verdict, faults, undiallable);
  judgeRows(truth, verdict, toEnded(sent), faults);
  return verdict;
}

/** The agent clicked while it could not be dialled, and was told that it was not. */
function wasRefused(events: readonly CallEvent[], undiallable: readonly Stretch[]): boolean {
  const clickedAt = events.find(({ type }) => type === 'call.requested')?.at;
  return (
    clickedAt !== undefined &&
    undiallable.some(({ fromMs, toMs }) => clickedAt >= fromMs && clickedAt <= toMs) &&
    events.some(({ type }) => type === 'dial.failed' || type === 'dial.expired')
  );
}

/** I1: at most one request for a click; one that was acknowledged is stored. */
function judgeDials(
  dials: readonly MadeDial[],
  verdict: CallsVerdict,
  faults: LedgerFaults,
  undiallable: readonly Stretch[],
): void {
  for (const { call, callId, originates } of dials) {
    if (originates > 1) faults.note('doubled', `${toName(call)} was dialled ${originates} times`);
    if (callId === null) continue;
    if (!verdict.callIds.has(call)) faults.note('lost', `${toName(call)} was acknowledged as ${callId}`);
    const events = verdict.eventsOf.get(callId) ?? [];
    if (originates === 0 && !wasRefused(events, undiallable))
      faults.note('lost', `${toName(call)} was acknowledged and never dialled`);
  }
}

/** One row a call, which says what its callbacks said. */
function judgeRows(
  truth: Truth,
  verdict: CallsVerdict,
  ended: ReadonlySet<PlannedCall>,
  faults: LedgerFaults,
): void {
  const rows = new Map<string, number>();
  for (const row of truth.calls) {
    rows.set(row.callId, (rows.get(row.callId) ?? 0) + 1);
    const [call] = verdict.plannedOf.get(row.callId) ?? [];
    if (call === undefined) faults.note('stray', `the row of ${row.callId}`);
    else if (row.tenant !== call.tenant.tenant)
      faults.note('foreign', `${toName(call)} lies with ${row.tenant}`);
    else if (
      ended.has(call) &&
      (row.state !== 'ended' || (call.recording !== null && row.recording !== call.recording))
    ) {
      faults.note('wrongState', `${toName(call)}: ${JSON.stringify(row)}`);
    }
  }
  for (const callId of verdict.plannedOf.keys()) {
    const count = rows.get(callId) ?? 0;
    if (count === 0) faults.note('lost', `the row of ${callId}`);
    if (count > 1) faults.note('doubled', `the row of ${callId}`);
  }
}

/** Calls whose end somebody was told of: a CTI that gave up before it was heard can't be held against anybody. */
function toEnded(sent: readonly SentCallback[]): ReadonlySet<PlannedCall> {
  return new Set(
    sent.flatMap(({ call, callback, acknowledged }) =>
      callback.kind === 'ended' && acknowledged > 0 ? [call] : [],
    ),
  );
}

/** By the CTI's id where it tells one, else by the two numbers; of a redial by when it was sent. */
function indexSent(sent: readonly SentCallback[]) {
  const byWords = new Map<string, SentCallback[]>();
  for (const one of sent) {
    const { tenant, externalCallId, origin, destination } = one.call;
    const said = externalCallId === null ? [origin, destination] : [externalCallId];
    addToList(byWords, toKey(tenant.tenant, one.callback.kind, said), one);
  }
  return (event: CallEvent, kind: CallbackKind): SentCallback | undefined => {
    if (!('matchedBy' in event)) return undefined;
    const { tenant, externalCallId = '', origin = '', destination = '', at } = event;
    const candidates =
      byWords.get(toKey(tenant, kind, [externalCallId])) ??
      byWords.get(toKey(tenant, kind, [origin, destination])) ??
      [];
    const farness = (one: SentCallback) => Math.abs((one.sentAtMs ?? 0) - at);
    return candidates.toSorted((a, b) => farness(a) - farness(b))[0];
  };
}

function toKey(...parts: unknown[]): string {
  return JSON.stringify(parts);
}

function addTo<Key, Value>(sets: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set.add(value));
}

function addToList<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key) ?? [];
  list.push(value);
  lists.set(key, list);
}

/** A call in words, for those who look into a fault. */
export function toName({ shape, tenant, origin, destination, externalCallId }: PlannedCall): string {
  const id = externalCallId === null ? '' : ` (${externalCallId})`;
  return `${tenant.tenant}'s ${shape} call ${origin} → ${destination}${id}`;
}

function toText(event: CallEvent): string {
  return JSON.stringify(event);
}

/** The stored calls with the order of their facts: enough to say how it came to be. */
function explain(callIds: Iterable<string>, { eventsOf }: CallsVerdict): string {
  return [...callIds]
    .map((callId) => {
      const facts = (eventsOf.get(callId) ?? []).map((event) => {
        const how = 'matchedBy' in event ? ` by ${event.matchedBy}` : '';
        return `${new Date(event.at).toISOString().slice(14, 23)} ${event.type}${how}`;
      });
      return `${callId} [${facts.join(', ')}]`;
    })
    .join(' and ');
}
