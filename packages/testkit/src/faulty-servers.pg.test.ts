import {
  askRedis,
  fillUpRedis,
  makeRoomInRedis,
  sleepUntil,
  startTestPostgres,
  startTestRedis,
} from '@ramal/testkit';
import { Client } from 'pg';
import { expect, it } from 'vitest';

it('a Redis that is filled up refuses writes and answers reads, until there is room', async () => {
  const redis = await startTestRedis();
  try {
    await askRedis(redis.url, 'SET', 'kept', 'yes');
    await fillUpRedis(redis.url);
    await expect(askRedis(redis.url, 'SET', 'more', 'x')).rejects.toThrow('OOM');
    expect(await askRedis(redis.url, 'GET', 'kept')).toBe('yes');
    await makeRoomInRedis(redis.url);
    expect(await askRedis(redis.url, 'SET', 'more', 'x')).toBe('OK');
  } finally {
    await redis.stop();
  }
}, 60_000);

it('a PostgreSQL that is frozen answers nobody, not even who is connected, and goes on when it is thawed', async () => {
  const postgres = await startTestPostgres();
  const client = new Client({ connectionString: postgres.url });
  try {
    await client.connect();
    await postgres.freeze();
    let answered = false;
    const asked = client.query('select 1 as one').then(({ rows }) => {
      answered = true;
      return rows as unknown;
    });
    // What is sent to a process that runs is answered meanwhile.
    const other = await startTestRedis();
    await sleepUntil(() => askRedis(other.url, 'PING'), { timeoutMs: 20_000 });
    await other.stop();
    expect(answered).toBe(false);
    await postgres.thaw();
    expect(await asked).toEqual([{ one: 1 }]);
  } finally {
    await postgres.thaw();
    await client.end();
    await postgres.stop();
  }
}, 60_000);
