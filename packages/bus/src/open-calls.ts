import type { Names } from '@ramal/contracts';
import type { Redis } from 'ioredis';
import { toDueMember } from './commit-plan.ts';
import { loadScript } from './load-script.ts';

/** A call that had no end when it was last looked at. */
export interface OpenCall {
  tenant: string;
  callId: string;
}

/**
 * The calls without an end, by when to look at them again. Each commit puts a call in or takes it out, in its own
 * atomic step; nothing here changes a call.
 */
export interface OpenCalls {
  /** Those to be looked at by now, Redis time, the longest overdue first. */
  due(partition: number, limit: number): Promise<OpenCall[]>;
  /**
   * Looks at a call again at `atMs`, or never (null). Does nothing once the call has another version than the one
   * that was read, 0 where there was none.
   */
  lookAgain(call: OpenCall, readVersion: number, atMs: number | null): Promise<void>;
  /** Looks at a call at `atMs` at the earliest, whatever has become of it: one that fails must not hold up the others. */
  putOff(call: OpenCall, atMs: number): Promise<void>;
  /** Has a call looked at now that may have been left out, or put off for too long. */
  lookNow(call: OpenCall, nowMs: number): Promise<void>;
}

export function createOpenCalls(redis: Redis, names: Names): OpenCalls {
  const lookAgain = loadScript(redis, 'look-again');
  const due = loadScript(redis, 'due');
  const keyOf = (tenant: string) => names.openCalls(names.partitionOf(tenant));
  return {
    async due(partition, limit) {
      const members = (await due([names.openCalls(partition)], [limit])) as string[];
      return members.map((member) => {
        const [tenant = '', callId = ''] = JSON.parse(member) as string[];
        return { tenant, callId };
      });
    },
    async lookAgain({ tenant, callId }, readVersion, atMs) {
      await lookAgain(
        [names.call(tenant, callId), keyOf(tenant)],
        [String(readVersion), toDueMember(tenant, callId), atMs === null ? '' : atMs],
      );
    },
    async putOff({ tenant, callId }, atMs) {
      await redis.zadd(keyOf(tenant), 'XX', 'GT', atMs, toDueMember(tenant, callId));
    },
    async lookNow({ tenant, callId }, nowMs) {
      await redis.zadd(keyOf(tenant), 'LT', nowMs, toDueMember(tenant, callId));
    },
  };
}
