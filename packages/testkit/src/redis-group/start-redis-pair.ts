import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleepUntil } from '../sleep-until.ts';
import { toFacts } from './ask-redis.ts';
import { type RedisNode, startRedisNode } from './redis-node.ts';

/** A primary and its replica, with nobody who chooses between them but the test. */
export interface RedisPair {
  readonly primary: RedisNode;
  readonly replica: RedisNode;
  /** Makes the replica a primary; the other one is not told. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedisPair(): Promise<RedisPair> {
  const folder = await mkdtemp(join(tmpdir(), 'ramal-pair-'));
  const started: RedisNode[] = [];
  const stop = async () => {
    await Promise.all(started.map((node) => node.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const primary = await startRedisNode({ dataDir: join(folder, 'primary') });
    started.push(primary);
    const args = ['--replicaof', '127.0.0.1', String(primary.port)];
    const replica = await startRedisNode({ dataDir: join(folder, 'replica'), args });
    started.push(replica);
    await sleepUntil(() => primary.isReplicated(), { timeoutMs: 30_000, describe: 'the replica to follow' });
    return {
      primary,
      replica,
      async promote() {
        await replica.ask('REPLICAOF', 'NO', 'ONE');
        await sleepUntil(
          async () => toFacts(await replica.ask('INFO', 'replication')).get('role') === 'master',
        );
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
