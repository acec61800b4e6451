import { escapeId, type Names } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { toPrimaries } from './connect-redis.ts';

/** A key of a tenant's, taken apart. */
export interface TenantKey {
  key: string;
  kind: string;
  /** What comes behind the tenant. */
  ids: string[];
}

const SCAN_COUNT = 1_000;

/** All keys that name a tenant. Goes through the whole of Redis, a piece at a time: for rare work, not for a request. */
export async function listTenantKeys(redis: Redis, names: Names, tenant: string): Promise<TenantKey[]> {
  const tag = names.events(names.partitionOf(tenant)).slice(0, -'events'.length);
  const own = escapeId(tenant);
  const found = new Map<string, TenantKey>();
  // They all lie on one of a cluster's primaries, or, while their slot moves, on two.
  for (const primary of toPrimaries(redis)) {
    let cursor = '0';
    do {
      const [next, keys] = await primary.scan(cursor, 'MATCH', `${tag}*:${own}*`, 'COUNT', SCAN_COUNT);
      for (const key of keys) {
        const [kind = '', of, ...ids] = key.slice(tag.length).split(':');
        if (of === own) found.set(key, { key, kind, ids: ids.map(unescapeId) });
      }
      cursor = next;
    } while (cursor !== '0');
  }
  return [...found.values()];
}

function unescapeId(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    // Half a surrogate pair, which has a spelling of its own (names.ts).
    return id;
  }
}
