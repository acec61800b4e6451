-- Up Migration
-- Who may tell us of calls (threat 5): several tokens a tenant, each with an end, and what is asked of a caller beside it.
alter table callback_tokens
  add column name text,
  -- From this moment on the token is none; null: it has no end.
  add column ends_at timestamptz;

-- Apart from the tokens: that one was used is no change of configuration, and must not be told as one.
create table callback_token_uses (
  token_hash bytea primary key,
  last_used_at timestamptz not null
);

-- A tenant with a row here is called from these networks alone; CIDR, IPv4 and IPv6.
create table callback_networks (
  tenant text primary key,
  networks text[] not null
);

-- A tenant with rows of a kind demands that kind of every caller, also when all of them have ended: a protection never
-- falls away by itself.
create table callback_credentials (
  credential_id uuid primary key default gen_random_uuid(),
  tenant text not null,
  kind text not null check (kind in ('signing', 'basic')),
  -- Sealed: it has to be read.
  signing_secret text,
  user_name text,
  -- scrypt: it never can be read.
  password_hash text,
  created_at timestamptz not null default now(),
  -- From this moment on it opens nothing; null: it has no end.
  ends_at timestamptz,
  check ((kind = 'signing') = (signing_secret is not null)),
  check ((kind = 'basic') = (user_name is not null)),
  check ((kind = 'basic') = (password_hash is not null))
);

create index callback_credentials_tenant on callback_credentials (tenant);

create trigger ramal_notify_tenant after insert or update or delete on callback_networks
  for each row execute function ramal_notify_tenant();
create trigger ramal_notify_tenant after insert or update or delete on callback_credentials
  for each row execute function ramal_notify_tenant();

create trigger ramal_audit_config after insert or update or delete on callback_networks
  for each row execute function ramal_audit_config('', 'networks');
create trigger ramal_audit_config after insert or update or delete on callback_credentials
  for each row execute function ramal_audit_config('kind user_name ends_at', 'signing_secret password_hash');
