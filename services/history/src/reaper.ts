import type { CallBus, OpenCall, OpenCalls } from '@ramal/bus';
import { toReapAt } from '@ramal/calls';
import type { Events } from './events.ts';
import { reapCall } from './reap-call.ts';
import { startRepeated } from './repeated.ts';

export interface ReaperOptions {
  bus: CallBus;
  openCalls: OpenCalls;
  partitions: number;
  /** For how long after the last word on it a tenant's call stays open, in ms. Rejects when nobody knows. */
  maxCallMsOf(tenant: string): Promise<number>;
  events: Pick<Events, 'callReaped' | 'backgroundFailed'>;
  /** How often it looks, about; default 5000. */
  everyMs?: number;
}

const EVERY_MS = 5_000;
/** Of one partition at a time; what is left over is looked at the next time. */
const BATCH = 200;
const RETRY_AFTER_MS = 60_000;

/**
 * Closes calls whose end nobody told, once their tenant's time has passed. Any number of processes may do it at once: each
 * end is one atomic commit on what was read. A call is looked at when its time has come, and before only where whoever
 * committed did not know its tenant's time: a minute after the last word on it. With Redis away it waits.
 */
export function startReaper(options: ReaperOptions): { stop(): Promise<void> } {
  const { partitions, events, everyMs = EVERY_MS } = options;
  return startRepeated({
    everyMs,
    async work(signal) {
      const sweep = createSweep(options);
      // Not all of them begin at the same partition.
      const first = Math.floor(Math.random() * partitions);
      for (let i = 0; i < partitions && !signal.aborted; i++) await sweep((first + i) % partitions, signal);
    },
    onError: (error) => events.backgroundFailed('reaper', error),
  });
}

function createSweep({ bus, openCalls, maxCallMsOf, events }: ReaperOptions) {
  /** Whose settings nobody knows: told once, and not asked for again in this sweep. */
  const unknown = new Set<string>();

  const knownMaxCallMs = async (tenant: string): Promise<number | null> => {
    if (unknown.has(tenant)) return null;
    try {
      return await maxCallMsOf(tenant);
    } catch (error) {
      unknown.add(tenant);
      events.backgroundFailed('settings for the reaper', error);
      return null;
    }
  };

  const look = async (open: OpenCall): Promise<void> => {
    const { tenant, callId } = open;
    const maxCallMs = await knownMaxCallMs(tenant);
    const { nowMs, calls } = await bus.view({ tenant, callId });
    if (maxCallMs === null) return openCalls.putOff(open, nowMs + RETRY_AFTER_MS);
    const call = calls.find((candidate) => candidate.callId === callId);
    // Redis has forgotten it: whoever looks for such calls in PostgreSQL closes it.
    if (call === undefined) return openCalls.lookAgain(open, 0, null);
    const reapAtMs = toReapAt(call.events, maxCallMs);
    if (reapAtMs === null || reapAtMs > nowMs) return openCalls.lookAgain(open, call.version, reapAtMs);
    const outcome = await reapCall(bus, tenant, call, nowMs);
    if (outcome === 'applied') events.callReaped({ tenant, callId, from: 'redis' });
    // Somebody was faster, and has said when to look again; or it can't be closed now.
    else await openCalls.lookAgain(open, call.version, nowMs + RETRY_AFTER_MS);
  };

  return async (partition: number, signal: AbortSignal): Promise<void> => {
    for (const open of await openCalls.due(partition, BATCH)) {
      if (signal.aborted) return;
      try {
        await look(open);
      } catch (error) {
        events.backgroundFailed('reaper', error);
        // Rejects with Redis away, which ends the sweep.
        const { nowMs } = await bus.view({ tenant: open.tenant });
        await openCalls.putOff(open, nowMs + RETRY_AFTER_MS);
      }
    }
  };
}
