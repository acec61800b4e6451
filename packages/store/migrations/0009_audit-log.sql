-- Who changed, read or erased what (threat 11). Rows are added and never touched again; what names a person is a
-- reference into audit_persons, so that a person can be forgotten while the log and its chain stay whole.
create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  -- Null: of the whole installation, or of a company that nobody could tell.
  tenant text,
  actor text not null,
  -- `noun.verb`, past tense.
  action text not null,
  subject text,
  detail jsonb not null default '{}'
);

create index audit_log_by_tenant on audit_log (tenant, id);

-- The hash chain over the log, laid a moment after the entries: whoever writes an entry waits for nobody, and a CRM's long
-- transaction holds up no one else's. Each hash covers the one before it and the entry's own content; with a master key
-- it is keyed, so that who can write to the database alone can't make it anew.
create table audit_seals (
  seq bigint primary key,
  audit_id bigint not null unique,
  -- Which key made the hash; '' for none.
  key_id text not null,
  hash bytea not null,
  at timestamptz not null default clock_timestamp()
);

create function ramal_audit_append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;

create trigger append_only before update or delete on audit_log
  for each row execute function ramal_audit_append_only();
create trigger append_only_truncate before truncate on audit_log
  for each statement execute function ramal_audit_append_only();
create trigger append_only before update or delete on audit_seals
  for each row execute function ramal_audit_append_only();
create trigger append_only_truncate before truncate on audit_seals
  for each statement execute function ramal_audit_append_only();
-- Also where session_replication_role is 'replica'.
alter table audit_log enable always trigger append_only;
alter table audit_log enable always trigger append_only_truncate;
alter table audit_seals enable always trigger append_only;
alter table audit_seals enable always trigger append_only_truncate;

-- The users that the log speaks of. Erasing one empties user_name: all entries about them then name nobody.
create table audit_persons (
  ref uuid primary key default gen_random_uuid(),
  tenant text not null,
  user_name text,
  erased_at timestamptz,
  unique (tenant, user_name)
);

-- The reference of a user, made at first sight.
create function ramal_audit_person(of_tenant text, of_user text) returns uuid language plpgsql as $$
declare
  found uuid;
begin
  loop
    select ref into found from audit_persons where tenant = of_tenant and user_name = of_user;
    exit when found is not null;
    insert into audit_persons (tenant, user_name) values (of_tenant, of_user) on conflict do nothing returning ref into found;
    exit when found is not null;
  end loop;
  return found;
end
$$;

