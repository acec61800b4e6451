import type { EventStream } from '@ramal/bus';
import type { Tenants } from '@ramal/store';
import type { Events } from './events.ts';
import type { ParsedEntry } from './parse-entry.ts';
import { createTenantLane, type TenantLane } from './tenant-lane.ts';

/** The lanes of one partition, one for each tenant with a database of its own. */
export interface TenantLanes {
  /**
   * Puts the entries of such tenants on their lanes and gives back the others, which are for the shared
   * database. Rejects while the directory is out of reach and does not know a tenant yet.
   */
  divert(entries: readonly ParsedEntry[]): Promise<ParsedEntry[]>;
  stop(): Promise<void>;
}

export function createTenantLanes(options: {
  tenants: Pick<Tenants, 'lookup' | 'store' | 'stores'>;
  stream: EventStream;
  events: Events;
  partition: number;
  batch: number;
}): TenantLanes {
  const { tenants, ...rest } = options;
  const lanes = new Map<string, TenantLane>();

  const laneOf = (name: string): TenantLane => {
    const known = lanes.get(name);
    if (known !== undefined) return known;
    const lane = createTenantLane({
      ...rest,
      async connect() {
        const tenant = await tenants.lookup.tenant(name);
        // Gone from the directory since: what is still held goes where new entries of it go.
        return tenant === null ? tenants.store : tenants.stores.of(tenant);
      },
    });
    lanes.set(name, lane);
    return lane;
  };

  return {
    async divert(entries) {
      const shared: ParsedEntry[] = [];
      for (const entry of entries) {
        const name =
          entry.kind === 'dead' ? null : entry.kind === 'event' ? entry.event.tenant : entry.tenant;
        const tenant = name === null ? null : await tenants.lookup.tenant(name);
        if (name === null || tenant?.database == null) shared.push(entry);
        else laneOf(name).add([entry]);
      }
      return shared;
    },
    async stop() {
      await Promise.all([...lanes.values()].map((lane) => lane.stop()));
    },
  };
}
