import type { RedisAddress } from '@ramal/contracts';
import type { Redis } from 'ioredis';

/** What a primary says about its replicas. */
export interface Replication {
  /** Of the running server, a new one with each start. */
  runId: string;
  /** Those that follow, by the address that they name. */
  replicas: {
    address: RedisAddress /** Since it last said how far it is, as it does once a second. */;
    silentSec: number;
  }[];
}

export async function readReplication(redis: Redis): Promise<Replication> {
  const [server, replication] = await Promise.all([redis.info('server'), redis.info('replication')]);
  const lines = [...replication.matchAll(/^slave\d+:(.*)$/gm)].map(([, fields = '']) => toFields(fields));
  return {
    runId: /^run_id:(\w+)/m.exec(server)?.[1] ?? '',
    replicas: lines
      .filter((fields) => fields.get('state') === 'online')
      .map((fields) => ({
        address: { host: fields.get('ip') ?? '', port: Number(fields.get('port')) },
        silentSec: Number(fields.get('lag')),
      })),
  };
}

/** `ip=…,port=…,state=…` */
function toFields(text: string): Map<string, string> {
  return new Map(
    text
      .trim()
      .split(',')
      .map((field) => field.split('=', 2) as [string, string]),
  );
}