-- A value fit for the log: short, without what may be a telephone number or, in a path's query, a key.
create function ramal_audit_value(value jsonb) returns jsonb language sql immutable as $$
  select case
    when value is null or jsonb_typeof(value) in ('null', 'boolean') then value
    when jsonb_typeof(value) in ('object', 'array') then '"(changed)"'::jsonb
    when length(value #>> '{}') > 200 then '"(changed)"'::jsonb
    -- An IP address and a date are no telephone numbers, seven digits in a row or with a dash or a blank may be.
    when value #>> '{}' ~ '^\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?$' then value
    when value #>> '{}' ~ '^\d{4}-\d\d-\d\d([T ].*)?$' then value
    when value #>> '{}' ~ '\d([\s().-]*\d){6}' then '"(changed)"'::jsonb
    when jsonb_typeof(value) = 'number' then value
    else to_jsonb(split_part(value #>> '{}', '?', 1))
  end
$$;

-- Writes down what changed in a table of configuration, however it was changed (also by plain SQL): who is connected, by
-- which program, which columns. Old and new values only of columns that are listed; of all others that they changed. A
-- CRM's own columns, of which we know nothing, are none of our business. TG_ARGV: the listed columns, the others that are
-- told of ('*': all), both separated by blanks.
-- With the owner's rights: a CRM's user may write to its table without any right to the log.
create function ramal_audit_config() returns trigger language plpgsql security definer as $$
declare
  before jsonb := '{}';
  after jsonb := '{}';
  row_now jsonb;
  shown text[] := string_to_array(tg_argv[0], ' ');
  hidden text[] := string_to_array(tg_argv[1], ' ');
  columns jsonb := '{}';
  settings jsonb := '{}';
  name text;
  of_tenant text;
  subject text;
  actor text;
begin
  if tg_op <> 'INSERT' then before := to_jsonb(old); end if;
  if tg_op <> 'DELETE' then after := to_jsonb(new); end if;
  row_now := case when tg_op = 'DELETE' then before else after end;
  for name in select key from jsonb_object_keys(before || after) as keys (key) loop
    continue when before -> name is not distinct from after -> name;
    -- When a key was used last is no change of it.
    continue when name like 'last\_%';
    continue when tg_op <> 'UPDATE' and coalesce(before ->> name, after ->> name) is null;
    if name = any (shown) then
      columns := columns || jsonb_build_object(name, jsonb_strip_nulls(jsonb_build_object(
        'old', ramal_audit_value(before -> name), 'new', ramal_audit_value(after -> name))));
    elsif name = any (hidden) or '*' = any (hidden) then
      columns := columns || jsonb_build_object(name, '(changed)');
    end if;
  end loop;
  if columns = '{}' then return null; end if;
  if tg_table_name = 'cti_settings'
     and coalesce(jsonb_typeof(before -> 'settings'), 'object') = 'object'
     and coalesce(jsonb_typeof(after -> 'settings'), 'object') = 'object' then
    -- Which settings, and the values of switches and counts alone: of texts nobody can tell whether they are secret.
    for name in select key from jsonb_object_keys(
      coalesce(before -> 'settings', '{}') || coalesce(after -> 'settings', '{}')) as keys (key)
    loop
      continue when before -> 'settings' -> name is not distinct from after -> 'settings' -> name;
      settings := settings || jsonb_build_object(name, case
        when coalesce(jsonb_typeof(before -> 'settings' -> name), 'null') in ('null', 'boolean', 'number')
         and coalesce(jsonb_typeof(after -> 'settings' -> name), 'null') in ('null', 'boolean', 'number')
        then jsonb_strip_nulls(jsonb_build_object(
          'old', ramal_audit_value(before -> 'settings' -> name), 'new', ramal_audit_value(after -> 'settings' -> name)))
        else '"(changed)"'::jsonb end);
    end loop;
  end if;
  of_tenant := row_now ->> 'tenant';
  if of_tenant is null and row_now ->> 'empresa_id' ~ '^\d{1,9}$' then
    select e.tenant into of_tenant from wl_chamados_empresa e where e.empresa_id = (row_now ->> 'empresa_id')::int;
  end if;
  subject := case
    when tg_table_name = 'agents' and of_tenant is not null
      then 'user @' || ramal_audit_person(of_tenant, row_now ->> 'user_name')
    when row_now ->> 'empresa_id' is not null then 'company ' || (row_now ->> 'empresa_id')
    when tg_table_name = 'api_keys' then 'key ' || left(row_now ->> 'name', 200)
  end;
  -- A program of ours may say on whose behalf it writes: set_config('ramal.actor', …, true).
  actor := coalesce(nullif(current_setting('ramal.actor', true), ''), 'database ' || session_user);
  insert into audit_log (tenant, actor, action, subject, detail) values (
    of_tenant, left(actor, 300), 'config.changed', subject, jsonb_strip_nulls(jsonb_build_object(
      'table', tg_table_name,
      'operation', lower(tg_op),
      'user', session_user::text,
      'application', nullif(current_setting('application_name', true), ''),
      'empresaId', case when row_now ->> 'empresa_id' ~ '^\d{1,9}$' then (row_now ->> 'empresa_id')::int end,
      'columns', columns,
      'settings', nullif(settings, '{}'))));
  return null;
exception when others then
  -- A change of a CRM's own table must never fail because of us; the server's log has it then.
  raise warning 'ramal: a change of % is not in the audit log: %', tg_table_name, sqlstate;
  return null;
end
$$;

do $$
declare
  watched record;
begin
  -- What runs with the owner's rights looks nowhere else, least of all at somebody's temporary tables.
  execute format('alter function ramal_audit_config() set search_path = %I, pg_temp', current_schema());
  for watched in select * from (values
    ('wl_chamados_empresa', 'empresa_id nome nome_banco ativo host vip tenant', 'senha_banco senha_padrao'),
    ('empresas',
     'usa_cti cti_autenticacao cti_tipo cti_protocolo cti_ip cti_porta cti_caminho cti_usa_linha cti_numero_linha '
     'cti_usa_zero_ddd cti_nome_origem cti_nome_destino', ''),
    ('configuracao_cti',
     'autenticacao tipo protocolo ip porta caminho usa_linha numero_linha metodo_chamada nome_variavel_origem_sainte '
     'nome_variavel_destino_sainte nome_variavel_origem nome_variavel_destino nome_variavel_audio', ''),
    ('cti_settings', '', 'settings'),
    ('agents', 'ramal active', 'display_name agente senha token'),
    ('api_keys', 'name tenant revoked_at', '*'),
    ('callback_tokens', 'revoked_at', '*')
  ) as t (name, shown, hidden) loop
    execute format(
      'create trigger ramal_audit_config after insert or update or delete on %I
         for each row execute function ramal_audit_config(%L, %L)', watched.name, watched.shown, watched.hidden);
  end loop;
end
$$;
