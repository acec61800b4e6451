-- Months are made by whoever owns the tables, also when a service without that right asks for it (threat 12).
do $$
begin
  execute format(
    'alter function ramal_ensure_partitions(date, int) security definer set search_path = %I, pg_temp',
    current_schema());
end
$$;

revoke execute on function ramal_ensure_partitions(date, int) from public;
