-- Keys say what they may do, when they end, and when they were used last. One that is there already has neither a role
-- nor a list of rights: it keeps them all.
alter table api_keys
  add column key_id uuid not null default gen_random_uuid(),
  add column role text,
  add column rights text[],
  add column created_by text,
  add column expires_at timestamptz,
  add column last_used_at timestamptz,
  add constraint api_keys_role_or_rights check (role is null or rights is null);

create unique index api_keys_key_id on api_keys (key_id);

-- Whose tokens the agents of a tenant bring. A tenant without a row: those that the deployment's own secret signs.
create table agent_token_policies (
  tenant text primary key,
  -- HS256 by keys of the tenant's own, or its identity provider's published keys: never both.
  kind text not null check (kind in ('keys', 'jwks')),
  issuer text not null,
  audience text not null,
  jwks_url text,
  changed_at timestamptz not null default now(),
  check ((kind = 'jwks') = (jwks_url is not null))
);

create table agent_token_keys (
  tenant text not null references agent_token_policies (tenant) on delete cascade,
  kid text not null,
  -- Sealed for the tenant and this kid.
  secret text not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant, kid)
);

-- Tokens issued before a moment are refused: an agent's, a tenant's (no user) or everybody's (no tenant). One row each,
-- with the latest moment.
create table access_revocations (
  tenant text,
  user_name text,
  before timestamptz not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  reason text,
  unique nulls not distinct (tenant, user_name),
  check (user_name is null or tenant is not null)
);

-- A channel of its own: these are read as a whole, and nothing else has to be forgotten because of them.
create function ramal_notify_access() returns trigger language plpgsql as $$
begin
  perform pg_notify('ramal_access', '');
  return null;
end
$$;

do $$
declare
  watched text;
begin
  foreach watched in array array['agent_token_policies', 'agent_token_keys', 'access_revocations'] loop
    execute format(
      'create trigger ramal_notify_access after insert or update or delete or truncate on %I
         for each statement execute function ramal_notify_access()', watched);
  end loop;
end
$$;

-- Whose tokens are taken is written down however it is changed, as all configuration is; the keys themselves are not.
create trigger ramal_audit_config after insert or update or delete on agent_token_policies
  for each row execute function ramal_audit_config('tenant kind issuer audience jwks_url', '*');
create trigger ramal_audit_config after insert or update or delete on agent_token_keys
  for each row execute function ramal_audit_config('tenant kid', '*');
