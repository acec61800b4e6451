import { Redis } from 'ioredis';

/** Opens one connection without retries, for a question or two. */
async function withRedis<T>(url: string, timeoutMs: number, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
  });
  let failure: Error | undefined;
  redis.on('error', (error: Error) => {
    failure = error;
  });
  try {
    await redis.connect();
    return await ask(redis);
  } catch (error) {
    throw failure ?? error;
  } finally {
    redis.disconnect();
  }
}

/** Resolves when the server at `url` answers and has loaded its data; throws why not. */
export async function pingRedis(url: string, timeoutMs = 3000): Promise<void> {
  await withRedis(url, timeoutMs, (redis) => redis.ping());
}

/** Asks a server to shut down, if it is the one that keeps its data in `dataDir`. */
export async function shutDownRedisOf(url: string, dataDir: string): Promise<boolean> {
  try {
    return await withRedis(url, 2000, async (redis) => {
      const [, dir] = (await redis.config('GET', 'dir')) as string[];
      if (dir !== dataDir) return false;
      await redis.shutdown('NOSAVE').catch(() => undefined); // it answers by closing the connection
      return true;
    });
  } catch {
    return false; // nothing there, or not a Redis of ours
  }
}
