import { Redis } from 'ioredis';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { finished } from 'node:stream/promises';
import { readSetting, tellParent } from './tell-parent.ts';

/**
 * The least that brings events from streams into `calls` and `call_events`, one reader a stream: by one insert of
 * unnested arrays a batch and table, by COPY, or by one insert an event. No lock, no reducing, no checkpoint. The
 * parent says `go`; `done` says that the streams are empty and all is acknowledged.
 */
const streams = JSON.parse(readSetting('STREAMS')) as string[];
const mode = readSetting('MODE') as 'unnest' | 'copy' | 'single';
/** Whole calls, of three events each: COPY knows no conflict. */
const BATCH = 498;
const GROUP = 'floor';
const redis = new Redis(readSetting('REDIS_URL'));
const pool = new pg.Pool({ connectionString: readSetting('DATABASE_URL'), max: streams.length });

interface Told {
  type: string;
  eventId: string;
  tenant: string;
  callId: string;
  at: number;
  ramal: string;
  user: string;
  peer: string;
  origin: string;
  destination: string;
  externalCallId: string;
  result?: string;
  durationSec?: number;
}

type Row = (string | number | null)[];

const toStartedAt = (callId: string) =>
  new Date(Number.parseInt(callId.slice(0, 8) + callId.slice(9, 13), 16)).toISOString();

const toEventRow = (json: string, event: Told): Row => [
  toStartedAt(event.callId),
  event.eventId,
  event.callId,
  event.tenant,
  event.type,
  new Date(event.at).toISOString(),
  json,
];

/** What the last event of a call says of it. */
const toCallRow = (event: Told): Row => [
  toStartedAt(event.callId),
  event.callId,
  event.tenant,
  'inbound',
  'ended',
  event.result ?? null,
  event.ramal,
  event.user,
  event.peer,
  event.peer,
  event.origin,
  event.destination,
  event.externalCallId,
  new Date(event.at).toISOString(),
  event.durationSec ?? null,
];

const EVENT_COLUMNS = 'started_at, event_id, call_id, tenant, type, at, event';
const EVENT_TYPES = ['timestamptz', 'uuid', 'uuid', 'text', 'text', 'timestamptz', 'jsonb'];
const CALL_COLUMNS =
  'started_at, call_id, tenant, direction, state, result, ramal, user_name, peer, peer_digits, origin, destination, external_call_id, ended_at, duration_sec';
const CALL_TYPES = ['timestamptz', 'uuid', ...Array<string>(11).fill('text'), 'timestamptz', 'int'];
const UPSERT =
  'on conflict (started_at, call_id) do update set state = excluded.state, result = excluded.result, ended_at = excluded.ended_at, duration_sec = excluded.duration_sec';

const toUnnest = (table: string, columns: string, types: readonly string[], onConflict: string) =>
  `insert into ${table} (${columns}) select * from unnest(${types.map((type, i) => `$${i + 1}::${type}[]`).join(', ')}) ${onConflict}`;
const toColumns = (rows: readonly Row[], width: number) =>
  Array.from({ length: width }, (_, column) => rows.map((row) => row[column]));
const toSingle = (table: string, columns: string, types: readonly string[], onConflict: string) =>
  `insert into ${table} (${columns}) values (${types.map((type, i) => `$${i + 1}::${type}`).join(', ')}) ${onConflict}`;

const INSERT_EVENTS = toUnnest('call_events', EVENT_COLUMNS, EVENT_TYPES, 'on conflict do nothing');
const INSERT_CALLS = toUnnest('calls', CALL_COLUMNS, CALL_TYPES, UPSERT);
const INSERT_EVENT = toSingle('call_events', EVENT_COLUMNS, EVENT_TYPES, 'on conflict do nothing');
const INSERT_CALL = toSingle('calls', CALL_COLUMNS, CALL_TYPES, UPSERT);

async function copy(
  client: pg.PoolClient,
  table: string,
  columns: string,
  rows: readonly Row[],
): Promise<void> {
  const target = client.query(copyFrom(`copy ${table} (${columns}) from stdin`));
  const toText = (value: Row[number]) => (value === null ? '\\N' : String(value).replaceAll('\\', '\\\\'));
  target.end(rows.map((row) => `${row.map(toText).join('\t')}\n`).join(''));
  await finished(target);
}

async function store(client: pg.PoolClient, jsons: readonly string[]): Promise<void> {
  const told = jsons.map((json) => [json, JSON.parse(json) as Told] as const);
  const calls = [...new Map(told.map(([, event]) => [event.callId, toCallRow(event)])).values()];
  if (mode === 'single') {
    for (const [json, event] of told) {
      await client.query({ name: 'event', text: INSERT_EVENT, values: toEventRow(json, event) });
      await client.query({ name: 'call', text: INSERT_CALL, values: toCallRow(event) });
    }
    return;
  }
  const events = told.map(([json, event]) => toEventRow(json, event));
  await client.query('begin');
  if (mode === 'copy') {
    await copy(client, 'call_events', EVENT_COLUMNS, events);
    await copy(client, 'calls', CALL_COLUMNS, calls);
  } else {
    await client.query({
      name: 'events',
      text: INSERT_EVENTS,
      values: toColumns(events, EVENT_TYPES.length),
    });
    await client.query({ name: 'calls', text: INSERT_CALLS, values: toColumns(calls, CALL_TYPES.length) });
  }
  await client.query('commit');
}

async function drain(stream: string): Promise<void> {
  const client = await pool.connect();
  try {
    await redis.xgroup('CREATE', stream, GROUP, '0', 'MKSTREAM').catch(() => undefined);
    for (;;) {
      const reply = await redis.xreadgroup('GROUP', GROUP, 'floor', 'COUNT', BATCH, 'STREAMS', stream, '>');
      const entries = ((reply ?? []) as [string, [string, string[]][]][])[0]?.[1] ?? [];
      if (entries.length === 0) return;
      await store(
        client,
        entries.map(([, fields]) => fields[1] ?? ''),
      );
      const ids = entries.map(([id]) => id);
      await redis.xack(stream, GROUP, ...ids);
      await redis.xtrim(stream, 'MINID', '~', ids.at(-1) ?? '0');
    }
  } finally {
    client.release();
  }
}

process.on('message', (order: string) => {
  if (order === 'go') void Promise.all(streams.map(drain)).then(() => process.send?.('done'));
});
await pool.query('select 1');
tellParent(0);
