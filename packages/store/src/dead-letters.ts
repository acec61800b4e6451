import type { Queryable } from './connect-store.ts';

/** Where a dead letter was found: in a stream of events, or in the journal of a webhook. */
export type DeadLetterSource = 'stream' | 'journal';

/** A stream entry that could not become an event, kept to be looked at. */
export interface DeadLetter {
  streamId: string;
  /** A stable code. */
  reason: string;
  detail: string;
  /** What the entry held, valid JSON or not; a NUL is kept as `\u0000`. */
  payload: string;
}

const MAX_TENANT = 128;

/** Stores dead letters of a partition, each stream id once. Returns how many were new. */
export async function insertDeadLetters(
  store: Queryable,
  partition: number,
  letters: readonly DeadLetter[],
): Promise<number> {
  if (letters.length === 0) return 0;
  const column = (key: 'streamId' | 'reason' | 'detail' | 'payload') =>
    letters.map((letter) => toStorableText(letter[key]));
  // In one order for all writers, so that two that repeat the same letters can't deadlock.
  const { rowCount } = await store.query(
    `insert into dead_letters (partition, stream_id, reason, detail, payload, tenant)
     select $1::int, stream_id, reason, detail, payload, tenant
       from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
              as t(stream_id, reason, detail, payload, tenant)
      order by stream_id
     on conflict (partition, stream_id) do nothing`,
    [
      partition,
      column('streamId'),
      column('reason'),
      column('detail'),
      column('payload'),
      letters.map(toTenant),
    ],
  );
  return rowCount;
}

/** What could not be told of a call, from anywhere but the stream. */
export interface NewDeadLetter {
  source: DeadLetterSource;
  /** The tenant's partition. */
  partition: number;
  /** Names it within its source: added again under this key, it is the same one. */
  key: string;
  /** Whose it is, as the credential said; null where nobody knows. */
  tenant: string | null;
  /** A stable code. */
  reason: string;
  /** Holds no value that somebody sent. */
  detail: string;
  /** As it came: JSON that `ramal dead-letters replay` can read, or anything. */
  payload: string;
}

/** Puts one aside, so that it can't hold up what comes behind it (I3). Returns whether it was new. */
export async function addDeadLetter(store: Queryable, letter: NewDeadLetter): Promise<boolean> {
  const { source, partition, key, tenant, reason, detail, payload } = letter;
  const { rowCount } = await store.query(
    `insert into dead_letters (source, partition, stream_id, tenant, reason, detail, payload)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (partition, stream_id) do nothing`,
    // Ids of a stream are two numbers: keys of another source must not be taken for one.
    [
      source,
      partition,
      source === 'stream' ? key : `${source}:${key}`,
      tenant === null ? null : toStorableText(tenant).slice(0, MAX_TENANT),
      reason,
      toStorableText(detail),
      toStorableText(payload),
    ],
  );
  return rowCount > 0;
}

/** Whose it was, as the payload says, JSON or not: so that the tenant's retention and erasures find it. */
function toTenant({ payload }: DeadLetter): string | null {
  const [, told] = /"tenant"\s*:\s*("(?:[^"\\]|\\.){1,768}")/.exec(payload) ?? [];
  if (told === undefined) return null;
  try {
    return toStorableText(JSON.parse(told) as string).slice(0, MAX_TENANT);
  } catch {
    return null;
  }
}

/** PostgreSQL's text holds every character but NUL. */
function toStorableText(text: string): string {
  return text.replaceAll('\0', '\\u0000');
}
