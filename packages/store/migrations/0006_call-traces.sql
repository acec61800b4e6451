-- The flight recorder: steps on a call's way that are no facts about it. They lie in their call's month, as its
-- events do.
create table call_traces (
  started_at timestamptz not null,
  trace_id uuid not null,
  call_id uuid not null,
  tenant text not null,
  at timestamptz not null,
  step text not null,
  -- The process that took the step.
  process text not null,
  -- Whose pop-up or dial, which pop-up, why not, details.
  data jsonb not null,
  primary key (started_at, trace_id)
) partition by range (started_at);

create index call_traces_by_call on call_traces (call_id);

-- When an event came here; null for those that were here before anybody noted it.
alter table call_events add column stored_at timestamptz;
alter table call_events alter column stored_at set default now();

-- As before, with one more table.
create or replace function ramal_ensure_partitions(from_month date, months int) returns int
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
    foreach parent in array array['calls', 'call_events', 'call_traces'] loop
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

-- The months that calls have tables for already.
select ramal_ensure_partitions(to_date(substring(relname from '\d{4}_\d{2}$'), 'YYYY_MM'), 1)
  from pg_inherits join pg_class on pg_class.oid = inhrelid
 where inhparent = 'call_events'::regclass and relname ~ '_\d{4}_\d{2}$';
