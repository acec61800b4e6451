import { findPostgres } from './servers/find-postgres.ts';
import { findRedis } from './servers/find-redis.ts';

/** Starts Redis and PostgreSQL once for all test files, unless the environment names them. */
export default async function setUpServers(): Promise<() => Promise<void>> {
  const log = (line: string) => console.log(`[servers] ${line}`);
  const [redis, postgres] = await Promise.allSettled([
    findRedis({ log }),
    findPostgres({ log, durable: false }),
  ]);
  const found = [redis, postgres].flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async () => {
    await Promise.all(found.map((server) => server.stop()));
  };
  if (redis.status === 'rejected' || postgres.status === 'rejected') {
    await stop();
    throw redis.status === 'rejected' ? redis.reason : (postgres as PromiseRejectedResult).reason;
  }
  // Workers inherit the environment of this process.
  process.env['REDIS_URL'] = redis.value.url;
  process.env['DATABASE_URL'] = postgres.value.url;
  return stop;
}
