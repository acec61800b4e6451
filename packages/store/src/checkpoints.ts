import type { Queryable } from './connect-store.ts';

/** The stream id up to which a partition's events are stored, or null when none is. */
export async function readCheckpoint(store: Queryable, partition: number): Promise<string | null> {
  const { rows } = await store.query<{ last_id: string }>(
    'select last_id from stream_checkpoints where partition = $1',
    [partition],
  );
  return rows[0]?.last_id ?? null;
}

/**
 * Notes how far a partition's stream is stored. The last writer wins, so it may step back: that is always safe,
 * since reading an event again stores nothing twice, while stepping forward over an unread event would lose it (I7).
 */
export async function saveCheckpoint(store: Queryable, partition: number, lastId: string): Promise<void> {
  await store.query(
    `insert into stream_checkpoints (partition, last_id) values ($1, $2)
     on conflict (partition) do update set last_id = excluded.last_id, updated_at = now()`,
    [partition, lastId],
  );
}
