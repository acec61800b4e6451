import type pg from 'pg';

const AT_ONCE = 100_000;

/**
 * Fills `calls` and `call_events` with ended calls of this month, newest last, until they hold so many; the tables are
 * analysed afterwards, as autovacuum would do it in time.
 * @param agents of the one company whose calls they are
 */
export async function fillHistory(
  client: pg.Client,
  options: { tenant: string; agents: number; have: number; rows: number; signal: AbortSignal },
): Promise<void> {
  const { tenant, agents, rows, signal } = options;
  for (let have = options.have; have < rows; have += AT_ONCE) {
    signal.throwIfAborted();
    const many = Math.min(AT_ONCE, rows - have);
    await client.query(FILL, [tenant, agents, have, many, rows]);
  }
  await client.query('analyze calls, call_events');
}

/** A UUIDv7 of the call's own time, whose month is its partition. */
const FILL = `
  with made as (
    select date_trunc('milliseconds', date_trunc('month', now()) + (now() - date_trunc('month', now())) * (n::float8 / $5)) as at,
           n, 3501 + n % $2 as ramal, lpad((n * 7919 % 100000000)::text, 8, '0') as tail
      from generate_series($3::bigint, $3::bigint + $4::bigint - 1) as n),
  ids as (
    select made.*, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' ||
                    substr(md5(n::text), 1, 3) || '8' || substr(md5('b' || n), 1, 15))::uuid as call_id
      from made),
  filled as (
    insert into calls (started_at, call_id, tenant, direction, state, result, ramal, user_name, peer, peer_digits,
                       origin, destination, ended_at, duration_sec)
    select at, call_id, $1, 'inbound', 'ended', 'completed', ramal::text, 'agent-' || (ramal - 3501), '47' || tail,
           '47' || tail, '47' || tail, ramal::text, at + interval '1 minute', 60
      from ids)
  insert into call_events (started_at, event_id, call_id, tenant, type, at, event)
  select at, md5('e' || n)::uuid, call_id, $1, 'call.ended', at,
         jsonb_build_object('type', 'call.ended', 'eventId', md5('e' || n)::uuid, 'tenant', $1::text, 'callId', call_id,
           'at', (extract(epoch from at) * 1000)::bigint, 'direction', 'inbound', 'ramal', ramal::text,
           'user', 'agent-' || (ramal - 3501), 'peer', '47' || tail, 'origin', '47' || tail, 'destination', ramal::text,
           'matchedBy', 'created', 'result', 'completed', 'durationSec', 60)
    from ids`;
