import { ROLE_SERVICES } from '@ramal/contracts';
import {
  createTestDatabase,
  type FaultProxy,
  type RestartableServer,
  sleepUntil,
  startFaultProxy,
  startTestRedis,
} from '@ramal/testkit';
import { migrate } from '@ramal/store';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startSupervised, type SupervisedService } from './supervised-service.ts';

/** What a service gives itself, and what a busy machine adds to it. */
const STOPS_WITHIN_MS = 20_000 + 10_000;
/** `RAMAL_STOPS=all` tries every fault with every way to stop. */
const ALL = process.env['RAMAL_STOPS'] === 'all';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let redis: RestartableServer;
/** Between the services and PostgreSQL. */
let line: FaultProxy;
let services: SupervisedService[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database.databaseUrl);
});
beforeEach(async () => {
  [redis, line] = await Promise.all([startTestRedis(), startFaultProxy({ url: database.databaseUrl })]);
  const servers = { redisUrl: redis.url, databaseUrl: line.url };
  services = await Promise.all(ROLE_SERVICES.map((name) => startSupervised(name, servers)));
}, 120_000);
afterEach(async () => {
  for (const service of services) service.end();
  await line.stop();
  // One that is frozen would not hear it.
  await redis.kill().catch(() => undefined);
  await redis.stop();
}, 60_000);
afterAll(() => database.drop());

const FAULTS = {
  'Redis gone': () => redis.kill(),
  'Redis frozen': async () => redis.signal('SIGSTOP'),
  'PostgreSQL frozen': async () => line.silence(),
  'both frozen': async () => {
    redis.signal('SIGSTOP');
    line.silence();
  },
};
const STOPS = {
  SIGTERM: (service: SupervisedService) => service.stop(),
  'kill -9 of their supervisors': (service: SupervisedService) => service.killSupervisor(),
};
type Fault = keyof typeof FAULTS;
type Stop = keyof typeof STOPS;

const some: [Fault, Stop][] = [
  ['Redis gone', 'kill -9 of their supervisors'],
  ['both frozen', 'SIGTERM'],
];
const every = Object.keys(FAULTS).flatMap((fault) =>
  Object.keys(STOPS).map((stop): [Fault, Stop] => [fault as Fault, stop as Stop]),
);

describe.each(ALL ? every : some)('with %s', (fault, stop) => {
  test(`all services end in bounded time at ${stop}`, async () => {
    await FAULTS[fault]();
    const startedMs = performance.now();
    for (const service of services) STOPS[stop](service);
    const endedMs = new Map<string, number>();
    await sleepUntil(
      () => {
        for (const service of services)
          if (!service.isAlive() && !endedMs.has(service.name))
            endedMs.set(service.name, Math.round(performance.now() - startedMs));
        return endedMs.size === services.length;
      },
      {
        timeoutMs: STOPS_WITHIN_MS,
        describe: () => `all to end; ${JSON.stringify(Object.fromEntries(endedMs))} have`,
      },
    );
    console.log(`${fault}, ${stop}: ${JSON.stringify(Object.fromEntries(endedMs))}`);
    expect(endedMs.size).toBe(ROLE_SERVICES.length);
  }, 60_000);
});
