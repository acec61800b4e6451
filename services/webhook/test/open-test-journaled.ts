import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connectRedis,
  createCallBus,
  createPresence,
  createWebhookIds,
  NO_TRACES,
  readRedisIdentities,
} from '@ramal/bus';
import { createMetrics } from '@ramal/runtime';
import { DISK, type JournalFs } from '../src/journal/journal-fs.ts';
import { createRedisClock } from '../src/journal/redis-clock.ts';
import { type RunningJournal, startJournal } from '../src/journal/start-journal.ts';
import { createLateTeller } from '../src/journal/tell-redis.ts';
import { createCallbackTeller } from '../src/tell-callback.ts';
import { openTestIngest, type TestIngest } from './open-test-ingest.ts';

/** A webhook's journal between callbacks and a Redis of its own. */
export interface TestJournaled {
  base: TestIngest;
  folder: string;
  /** What was put away as never to be told. */
  buried: string[];
  log: string[];
  /** One more process on the same disk. */
  start(options?: { fs?: JournalFs }): Promise<RunningJournal>;
  /** The value of a metric of the process that was started last. */
  metric(name: string): Promise<number>;
  close(): Promise<void>;
}

export async function openTestJournaled(): Promise<TestJournaled> {
  const base = await openTestIngest();
  const folder = await mkdtemp(join(tmpdir(), 'ramal-journal-'));
  const [buried, log]: [string[], string[]] = [[], []];
  const note = (_: object, message: string) => void log.push(message);
  const logger = { debug: note, info: note, warn: note, error: note, fatal: note };
  const releases: (() => unknown)[] = [];
  let metrics = createMetrics('webhook');
  return {
    base,
    folder,
    buried,
    log,
    async start({ fs = DISK } = {}) {
      const silent = { info: () => undefined, warn: () => undefined };
      const redis = await connectRedis({
        url: base.server.url,
        role: 'commands',
        name: 'journal-test',
        log: silent,
        patient: true,
      });
      const bus = createCallBus(redis, base.names);
      const presence = createPresence(redis, base.names);
      const clock = createRedisClock();
      const tellCallback = createCallbackTeller({
        bus,
        presence,
        onConflict: () => undefined,
        onRedisTime: (nowMs) => clock.heard(nowMs),
      });
      metrics = createMetrics('webhook');
      const journal = await startJournal({
        folder,
        fs,
        maxBytes: 64 * 1024 * 1024,
        masterKeys: null,
        isConnected: () => redis.status === 'ready',
        readIdentity: () => readRedisIdentities(redis),
        onConnectionLost: (lost) => redis.on('close', lost),
        clock,
        tellCallback,
        webhookIds: createWebhookIds(redis, base.names),
        late: (webhookIds) => createLateTeller({ bus, presence, tellCallback, webhookIds }),
        bury: async ({ id }) => void buried.push(id),
        events: base.events,
        recorder: NO_TRACES,
        logger,
        metrics,
      });
      let stopped = false;
      const stop = async () => {
        if (stopped) return;
        stopped = true;
        redis.disconnect();
        await journal.stop();
      };
      releases.push(stop);
      return { ...journal, stop };
    },
    async metric(name) {
      const lines = (await metrics.render()).split('\n').filter((line) => line.startsWith(name));
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
    async close() {
      for (const release of releases) await release();
      await base.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
