import { createNames } from '@ramal/contracts';
import { Redis } from 'ioredis';
import pg from 'pg';
import { withReleases } from '@ramal/devstack';
import type { BenchTenant } from '../bench-system.ts';
import { writeHistoryEvents } from '../load/history-events.ts';
import { alternate, type Figures, type Side } from '../measure/alternate.ts';
import { meter, toUnitFigures } from '../measure/meter.ts';
import type { HistoryOptions } from '../options.ts';
import type { CrowdAgent } from './agents.ts';
import { drainHistory, EVENTS_A_CALL } from './drain-history.ts';
import { openLab, type SpeedEnvironment } from './lab.ts';
import { figureOf, type SpeedReport, toGoal } from './speed-report.ts';

const TENANTS = 32;
const LAST_MS = 120_000;
/** One insert an event takes so long that fewer have to do. */
const SINGLES_OF_ALL = 10;

/** How fast events come from the streams into `calls` and `call_events`, all of them waiting there at the beginning. */
export function runHistory(options: HistoryOptions, environment: SpeedEnvironment): Promise<SpeedReport> {
  return withReleases(environment, async (releases) => {
    const { calls, runs } = options;
    const tenants: BenchTenant[] = Array.from({ length: TENANTS }, (_, i) => ({
      tenant: `ramal-${i + 1}`,
      port: 9,
    }));
    const agents: CrowdAgent[] = tenants.map(({ tenant }) => ({ tenant, user: 'agent', ramal: '3501' }));
    const lab = await openLab(tenants, ['history'], environment, releases);
    const { system } = lab;
    const names = createNames();
    const partitions = Array.from({ length: names.partitions }, (_, partition) => partition);
    const redis = new Redis(system.redisUrl);
    releases.push(async () => redis.disconnect());
    const client = new pg.Client({ connectionString: system.databaseUrl });
    await client.connect();
    releases.push(() => client.end());
    let missing = 0;

    const countRows = async (): Promise<number> => {
      const { rows } = await client.query<{ n: string }>('select count(*) n from call_events');
      return Number(rows[0]?.n);
    };
    /** Every side begins with tables that hold nothing. */
    const empty = () => client.query('truncate calls, call_events');

    const ours: Side = {
      name: 'ramal',
      kind: 'ramal',
      async measure() {
        await empty();
        const metered = await drainHistory({ redis, names, agents, calls, pid: system.pidOf('history') });
        missing += calls * EVENTS_A_CALL - (await countRows());
        return toFigures(metered, calls);
      },
    };
    const openFloor = async (name: string, mode: string, of: number): Promise<Side> => {
      const streams = partitions.map((partition) => `floor:${mode}:${partition}`);
      const floor = await lab.fork('floors/history-main', {
        REDIS_URL: system.redisUrl,
        DATABASE_URL: system.databaseUrl,
        STREAMS: JSON.stringify(streams),
        MODE: mode,
      });
      return {
        name,
        kind: 'floor',
        async measure() {
          await empty();
          await redis.del(...streams);
          await writeHistoryEvents(redis, names, agents, of, (partition) => streams[partition] ?? '');
          const metered = await meter([floor.pid], () => floor.ask('go', LAST_MS));
          missing += of * EVENTS_A_CALL - (await countRows());
          return toFigures(metered, of);
        },
      };
    };
    const sides = [
      ours,
      await openFloor('floor', 'unnest', calls),
      await openFloor('copy', 'copy', calls),
      await openFloor('one by one', 'single', Math.ceil(calls / SINGLES_OF_ALL)),
    ];
    const figures = await alternate(sides, runs, environment);
    const of = (name: string) => figureOf(figures, name, 'perSec');
    return {
      bench: 'history',
      ok: missing === 0,
      options,
      unit: 'event',
      figures: [
        { key: 'perSec', title: 'events a second', unit: '1/s' },
        { key: 'cpuUs', title: 'CPU an event', unit: 'µs' },
      ],
      sides: figures,
      goals: [
        toGoal('events a second over UNNEST’s', of('ramal') / of('floor'), { least: 0.5 }),
        toGoal('events a second over one by one', of('ramal') / of('one by one'), { least: 10 }),
      ],
      notes: [
        `${missing} events missing; PostgreSQL shares the other core with Redis and the load, without fsync`,
      ],
    };
  });
}

function toFigures(metered: Parameters<typeof toUnitFigures>[0], calls: number): Figures {
  return toUnitFigures(metered, calls * EVENTS_A_CALL);
}
