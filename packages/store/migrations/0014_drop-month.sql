-- A month of the history is dropped by whoever owns its tables, also when a service without that right asks for it
-- (threat 12), which may ask for nothing else: a month's own tables, and of a month that is over.
create function ramal_drop_month(month text) returns void
language plpgsql security definer as $$
declare
  parent text;
begin
  if month !~ '^\d{4}_\d{2}$' or to_date(month, 'YYYY_MM') + interval '1 month' > now() then
    raise exception 'no month that is over: %', month using errcode = 'invalid_parameter_value';
  end if;
  -- In the order in which writers take their locks.
  foreach parent in array array['calls', 'call_events', 'call_traces'] loop
    execute format('drop table if exists %I', parent || '_' || month);
  end loop;
end
$$;

do $$
begin
  execute format(
    'alter function ramal_drop_month(text) set search_path = %I, pg_temp', current_schema());
end
$$;

revoke execute on function ramal_drop_month(text) from public;
