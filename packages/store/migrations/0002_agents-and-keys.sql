-- The CRM's users as the CTI knows them (R31).
create table agents (
  tenant text not null,
  user_name text not null,
  display_name text,
  ramal text,
  agente text,
  senha text,
  token text,
  active boolean not null default true,
  primary key (tenant, user_name)
);

create unique index agents_ramal_key on agents (tenant, ramal) where ramal is not null;

-- Keys and tokens are 256 random bits, so a plain SHA-256 of them is enough at rest.
create table api_keys (
  key_hash bytea primary key,
  name text not null,
  -- Null: the key speaks for every tenant.
  tenant text,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

create table callback_tokens (
  token_hash bytea primary key,
  tenant text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

create index callback_tokens_tenant on callback_tokens (tenant);
