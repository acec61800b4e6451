-- The roles of the services and what each may do (threat 12). Written by "npm run rights" from
-- packages/store/src/rights/service-rights.ts: change it there. Run it as an administrator, on the migrated
-- database, after each "ramal migrate"; "ramal db grant" does the same and sets the passwords too.
begin;
do $$ begin
  if not exists (select 1 from pg_roles where rolname = 'ramal_ws_gateway') then create role ramal_ws_gateway login; end if;
exception when duplicate_object or unique_violation then null;
end $$;
do $$ begin
  if not exists (select 1 from pg_roles where rolname = 'ramal_dialer') then create role ramal_dialer login; end if;
exception when duplicate_object or unique_violation then null;
end $$;
do $$ begin
  if not exists (select 1 from pg_roles where rolname = 'ramal_webhook') then create role ramal_webhook login; end if;
exception when duplicate_object or unique_violation then null;
end $$;
do $$ begin
  if not exists (select 1 from pg_roles where rolname = 'ramal_history') then create role ramal_history login; end if;
exception when duplicate_object or unique_violation then null;
end $$;
do $$ begin
  if not exists (select 1 from pg_roles where rolname = 'ramal_api') then create role ramal_api login; end if;
exception when duplicate_object or unique_violation then null;
end $$;
do $$ begin
  if not exists (select 1 from pg_roles where rolname = 'ramal_owner') then create role ramal_owner login; end if;
exception when duplicate_object or unique_violation then null;
end $$;
do $$ begin
  -- To hand something over takes membership, but for a superuser.
  if not (select rolsuper from pg_roles where rolname = current_user) and current_user <> 'ramal_owner' then
    execute 'grant ramal_owner to ' || quote_ident(current_user);
  end if;
  execute format('grant usage, create on schema %I to ramal_owner', current_schema());
end $$;
do $$
declare
  one record;
begin
  for one in
    select c.oid::regclass as name
      from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
       and c.relowner = current_user::regrole and current_user <> 'ramal_owner'
       and (c.relname in ('access_revocations', 'agent_token_keys', 'agent_token_policies', 'agents', 'api_keys', 'audit_log', 'audit_persons', 'audit_seals', 'call_events', 'call_traces', 'callback_credentials', 'callback_networks', 'callback_token_uses', 'callback_tokens', 'calls', 'configuracao_cti', 'cti_settings', 'dead_letters', 'empresas', 'ramal_migrations', 'retention_floors', 'retention_runs', 'stream_checkpoints', 'tenant_keys', 'wl_chamados_empresa')
            or exists (select 1 from pg_inherits i
                        where i.inhrelid = c.oid
                          and i.inhparent in (select p.oid from pg_class p
                                               where p.relnamespace = c.relnamespace
                                                 and p.relname in ('calls', 'call_events', 'call_traces'))))
  loop
    execute format('alter table %s owner to ramal_owner', one.name);
  end loop;
  for one in
    select p.oid::regprocedure as name
      from pg_proc p
     where p.pronamespace = current_schema()::regnamespace and starts_with(p.proname, 'ramal_')
       and p.proowner = current_user::regrole and current_user <> 'ramal_owner'
  loop
    execute format('alter function %s owner to ramal_owner', one.name);
  end loop;
end $$;
do $$ begin
  execute format('revoke all on all tables in schema %I from ramal_ws_gateway', current_schema());
  execute format('revoke all on all functions in schema %I from ramal_ws_gateway', current_schema());
  execute format('grant usage on schema %I to ramal_ws_gateway', current_schema());
end $$;
grant select (empresa_id, nome, tenant, ativo, vip, host, nome_banco, senha_banco) on wl_chamados_empresa to ramal_ws_gateway;
grant update (senha_banco) on wl_chamados_empresa to ramal_ws_gateway;
grant select (tenant, user_name, display_name, ramal, active) on agents to ramal_ws_gateway;
grant select on empresas to ramal_ws_gateway;
grant select on configuracao_cti to ramal_ws_gateway;
grant select on cti_settings to ramal_ws_gateway;
grant select on tenant_keys to ramal_ws_gateway;
grant insert on tenant_keys to ramal_ws_gateway;
grant select (senha_padrao) on wl_chamados_empresa to ramal_ws_gateway;
grant update (senha_padrao) on wl_chamados_empresa to ramal_ws_gateway;
grant select (agente, senha, token) on agents to ramal_ws_gateway;
grant update (senha, token) on agents to ramal_ws_gateway;
grant select on agent_token_policies to ramal_ws_gateway;
grant select on agent_token_keys to ramal_ws_gateway;
grant select on access_revocations to ramal_ws_gateway;
do $$ begin
  execute format('revoke all on all tables in schema %I from ramal_dialer', current_schema());
  execute format('revoke all on all functions in schema %I from ramal_dialer', current_schema());
  execute format('grant usage on schema %I to ramal_dialer', current_schema());
end $$;
grant select (empresa_id, nome, tenant, ativo, vip, host, nome_banco, senha_banco) on wl_chamados_empresa to ramal_dialer;
grant update (senha_banco) on wl_chamados_empresa to ramal_dialer;
grant select (tenant, user_name, display_name, ramal, active) on agents to ramal_dialer;
grant select on empresas to ramal_dialer;
grant select on configuracao_cti to ramal_dialer;
grant select on cti_settings to ramal_dialer;
grant select on tenant_keys to ramal_dialer;
grant insert on tenant_keys to ramal_dialer;
grant select (senha_padrao) on wl_chamados_empresa to ramal_dialer;
grant update (senha_padrao) on wl_chamados_empresa to ramal_dialer;
grant select (agente, senha, token) on agents to ramal_dialer;
grant update (senha, token) on agents to ramal_dialer;
do $$ begin
  execute format('revoke all on all tables in schema %I from ramal_webhook', current_schema());
  execute format('revoke all on all functions in schema %I from ramal_webhook', current_schema());
  execute format('grant usage on schema %I to ramal_webhook', current_schema());
