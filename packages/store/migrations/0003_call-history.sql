-- started_at is always the time inside the UUIDv7 call_id, so whoever knows a call's id knows its partition,
-- and the primary key holds the partition column without ever depending on the time of the insert.

create table calls (
  started_at timestamptz not null,
  call_id uuid not null,
  tenant text not null,
  direction text not null default 'unknown',
  state text not null default 'queued',
  result text,
  reason text,
  ramal text,
  user_name text,
  -- The far end as it was written, and its digits alone for searching by suffix.
  peer text,
  peer_digits text,
  origin text,
  destination text,
  external_call_id text,
  intent_id text,
  matched_by text,
  answered_at timestamptz,
  ended_at timestamptz,
  duration_sec int,
  recording text,
  context jsonb,
  updated_at timestamptz not null default now(),
  primary key (started_at, call_id)
) partition by range (started_at);

create index calls_by_tenant on calls (tenant, started_at desc, call_id desc);
create index calls_by_ramal on calls (tenant, ramal, started_at desc, call_id desc);
create index calls_by_user on calls (tenant, user_name, started_at desc, call_id desc);
create index calls_by_number on calls (tenant, reverse(peer_digits) text_pattern_ops);

-- started_at is the call's, not the event's: all events of a call lie in the call's own month.
create table call_events (
  started_at timestamptz not null,
  event_id uuid not null,
  call_id uuid not null,
  tenant text not null,
  type text not null,
  at timestamptz not null,
  event jsonb not null,
  primary key (started_at, event_id)
) partition by range (started_at);

create index call_events_by_call on call_events (call_id);

-- Events that could not be stored. The payload is text: poison need not be valid JSON.
create table dead_letters (
  id bigint generated always as identity primary key,
  partition int not null,
  stream_id text not null,
  reason text not null,
  detail text not null,
  payload text not null,
  created_at timestamptz not null default now(),
  unique (partition, stream_id)
);

-- Up to where each event stream is committed here; written in the same transaction as its events (I7).
create table stream_checkpoints (
  partition int primary key,
  last_id text not null,
  updated_at timestamptz not null default now()
);

-- Creates the monthly partitions (UTC) that are missing and returns how many tables it made. Callers that race
-- wait for each other. Attaching, unlike CREATE TABLE ... PARTITION OF, never blocks readers and writers.
create function ramal_ensure_partitions(from_month date, months int) returns int
language plpgsql as $$
declare
  parent text;
  part text;
  first_day timestamp;
  next_first_day timestamp;
  created int := 0;
begin
  perform pg_advisory_xact_lock(hashtext('ramal_ensure_partitions'));
  for i in 0 .. months - 1 loop
    first_day := date_trunc('month', from_month::timestamp) + make_interval(months => i);
    next_first_day := first_day + interval '1 month';
    foreach parent in array array['calls', 'call_events'] loop
      part := parent || to_char(first_day, '_YYYY_MM');
      continue when to_regclass(part) is not null;
      execute format('create table %I (like %I including defaults including constraints)', part, parent);
      execute format(
        'alter table %I attach partition %I for values from (%L) to (%L)',
        parent,
        part,
        to_char(first_day, 'YYYY-MM-DD 00:00:00+00'),
        to_char(next_first_day, 'YYYY-MM-DD 00:00:00+00')
      );
      created := created + 1;
    end loop;
  end loop;
  return created;
end
$$;

select ramal_ensure_partitions((now() at time zone 'utc' - interval '1 month')::date, 5);
