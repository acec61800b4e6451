import { eraseFarEnd, eraseLateUsers, reduceCall, toUsers } from '@ramal/calls';
import { type CallEvent, callEvent, traceBatch } from '@ramal/contracts';
import {
  type DeadLetterRecord,
  isDataError,
  type StoredTrace,
  type Tenants,
  tryDeadLetter,
  writeBatch,
} from '@ramal/store';
import type { LetterPlace } from './letter-places.ts';

/** What became of one. `failed`: it stays, and its count goes up; `gone`: it was replayed or removed meanwhile. */
export type ReplayOutcome = { outcome: 'stored' | 'known' | 'gone' } | { outcome: 'failed'; failure: string };

/** What a letter says once it is understood. */
type Content =
  | { kind: 'event'; event: CallEvent }
  | { kind: 'traces'; tenant: string; traces: StoredTrace[] }
  | { kind: 'unreadable'; why: string };

const ERASE_LATE = { farEnd: eraseFarEnd, users: eraseLateUsers, usersOf: toUsers };
const MOST_ISSUES = 300;

/**
 * Stores what a dead letter holds where its tenant's history lies, and marks it. By the event's id, so that it may be tried any
 * number of times, beside history too, and is stored once (I3).
 * @throws when a database is out of reach: that is no verdict about the letter, and nothing is noted
 */
export async function replayLetter(tenants: Tenants, place: LetterPlace, id: string): Promise<ReplayOutcome> {
  let isNew = false;
  const tried = await tryDeadLetter(place.store, id, async (letter) => {
    const content = readLetter(letter);
    if (content.kind === 'unreadable') return content.why;
    try {
      const stored = await store(tenants, content);
      isNew = stored.isNew;
      return stored.failure;
    } catch (error) {
      if (!isDataError(error)) throw error;
      return `the database refuses it (${(error as { code?: string }).code ?? 'no code'})`;
    }
  });
  if (tried === 'gone') return { outcome: 'gone' };
  if (tried.failure !== null) return { outcome: 'failed', failure: tried.failure };
  return { outcome: isNew ? 'stored' : 'known' };
}

/** What a letter says; paths and rules alone where it can't be told, for values may be a caller's number (I8). */
export function readLetter({
  key,
  source,
  payload,
}: Pick<DeadLetterRecord, 'key' | 'source' | 'payload'>): Content {
  // It has yet to become an event, which takes what is alive in Redis at the moment it is told.
  if (source === 'journal')
    return {
      kind: 'unreadable',
      why: 'it is a callback as it was received, which is not told again by this tool',
    };
  let raw: unknown;
  try {
    raw = JSON.parse(payload);
  } catch {
    return { kind: 'unreadable', why: 'it is not JSON' };
  }
  const event = callEvent.safeParse(raw);
  if (event.success) return { kind: 'event', event: event.data };
  const batch = traceBatch.safeParse(raw);
  // The id in the stream is the moment of writing, by the clock that all processes share.
  const writtenMs = Number.parseInt(key, 10);
  if (batch.success && !Number.isNaN(writtenMs)) {
    const { tenant } = batch.data;
    const traces = batch.data.traces.map(({ ageMs, ...trace }) => ({
      ...trace,
      tenant,
      atMs: Math.max(0, writtenMs - ageMs),
    }));
    return { kind: 'traces', tenant, traces };
  }
  const issues = event.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return { kind: 'unreadable', why: `it is no event: ${issues.join('; ')}`.slice(0, MOST_ISSUES) };
}

async function store(
  tenants: Tenants,
  content: Exclude<Content, { kind: 'unreadable' }>,
): Promise<{ isNew: boolean; failure: string | null }> {
  const tenant = content.kind === 'event' ? content.event.tenant : content.tenant;
  const batch = {
    partition: 0,
    // Where history goes on reading has nothing to do with it.
    checkpointId: null,
    events: content.kind === 'event' ? [{ event: content.event }] : [],
    traces: content.kind === 'traces' ? content.traces : [],
    deadLetters: [],
  };
  const counts = await writeBatch(await tenants.historyOf(tenant), batch, reduceCall, ERASE_LATE);
  if (counts.expired > 0) return { isNew: false, failure: 'retention has removed its call' };
  if (counts.tracesDropped > 0) return { isNew: false, failure: 'the database takes no steps of calls' };
  return { isNew: counts.events + counts.traces > 0, failure: null };
}
