-- The keys that tenants' secrets are sealed with (threat 3): each tenant's own, wrapped by the master key, which is
-- never in the database. A version is never changed but for its wrapping; the newest one seals, older ones still open.
create table tenant_keys (
  tenant text not null,
  version int not null check (version > 0),
  -- AES-256-GCM: nonce, the key encrypted, tag; bound to tenant and version.
  wrapped_key bytea not null,
  -- Names the master key and says nothing about it.
  master_key_id text not null,
  created_at timestamptz not null default now(),
  primary key (tenant, version)
);
