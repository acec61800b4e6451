-- A step is always looked for by its call: one index in place of two, for the table that gets the most rows.
alter table call_traces drop constraint call_traces_pkey;
alter table call_traces add primary key (started_at, call_id, trace_id);
drop index call_traces_by_call;

-- As before, told by a column that changes once: each word on a call changes its state, and what changes a column that
-- an index depends on is written into every index of the table.
drop index calls_open;
create index calls_open on calls (started_at, call_id) include (tenant) where ended_at is null;
