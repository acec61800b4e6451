import type { Queryable, Store } from './connect-store.ts';
import type { DeadLetterSource } from './dead-letters.ts';

/** A dead letter as it lies in the table. */
export interface DeadLetterRecord {
  id: string;
  source: DeadLetterSource;
  /** The id of its entry in the stream, or its key in another source. */
  key: string;
  tenant: string | null;
  /** A stable code. */
  reason: string;
  detail: string;
  payload: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** How often it was tried again in vain, when last and why. */
  attempts: number;
  attemptedAt: string | null;
  failure: string | null;
  /** When it was stored after all; null as long as it waits. */
  replayedAt: string | null;
}

export interface DeadLetterFilter {
  /** Of this tenant; undefined of all, and of nobody. */
  tenant?: string | undefined;
  reason?: string | undefined;
  /** Put aside not before, ISO 8601. */
  since?: string | undefined;
  /** Those that were replayed too; default those that wait. */
  replayed?: boolean;
  /** Below this id: the list goes from the newest to the oldest. */
  beforeId?: string | undefined;
  limit: number;
}

const utc = (column: string) => `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const COLUMNS = `id::text as id, source, stream_id as key, tenant, reason, detail, payload,
  ${utc('created_at')} as "createdAt", attempts, ${utc('attempted_at')} as "attemptedAt", failure,
  ${utc('replayed_at')} as "replayedAt"`;

/** Dead letters, the newest first. */
export async function listDeadLetters(
  store: Queryable,
  filter: DeadLetterFilter,
): Promise<DeadLetterRecord[]> {
  const { beforeId, limit } = filter;
  const { rows } = await store.query<DeadLetterRecord>(
    `select ${COLUMNS} from dead_letters
      where ($1::text is null or tenant = $1) and ($2::text is null or reason = $2)
        and ($3::timestamptz is null or created_at >= $3::timestamptz) and ($4 or replayed_at is null)
        and ($5::bigint is null or id < $5::bigint)
      order by dead_letters.id desc limit $6`,
    [...toConditions(filter), beforeId ?? null, limit],
  );
  return rows;
}

/** How many there are. */
export async function countDeadLetters(
  store: Queryable,
  filter: Omit<DeadLetterFilter, 'beforeId' | 'limit'>,
): Promise<number> {
  const { rows } = await store.query<{ count: string }>(
    `select count(*) as count from dead_letters
      where ($1::text is null or tenant = $1) and ($2::text is null or reason = $2)
        and ($3::timestamptz is null or created_at >= $3::timestamptz) and ($4 or replayed_at is null)`,
    toConditions(filter),
  );
  return Number(rows[0]?.count ?? 0);
}

function toConditions({ tenant, reason, since, replayed = false }: Omit<DeadLetterFilter, 'limit'>) {
  return [tenant ?? null, reason ?? null, since ?? null, replayed];
}

/** One of them; null where there is none of that id. */
export async function findDeadLetter(store: Queryable, id: string): Promise<DeadLetterRecord | null> {
  const { rows } = await store.query<DeadLetterRecord>(
    `select ${COLUMNS} from dead_letters where id = $1::bigint`,
    [id],
  );
  return rows[0] ?? null;
}

/**
 * Tries one again under its lock, so that two who try the same one take turns, and notes how it went: stored, or one
 * more time in vain. What `attempt` throws is no verdict about the letter (the database is out of reach): nothing is noted.
 * @param attempt null when it is stored now, else why not; that holds no value somebody sent
 * @returns what `attempt` did; `gone`: it was replayed or removed meanwhile, and `attempt` was not asked
 */
export function tryDeadLetter(
  store: Store,
  id: string,
  attempt: (letter: DeadLetterRecord) => Promise<string | null>,
): Promise<{ failure: string | null } | 'gone'> {
  return store.withTransaction(async (transaction) => {
    const { rows } = await transaction.query<DeadLetterRecord>(
      `select ${COLUMNS} from dead_letters where replayed_at is null and id = $1::bigint for update`,
      [id],
    );
    const [letter] = rows;
    if (letter === undefined) return 'gone';
    const failure = await attempt(letter);
    await transaction.query(
      `update dead_letters
          set replayed_at = case when $2::text is null then now() end,
              attempts = attempts + (case when $2::text is null then 0 else 1 end),
              attempted_at = now(), failure = $2::text
        where id = $1::bigint`,
      [id, failure],
    );
    return { failure };
  });
}
