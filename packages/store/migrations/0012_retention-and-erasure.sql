-- A call whose far end, or one of whose users, was erased: later events of it are erased as they are stored.
alter table calls add column far_end_erased_at timestamptz;
alter table calls add column user_erased_at timestamptz;

-- Whose entry it was, where it can be told.
alter table dead_letters add column tenant text;
update dead_letters set tenant = substring(payload from '"tenant"\s*:\s*"([^"\\]{1,128})"');
create index dead_letters_by_tenant on dead_letters (tenant, created_at);

-- How far the retention of each tenant has come in this database.
create table retention_floors (
  tenant text primary key,
  -- Calls that began before are gone; what still comes about them is not stored.
  calls_before timestamptz not null default '-infinity',
  -- The same of the links to recordings.
  recordings_before timestamptz not null default '-infinity',
  -- Up to where rows were looked for, one by one.
  calls_swept timestamptz not null default '-infinity',
  recordings_swept timestamptz not null default '-infinity'
);

-- One run a day, by whichever process begins it.
create table retention_runs (
  only_row boolean primary key default true check (only_row),
  started_at timestamptz not null,
  finished_at timestamptz
);
