import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findFreePort } from './find-free-port.ts';
import type { FindServerOptions, FoundServer } from './found-server.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { openPostgresCluster } from './postgres-cluster.ts';
import { stopPostgresOrphan } from './postgres-orphan.ts';
import { pingPostgres, runStatement } from './postgres-probe.ts';
import { startServerProcess } from './server-process.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { findUnprivilegedUser } from './unprivileged-user.ts';

/** Settings that trade the survival of a power cut for speed: what the system has been told it writes in its own time. */
const UNSYNCED = ['-c', 'fsync=off', '-c', 'full_page_writes=off'];
/** The same, and what the server acknowledged last is lost when it is killed. */
const RELAXED = [...UNSYNCED, '-c', 'synchronous_commit=off'];
const CREATE_WITHIN_MS = 60_000;

/** Starts PostgreSQL 18 on 127.0.0.1 from the npm package's binaries, with a database `ramal`. */
export async function startLocalPostgres(options: FindServerOptions = {}): Promise<FoundServer> {
  const temporary = options.dataDir === undefined;
  const dataDir = options.dataDir ?? (await mkdtemp(join(await temporaryFolder(), 'ramal-postgres-')));
  await mkdir(dataDir, { recursive: true });
  const user = await findUnprivilegedUser();
  const binaries = await findPostgresBinaries(user);
  const { pgdata, password } = await openPostgresCluster(
    dataDir,
    binaries,
    user,
    options.log ?? (() => undefined),
  );
  await stopPostgresOrphan(pgdata);
  const port = await findFreePort(options.preferredPort);
  const address = `postgres://postgres:${password}@127.0.0.1:${port}`;
  const durable = options.durable ?? !temporary;
  const relaxed = options.survivesKill === true ? UNSYNCED : RELAXED;
  const server = await startServerProcess({
    name: 'PostgreSQL',
    command: binaries.postgres,
    args: [
      ...[
        '-D',
        pgdata,
        '-p',
        String(port),
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        'unix_socket_directories=',
      ],
      ...['-c', 'max_connections=200', '-c', 'logging_collector=off', ...(durable ? [] : relaxed)],
    ],
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    ...(options.niceness === undefined ? {} : { niceness: options.niceness }),
    stopSignals: [
      { signal: 'SIGINT', waitMs: 10_000 },
      { signal: 'SIGQUIT', waitMs: 5000 },
      { signal: 'SIGKILL', waitMs: 2000 },
    ],
    readyTimeoutMs: 60_000,
    isReady: () => pingPostgres(`${address}/postgres`).then(() => true),
    ...(temporary ? { temporaryDir: dataDir } : {}),
  });
  await runStatement(`${address}/postgres`, 'create database ramal', CREATE_WITHIN_MS).catch(
    async (error: { code?: string }) => {
      if (error.code === '42P04') return; // it exists
      await server.stop();
      throw error;
    },
  );
  return {
    url: `${address}/ramal`,
    kind: 'local',
    port,
    pid: server.pid,
    dataDir,
    stop: async () => {
      await server.stop();
      if (temporary) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
