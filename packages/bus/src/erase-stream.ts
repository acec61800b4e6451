import { isSameNumber, mentionsNumber, type Person } from '@ramal/calls';
import { EVENT_FIELD, HISTORY_GROUP, type Names, TRACE_FIELD } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { compareStreamIds } from './event-stream.ts';

/** The entries of a tenant's event stream that speak of a person. */
export interface StreamErasure {
  /** In PostgreSQL already, and so deleted here: a stream is trimmed roughly and may keep them for long. */
  deleted: number;
  /** Not in PostgreSQL yet. */
  waiting: number;
}

const PAGE = 1_000;

/**
 * Deletes what PostgreSQL has; what it doesn't have yet is counted and left, for it must be stored first, whatever is
 * erased from it there (I3, I7).
 */
export async function eraseFromStream(
  redis: Redis,
  names: Names,
  tenant: string,
  person: Person,
  options: { dryRun?: boolean } = {},
): Promise<StreamErasure> {
  const stream = names.events(names.partitionOf(tenant));
  const committedBelow = await readCommittedBelow(redis, stream);
  const erasure: StreamErasure = { deleted: 0, waiting: 0 };
  let after = '-';
  for (;;) {
    const entries = await redis.xrange(stream, after, '+', 'COUNT', PAGE);
    const theirs = entries.filter(([, fields]) => speaksOf(fields, tenant, person)).map(([id]) => id);
    const stored = theirs.filter((id) => committedBelow !== null && compareStreamIds(id, committedBelow) < 0);
    erasure.deleted += stored.length;
    erasure.waiting += theirs.length - stored.length;
    if (stored.length > 0 && options.dryRun !== true) await redis.xdel(stream, ...stored);
    const last = entries.at(-1);
    if (last === undefined || entries.length < PAGE) return erasure;
    after = `(${last[0]}`;
  }
}

/** Below which id everything is acknowledged; null where nobody reads the stream yet. */
async function readCommittedBelow(redis: Redis, stream: string): Promise<string | null> {
  try {
    // In this order: what is read in between counts as pending.
    const groups = (await redis.xinfo('GROUPS', stream)) as unknown[][];
    const [count, lowest] = (await redis.xpending(stream, HISTORY_GROUP)) as [number, string | null];
    if (count > 0 && lowest !== null) return lowest;
    const group = groups.find((flat) => flat[flat.indexOf('name') + 1] === HISTORY_GROUP);
    const delivered = group?.[group.indexOf('last-delivered-id') + 1];
    if (typeof delivered !== 'string' || delivered === '0-0') return null;
    const [ms = '0', seq = '0'] = delivered.split('-');
    return `${ms}-${Number(seq) + 1}`;
  } catch (error) {
    if (error instanceof Error && /no such key|NOGROUP/.test(error.message)) return null;
    throw error;
  }
}

function speaksOf(fields: readonly string[], tenant: string, person: Person): boolean {
  const at = [EVENT_FIELD, TRACE_FIELD].map((name) => fields.indexOf(name)).find((index) => index !== -1);
  const json = at === undefined ? '' : (fields[at + 1] ?? '');
  // Poison may be no JSON; whose it is nobody can tell then, and history makes a dead letter of it.
  if (!json.includes(JSON.stringify(tenant))) return false;
  const texts = json.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
  return texts.some((quoted) => {
    const text = quoted.slice(1, -1);
    if (person.kind === 'user') return quoted === JSON.stringify(person.user);
    return text !== '' && (isSameNumber(text, person.number) || mentionsNumber(text, person.number));
  });
}
