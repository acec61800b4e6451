import { EVENT_FIELD, HISTORY_GROUP, type Names, TRACE_FIELD } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { loadScript } from './load-script.ts';

/** One entry of the event stream, not parsed: it may be poison. */
export interface StreamEntry {
  id: string;
  /** One event, or the traces of one tenant. */
  kind: 'event' | 'traces';
  /** The JSON of what it holds; "" when the entry lacks it. */
  json: string;
}

/** The stream of one partition, read by the history group (I3, I7). */
export interface EventStream {
  /** Makes the group, reading on after `afterId`; does nothing when it exists. */
  ensureGroup(afterId: string): Promise<void>;
  /** Waits at most `blockMs` for entries nobody has read. @throws GroupMissingError */
  read(consumer: string, count: number, blockMs: number): Promise<StreamEntry[]>;
  /** Takes over entries that another consumer has left unacknowledged for `minIdleMs`. @throws GroupMissingError */
  reclaim(consumer: string, minIdleMs: number, count: number): Promise<StreamEntry[]>;
  ack(ids: readonly string[]): Promise<void>;
  /** The id below which everything is acknowledged; null when nothing was read yet. */
  committedBelow(): Promise<string | null>;
  /** Deletes the entries below this id. */
  trim(belowId: string): Promise<void>;
  /** Entries not acknowledged yet, read or not. */
  lag(): Promise<number>;
  /** Drops consumers that are gone and own nothing. */
  forgetIdleConsumers(idleMs: number): Promise<void>;
  /** The greatest id ever given out in this stream; null when there is no stream. */
  lastId(): Promise<string | null>;
}

/** The consumer group is gone: Redis was restarted or failed over without it. */
export class GroupMissingError extends Error {
  readonly code = 'group_missing';
}

type RawEntry = [string, string[] | null];

/**
 * @param blocking used for `read` alone, so that nothing else waits behind it
 */
export function createEventStream(
  commands: Redis,
  blocking: Redis,
  names: Names,
  partition: number,
): EventStream {
  const stream = names.events(partition);
  const forget = loadScript(commands, 'forget');
  const groupInfo = async (): Promise<Record<string, unknown> | undefined> => {
    const groups = await orEmpty(commands.xinfo('GROUPS', stream) as Promise<unknown[][]>);
    return groups.map(toFields).find((group) => group['name'] === HISTORY_GROUP);
  };
  return {
    async ensureGroup(afterId) {
      try {
        await commands.xgroup('CREATE', stream, HISTORY_GROUP, afterId, 'MKSTREAM');
      } catch (error) {
        if (!isReplyError(error, 'BUSYGROUP')) throw error;
      }
    },
    async read(consumer, count, blockMs) {
      const reply = await orGroupMissing(
        blocking.xreadgroup(
          'GROUP',
          HISTORY_GROUP,
          consumer,
          'COUNT',
          count,
          'BLOCK',
          blockMs,
          'STREAMS',
          stream,
          '>',
        ),
      );
      const streams = (reply ?? []) as [string, RawEntry[]][];
      return toEntries(streams[0]?.[1] ?? []);
    },
    async reclaim(consumer, minIdleMs, count) {
      const reply = await orGroupMissing(
        commands.xautoclaim(stream, HISTORY_GROUP, consumer, minIdleMs, '0-0', 'COUNT', count),
      );
      const [, entries] = reply as [string, RawEntry[]];
      return toEntries(entries);
    },
    async ack(ids) {
      if (ids.length > 0) await commands.xack(stream, HISTORY_GROUP, ...ids);
    },
    async committedBelow() {
      // In this order: what another consumer reads in between is pending then, and never counted as committed.
      const group = await groupInfo();
      const pending = await orGroupMissing(commands.xpending(stream, HISTORY_GROUP));
      const [count, lowest] = pending as [number, string | null];
      if (count > 0 && lowest !== null) return lowest;
      const delivered = group?.['last-delivered-id'];
      return typeof delivered === 'string' && delivered !== '0-0' ? toNextId(delivered) : null;
    },
    async trim(belowId) {
      await commands.xtrim(stream, 'MINID', '~', belowId);
    },
    async lag() {
      const group = await groupInfo();
      return Number(group?.['lag'] ?? 0) + Number(group?.['pending'] ?? 0);
    },
    async forgetIdleConsumers(idleMs) {
      await forget([stream], [HISTORY_GROUP, idleMs]);
    },
    async lastId() {
      try {
        const info = toFields((await commands.xinfo('STREAM', stream)) as unknown[]);
        return String(info['last-generated-id']);
      } catch (error) {
        if (isReplyError(error, 'no such key')) return null;
        throw error;
      }
    },
  };
}

/** Order of two stream ids. */
export function compareStreamIds(a: string, b: string): number {
  const [aMs = '0', aSeq = '0'] = a.split('-');
  const [bMs = '0', bSeq = '0'] = b.split('-');
  return Number(aMs) - Number(bMs) || Number(aSeq) - Number(bSeq);
}

function toNextId(id: string): string {
  const [ms = '0', seq = '0'] = id.split('-');
  return `${ms}-${Number(seq) + 1}`;
}

function toEntries(raw: readonly RawEntry[]): StreamEntry[] {
  return raw.map(([id, fields]) => {
    const event = valueOf(fields, EVENT_FIELD);
    const traces = event === undefined ? valueOf(fields, TRACE_FIELD) : undefined;
    return traces === undefined
      ? { id, kind: 'event', json: event ?? '' }
      : { id, kind: 'traces', json: traces };
  });
}

function valueOf(fields: readonly string[] | null, name: string): string | undefined {
  const at = fields?.indexOf(name) ?? -1;
  return at === -1 ? undefined : fields?.[at + 1];
}

function toFields(flat: readonly unknown[]): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) entries.push([String(flat[i]), flat[i + 1]]);
  return Object.fromEntries(entries);
}

function isReplyError(error: unknown, part: string): boolean {
  return error instanceof Error && error.message.includes(part);
}

async function orGroupMissing<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (error) {
    throw isReplyError(error, 'NOGROUP')
      ? new GroupMissingError('the consumer group is gone', { cause: error })
      : error;
  }
}

/** No stream or no group yet is as good as an empty list. */
async function orEmpty<T>(reply: Promise<T[]>): Promise<T[]> {
  try {
    return await reply;
  } catch (error) {
    if (isReplyError(error, 'no such key') || isReplyError(error, 'NOGROUP')) return [];
    throw error;
  }
}
