import type { RedisAddress } from '@ramal/contracts';
import type { Redis } from 'ioredis';

/** What a primary says about its replicas. */
export interface Replication {
  /** Of the running server, a new one with each start. */
  runId: string;
  /** Those that follow and have said so within the last seconds. */
  replicas: number;
  /** All that it knows, by the addresses that they name. */
  addresses: RedisAddress[];
}

/** A replica says once a second how far it is. */
const SILENT_SEC = 3;

export async function readReplication(redis: Redis): Promise<Replication> {
  const [server, replication] = await Promise.all([redis.info('server'), redis.info('replication')]);
  const lines = [...replication.matchAll(/^slave\d+:(.*)$/gm)].map(([, fields = '']) => toFields(fields));
  const isFollowing = (fields: ReadonlyMap<string, string>) =>
    fields.get('state') === 'online' && Number(fields.get('lag')) <= SILENT_SEC;
  return {
    runId: /^run_id:(\w+)/m.exec(server)?.[1] ?? '',
    replicas: lines.filter(isFollowing).length,
    addresses: lines.map((fields) => ({ host: fields.get('ip') ?? '', port: Number(fields.get('port')) })),
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
