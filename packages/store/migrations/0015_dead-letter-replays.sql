-- Where a dead letter comes from: the stream of events, or the journal of a webhook.
alter table dead_letters add column source text not null default 'stream';

-- How often it was tried again in vain, when last and why; and when it was stored after all.
alter table dead_letters add column attempts int not null default 0;
alter table dead_letters add column attempted_at timestamptz;
alter table dead_letters add column failure text;
alter table dead_letters add column replayed_at timestamptz;
