import type { Queryable } from './connect-store.ts';

/** A stream entry that could not become an event, kept to be looked at. */
export interface DeadLetter {
  streamId: string;
  /** A stable code. */
  reason: string;
  detail: string;
  /** What the entry held, valid JSON or not; a NUL is kept as `\u0000`. */
  payload: string;
}

/** Stores dead letters of a partition, each stream id once. Returns how many were new. */
export async function insertDeadLetters(
  store: Queryable,
  partition: number,
  letters: readonly DeadLetter[],
): Promise<number> {
  if (letters.length === 0) return 0;
  const column = (key: keyof DeadLetter) => letters.map((letter) => toStorableText(letter[key]));
  // In one order for all writers, so that two that repeat the same letters can't deadlock.
  const { rowCount } = await store.query(
    `insert into dead_letters (partition, stream_id, reason, detail, payload)
     select $1::int, stream_id, reason, detail, payload
       from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as t(stream_id, reason, detail, payload)
      order by stream_id
     on conflict (partition, stream_id) do nothing`,
    [partition, column('streamId'), column('reason'), column('detail'), column('payload')],
  );
  return rowCount;
}

/** PostgreSQL's text holds every character but NUL. */
function toStorableText(text: string): string {
  return text.replaceAll('\0', '\\u0000');
}
