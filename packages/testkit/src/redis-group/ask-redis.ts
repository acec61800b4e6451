import { Redis } from 'ioredis';

/** One command to one server, whatever its part in a group, over a connection of its own; lists for maps. */
export function askRedis(url: string, ...command: (string | number)[]): Promise<unknown> {
  return withConnection(url, (call) => call(...command));
}

/** Whether so many replicas have all that was written until now; waits a second for them. */
export function isRedisReplicated(url: string, replicas: number): Promise<boolean> {
  return withConnection(url, async (call) => {
    // A connection waits for what it has written itself, and for all that was written before.
    await call('SET', 'testkit:mark', '1', 'PX', 1_000);
    return Number(await call('WAIT', replicas, 1_000)) >= replicas;
  });
}

async function withConnection<T>(
  url: string,
  work: (call: (...command: (string | number)[]) => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const redis = new Redis(url, {
    lazyConnect: true,
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    connectTimeout: 3_000,
    commandTimeout: 10_000,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  redis.on('error', () => undefined); // the command that fails tells
  try {
    await redis.connect();
    return await work((name = '', ...args) => redis.call(String(name), ...args.map(String)));
  } finally {
    redis.disconnect();
  }
}

/** A flat list of names and values. */
export function toFields(flat: unknown): Map<string, string> {
  const list = Array.isArray(flat) ? flat.map(String) : [];
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < list.length; i += 2) fields.set(list[i] ?? '', list[i + 1] ?? '');
  return fields;
}

/** Lines of `name:value`, as INFO has them. */
export function toFacts(info: unknown): Map<string, string> {
  const lines = String(info).split('\r\n');
  return new Map(lines.map((line) => [line.split(':', 1)[0] ?? '', line.slice(line.indexOf(':') + 1)]));
}
