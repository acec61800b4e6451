import type { Person } from '@ramal/calls';
import type { CallEvent, Names } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { eraseLive, findLiveCalls, type LiveErasure } from './erase-live.ts';
import { eraseFromStream, type StreamErasure } from './erase-stream.ts';

/** What Redis holds of persons (LGPD, art. 18). Each of these goes through the whole of Redis. */
export interface LivePersons {
  find(tenant: string, person: Person): Promise<{ callId: string; events: CallEvent[] }[]>;
  erase(tenant: string, person: Person, options?: { dryRun?: boolean }): Promise<LiveErasure>;
  /** Of the events on their way to PostgreSQL. */
  eraseStored(tenant: string, person: Person, options?: { dryRun?: boolean }): Promise<StreamErasure>;
}

export function createLivePersons(redis: Redis, names: Names): LivePersons {
  return {
    find: (tenant, person) => findLiveCalls(redis, names, tenant, person),
    erase: (tenant, person, options) => eraseLive(redis, names, tenant, person, options),
    eraseStored: (tenant, person, options) => eraseFromStream(redis, names, tenant, person, options),
  };
}
