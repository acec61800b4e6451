-- The calls without an end, in the order in which those nobody will tell the end of are looked for. updated_at is not in
-- it: it changes with every word on a call, and each change would have to be written into every index of the table.
create index calls_open on calls (started_at, call_id) include (tenant) where state <> 'ended';
