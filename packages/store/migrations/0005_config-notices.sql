-- Up Migration
-- Tells every running process which tenant's configuration changed, however it was changed (R29).
create function ramal_notify_tenant() returns trigger language plpgsql as $$
declare
  changed jsonb;
  name text;
begin
  -- Both sides of a change: a row may move from one tenant to another.
  foreach changed in array array[to_jsonb(old), to_jsonb(new)] loop
    continue when changed is null;
    name := changed ->> 'tenant';
    if name is null then
      select tenant into name from wl_chamados_empresa where empresa_id = (changed ->> 'empresa_id')::int;
    end if;
    perform pg_notify('ramal_config', coalesce(name, ''));
  end loop;
  return null;
exception when others then
  -- A CRM's own table may hold anything: a change of it must never fail because of us.
  perform pg_notify('ramal_config', '');
  return null;
end
$$;

do $$
declare
  watched text;
begin
  foreach watched in array array[
    'wl_chamados_empresa', 'empresas', 'configuracao_cti', 'cti_settings', 'agents', 'callback_tokens'
  ] loop
    execute format(
      'create trigger ramal_notify_tenant after insert or update or delete on %I
         for each row execute function ramal_notify_tenant()', watched);
  end loop;
end
$$;
