import type { CallEvent } from '@ramal/contracts';
import { sleepUntil } from '@ramal/testkit';
import pg from 'pg';

/** A row of the table `calls`, as it lies in PostgreSQL. */
export interface StoredCall {
  call_id: string;
  tenant: string;
  direction: string;
  state: string;
  result: string | null;
  reason: string | null;
  ramal: string | null;
  user_name: string | null;
  peer: string | null;
  origin: string | null;
  destination: string | null;
  external_call_id: string | null;
  intent_id: string | null;
  matched_by: string | null;
  started_at: Date;
  answered_at: Date | null;
  ended_at: Date | null;
  duration_sec: number | null;
  recording: string | null;
}

/** What PostgreSQL holds, read behind the services' backs. */
export interface HistoryReader {
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Calls whose row fits, oldest first; columns are compared as text. */
  calls(where: Partial<Record<keyof StoredCall, string>>): Promise<StoredCall[]>;
  events(callId: string): Promise<CallEvent[]>;
  /** Waits until exactly these calls, at least one, all fit. */
  waitForCalls(
    where: Partial<Record<keyof StoredCall, string>>,
    fits: (calls: StoredCall[]) => boolean,
    timeoutMs?: number,
  ): Promise<StoredCall[]>;
  /** Waits until an event of this type is stored for the call. */
  waitForEvent(callId: string, type: CallEvent['type'], timeoutMs?: number): Promise<CallEvent>;
  /** Waits until the call with this id has ended. */
  waitForEnd(callId: string, timeoutMs?: number): Promise<StoredCall>;
  close(): Promise<void>;
}

export function createHistoryReader(databaseUrl: string): HistoryReader {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4, connectionTimeoutMillis: 5000 });
  pool.on('error', () => undefined); // a test may stop the server
  const query: HistoryReader['query'] = async <Row extends pg.QueryResultRow>(
    text: string,
    values: unknown[] = [],
  ) => (await pool.query<Row>(text, values)).rows;
  const calls: HistoryReader['calls'] = (where) => {
    const names = Object.keys(where);
    const condition = names.map((name, i) => `${name}::text = $${i + 1}`).join(' and ');
    return query<StoredCall>(
      `select * from calls where ${condition || 'true'} order by started_at, call_id`,
      Object.values(where),
    );
  };
  const waitForCalls: HistoryReader['waitForCalls'] = async (where, fits, timeoutMs = 30_000) => {
    let last: StoredCall[] = [];
    return sleepUntil(
      async () => {
        last = await calls(where);
        return last.length > 0 && fits(last) ? last : undefined;
      },
      {
        timeoutMs,
        describe: () => `calls where ${JSON.stringify(where)}; the last ones: ${JSON.stringify(last)}`,
      },
    );
  };
  const events: HistoryReader['events'] = async (callId) => {
    const rows = await query<{ event: CallEvent }>(
      'select event from call_events where call_id = $1 order by at, event_id',
      [callId],
    );
    return rows.map(({ event }) => event);
  };
  return {
    query,
    calls,
    events,
    waitForCalls,
    waitForEvent: (callId, type, timeoutMs = 30_000) =>
      sleepUntil(async () => (await events(callId)).find((event) => event.type === type), {
        timeoutMs,
        describe: `a stored ${type} of the call ${callId}`,
      }),
    waitForEnd: async (callId, timeoutMs) => {
      const [call] = await waitForCalls({ call_id: callId }, ([one]) => one?.state === 'ended', timeoutMs);
      if (call === undefined) throw new Error('no call');
      return call;
    },
    close: () => pool.end(),
  };
}
