import type { Place } from './canary-spellings.ts';

/** As much of a Redis client as it takes. */
export interface RedisCommands {
  call(command: string, ...args: string[]): Promise<unknown>;
}

const READERS: Readonly<Record<string, (key: string) => [command: string, ...args: string[]]>> = {
  string: (key) => ['GET', key],
  hash: (key) => ['HGETALL', key],
  list: (key) => ['LRANGE', key, '0', '-1'],
  set: (key) => ['SMEMBERS', key],
  zset: (key) => ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
  stream: (key) => ['XRANGE', key, '-', '+'],
};

/** Every key of a Redis with its whole value, BullMQ's jobs too. @throws Error for a type that is not read here */
export async function readRedis(redis: RedisCommands): Promise<(Place & { key: string })[]> {
  const keys: string[] = [];
  let cursor = '0';
  do {
    const [next, some] = (await redis.call('SCAN', cursor, 'COUNT', '500')) as [string, string[]];
    cursor = next;
    keys.push(...some);
  } while (cursor !== '0');
  const places = await Promise.all(
    keys.map(async (key) => {
      const type = String(await redis.call('TYPE', key));
      // It ran out between the two commands.
      if (type === 'none') return [];
      const reader = READERS[type];
      if (reader === undefined) throw new Error(`${key} is a ${type}, which nobody looks into`);
      const value = await redis.call(...reader(key));
      return [{ where: `redis key ${key}`, key, text: `${key}\n${toText(value)}` }];
    }),
  );
  return places.flat();
}

/** All texts of a reply, however deep. */
function toText(value: unknown): string {
  if (Array.isArray(value)) return value.map(toText).join('\n');
  if (typeof value === 'object' && value !== null) return Object.entries(value).map(toText).join('\n');
  return String(value);
}

/** The kind of a key of ours, such as `call`; null for others' (BullMQ). */
export function toKeyKind(key: string): string | null {
  return /^ramal:\{p\d+\}:([a-z]+)/.exec(key)?.[1] ?? null;
}
