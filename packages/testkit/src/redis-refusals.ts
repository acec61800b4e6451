import { Redis } from 'ioredis';

/**
 * What a Redis refused its users, one line each (threat 12): a right that a service lacks may show in nothing else. None
 * where the server is gone.
 * @param options.forget whether the next one who asks is told of what comes after this alone
 */
export async function readRedisRefusals(url: string, options: { forget?: boolean } = {}): Promise<string[]> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    commandTimeout: 2_000,
  });
  redis.on('error', () => undefined); // the command that fails tells
  try {
    await redis.connect();
    const entries = ((await redis.acl('LOG', 50)) ?? []) as unknown[];
    if (options.forget === true) await redis.acl('LOG', 'RESET');
    return entries.map(toLine);
  } catch {
    return [];
  } finally {
    redis.disconnect();
  }
}

/** A flat list of names and values. */
function toLine(entry: unknown): string {
  const flat = Array.isArray(entry) ? entry.map(String) : [];
  const valueOf = (name: string) => flat[flat.indexOf(name) + 1] ?? '';
  return `${valueOf('username')} ${valueOf('reason')} ${valueOf('object')}`;
}