end $$;
grant select (empresa_id, nome, tenant, ativo, vip, host, nome_banco, senha_banco) on wl_chamados_empresa to ramal_webhook;
grant update (senha_banco) on wl_chamados_empresa to ramal_webhook;
grant select (tenant, user_name, display_name, ramal, active) on agents to ramal_webhook;
grant select on empresas to ramal_webhook;
grant select on configuracao_cti to ramal_webhook;
grant select on cti_settings to ramal_webhook;
grant select on tenant_keys to ramal_webhook;
grant insert on tenant_keys to ramal_webhook;
grant select on callback_tokens to ramal_webhook;
grant select on callback_networks to ramal_webhook;
grant select on callback_credentials to ramal_webhook;
grant select on callback_token_uses to ramal_webhook;
grant insert on callback_token_uses to ramal_webhook;
grant update on callback_token_uses to ramal_webhook;
grant insert on dead_letters to ramal_webhook;
grant select (partition, stream_id) on dead_letters to ramal_webhook;
do $$ begin
  execute format('revoke all on all tables in schema %I from ramal_history', current_schema());
  execute format('revoke all on all functions in schema %I from ramal_history', current_schema());
  execute format('grant usage on schema %I to ramal_history', current_schema());
end $$;
grant select (empresa_id, nome, tenant, ativo, vip, host, nome_banco, senha_banco) on wl_chamados_empresa to ramal_history;
grant update (senha_banco) on wl_chamados_empresa to ramal_history;
grant select (tenant, user_name, display_name, ramal, active) on agents to ramal_history;
grant select on empresas to ramal_history;
grant select on configuracao_cti to ramal_history;
grant select on cti_settings to ramal_history;
grant select on tenant_keys to ramal_history;
grant insert on tenant_keys to ramal_history;
grant select on calls to ramal_history;
grant insert on calls to ramal_history;
grant update on calls to ramal_history;
grant delete on calls to ramal_history;
grant select on call_events to ramal_history;
grant insert on call_events to ramal_history;
grant update on call_events to ramal_history;
grant delete on call_events to ramal_history;
grant select on call_traces to ramal_history;
grant insert on call_traces to ramal_history;
grant delete on call_traces to ramal_history;
grant select on dead_letters to ramal_history;
grant insert on dead_letters to ramal_history;
grant delete on dead_letters to ramal_history;
grant select on retention_floors to ramal_history;
grant insert on retention_floors to ramal_history;
grant update on retention_floors to ramal_history;
grant select on retention_runs to ramal_history;
grant insert on retention_runs to ramal_history;
grant update on retention_runs to ramal_history;
grant select on stream_checkpoints to ramal_history;
grant insert on stream_checkpoints to ramal_history;
grant update on stream_checkpoints to ramal_history;
grant insert on audit_log to ramal_history;
grant select on audit_persons to ramal_history;
grant insert on audit_persons to ramal_history;
grant select on audit_log to ramal_history;
grant select on audit_seals to ramal_history;
grant insert on audit_seals to ramal_history;
grant execute on function ramal_ensure_partitions(date, int) to ramal_history;
grant execute on function ramal_drop_month(text) to ramal_history;
do $$ begin
  execute format('revoke all on all tables in schema %I from ramal_api', current_schema());
  execute format('revoke all on all functions in schema %I from ramal_api', current_schema());
  execute format('grant usage on schema %I to ramal_api', current_schema());
end $$;
grant select (empresa_id, nome, tenant, ativo, vip, host, nome_banco, senha_banco) on wl_chamados_empresa to ramal_api;
grant update (senha_banco) on wl_chamados_empresa to ramal_api;
grant select (tenant, user_name, display_name, ramal, active) on agents to ramal_api;
grant select on empresas to ramal_api;
grant select on configuracao_cti to ramal_api;
grant select on cti_settings to ramal_api;
grant select on tenant_keys to ramal_api;
grant insert on tenant_keys to ramal_api;
grant select on agent_token_policies to ramal_api;
grant select on agent_token_keys to ramal_api;
grant select on access_revocations to ramal_api;
grant insert on audit_log to ramal_api;
grant select on audit_persons to ramal_api;
grant insert on audit_persons to ramal_api;
grant select on api_keys to ramal_api;
grant insert on api_keys to ramal_api;
grant update on api_keys to ramal_api;
grant insert on access_revocations to ramal_api;
grant update on access_revocations to ramal_api;
grant select on calls to ramal_api;
grant update on calls to ramal_api;
grant select on call_events to ramal_api;
grant update on call_events to ramal_api;
grant select on call_traces to ramal_api;
grant update on call_traces to ramal_api;
grant select on dead_letters to ramal_api;
grant update on dead_letters to ramal_api;
grant select (agente) on agents to ramal_api;
grant delete on agents to ramal_api;
grant select on audit_log to ramal_api;
grant select on audit_seals to ramal_api;
grant update (user_name, erased_at) on audit_persons to ramal_api;
commit;
