import type { CallEvent } from '@ramal/contracts';
import type { StoredTrace } from './call-traces.ts';
import type { Queryable } from './connect-store.ts';
import { isExpired, readRetentionFloors, withoutExpiredRecording } from './retention-floors.ts';

/** What is left of an event of a call that a person was erased from: the store knows that, the domain knows how. */
export interface EraseLate {
  farEnd(event: CallEvent): CallEvent;
  /** @param known the users that the call's stored events name */
  users(event: CallEvent, known: ReadonlySet<string>): CallEvent;
  usersOf(event: CallEvent): string[];
}

const refuse = () => {
  throw new TypeError('a call that somebody was erased from takes no event as it is');
};
/** Where nobody said how. */
export const NOBODY_ERASES: EraseLate = { farEnd: refuse, users: refuse, usersOf: () => [] };

/** What was erased from a call that is locked. */
export interface ErasureMarks {
  callId: string;
  startedAt: string;
  farEndErased: boolean;
  userErased: boolean;
}

/** What comes about calls that retention has removed is left out, or it would bring them back piece by piece. */
export async function withoutExpired(
  transaction: Queryable,
  batch: { events: readonly { event: CallEvent }[]; traces?: readonly StoredTrace[] },
): Promise<{ kept: { events: CallEvent[]; traces: StoredTrace[] }; expired: number }> {
  const all = batch.events.map(({ event }) => event);
  const allTraces = batch.traces ?? [];
  const floors = await readRetentionFloors(
    transaction,
    [...all, ...allTraces].map(({ tenant }) => tenant),
  );
  const events = all
    .filter(({ tenant, callId }) => !isExpired(floors.get(tenant), callId))
    .map((event) => withoutExpiredRecording(floors.get(event.tenant), event));
  const traces = allTraces.filter(({ tenant, callId }) => !isExpired(floors.get(tenant), callId));
  const expired = all.length + allTraces.length - events.length - traces.length;
  return { kept: { events, traces }, expired };
}

/** What comes late about a call that a person was erased from is erased before it is stored (LGPD, art. 18). */
export async function withoutErased(
  transaction: Queryable,
  events: readonly CallEvent[],
  marks: ReadonlyMap<string, ErasureMarks>,
  erase: EraseLate,
): Promise<CallEvent[]> {
  const ofUsers = [...marks.values()].filter(({ userErased }) => userErased);
  const known =
    ofUsers.length === 0 ? new Map<string, Set<string>>() : await readUsers(transaction, ofUsers, erase);
  return events.map((event) => {
    const callId = event.callId.toLowerCase();
    const mark = marks.get(callId);
    const farEnd = mark?.farEndErased === true ? erase.farEnd(event) : event;
    return mark?.userErased === true ? erase.users(farEnd, known.get(callId) ?? new Set()) : farEnd;
  });
}

async function readUsers(
  transaction: Queryable,
  marks: readonly ErasureMarks[],
  erase: EraseLate,
): Promise<Map<string, Set<string>>> {
  const { rows } = await transaction.query<{ call_id: string; event: CallEvent }>(
    `select call_id, event from call_events
      where started_at = any($1::timestamptz[]) and call_id = any($2::uuid[])`,
    [marks.map(({ startedAt }) => startedAt), marks.map(({ callId }) => callId)],
  );
  const users = new Map<string, Set<string>>();
  for (const { call_id, event } of rows) {
    const known = users.get(call_id) ?? new Set<string>();
    for (const user of erase.usersOf(event)) known.add(user);
    users.set(call_id, known);
  }
  return users;
}
