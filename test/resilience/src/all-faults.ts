import { diskFull } from '../faults/disk-full.ts';
import { herd } from '../faults/herd.ts';
import { killGateway } from '../faults/kill-gateway.ts';
import { killHistory } from '../faults/kill-history.ts';
import { killWebhook } from '../faults/kill-webhook.ts';
import { poison } from '../faults/poison.ts';
import { postgresFrozen, postgresKilled } from '../faults/postgres-faults.ts';
import { redisFrozen, redisFull, redisKilled, redisRestarted } from '../faults/redis-faults.ts';
import { rollingRestart } from '../faults/rolling-restart.ts';
import { silentPartition } from '../faults/silent-partition.ts';
import { slowReaders } from '../faults/slow-readers.ts';
import type { Fault } from './fault.ts';

/** Faults that strike while the whole system is under load, in the order in which they are played. */
export const LOAD_FAULTS: readonly Fault[] = [
  killWebhook,
  killHistory,
  killGateway,
  rollingRestart,
  silentPartition,
  postgresKilled,
  postgresFrozen,
  poison,
  herd,
  slowReaders,
  redisRestarted,
  redisKilled,
  redisFrozen,
  redisFull,
  diskFull,
];
