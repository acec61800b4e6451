import { askRedis, toFacts } from './ask-redis.ts';

/** Leaves a server no room: from now on it refuses what would need some (`OOM`), and goes on reading. */
export async function fillUpRedis(url: string): Promise<void> {
  const used = toFacts(await askRedis(url, 'INFO', 'memory')).get('used_memory') ?? '1';
  await askRedis(url, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  // Even less than it uses: it has freed some meanwhile.
  await askRedis(url, 'CONFIG', 'SET', 'maxmemory', Math.max(1, Math.floor(Number(used) / 2)));
}

/** Gives it room again, as much as there is. */
export async function makeRoomInRedis(url: string): Promise<void> {
  await askRedis(url, 'CONFIG', 'SET', 'maxmemory', 0);
}
