import { appendFile, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleepUntil } from '../sleep-until.ts';
import { findFreePort } from './find-free-port.ts';
import type { FindServerOptions, FoundServer } from './found-server.ts';
import { pingRedis, shutDownRedisOf } from './redis-probe.ts';
import { startServerProcess } from './server-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Starts `binary` on 127.0.0.1 with an append-only file, loading what `dataDir` holds. */
export async function startLocalRedis(binary: string, options: FindServerOptions): Promise<FoundServer> {
  const dataDir = await openDataDir(options.dataDir);
  const portFile = join(dataDir, 'port');
  await stopOrphan(dataDir, portFile);
  const port = await findFreePort(options.preferredPort);
  await writeFile(portFile, String(port));
  // Users that are made while it runs (ACL SETUSER, ACL SAVE) are there after a restart too.
  const aclFile = join(dataDir, 'users.acl');
  await appendFile(aclFile, '');
  const url = `redis://127.0.0.1:${port}`;
  const temporary = options.dataDir === undefined;
  const server = await startServerProcess({
    name: 'redis-server',
    command: binary,
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dataDir, '--daemonize', 'no'],
      ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '', '--loglevel', 'warning'],
      ...['--aclfile', aclFile],
    ],
    stopSignals: [
      { signal: 'SIGTERM', waitMs: 5000 },
      { signal: 'SIGKILL', waitMs: 2000 },
    ],
    readyTimeoutMs: 30_000,
    isReady: () => pingRedis(url).then(() => true),
    ...(temporary ? { temporaryDir: dataDir } : {}),
  });
  return {
    url,
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

async function openDataDir(dataDir: string | undefined): Promise<string> {
  if (dataDir === undefined) return realpath(await mkdtemp(join(await temporaryFolder(), 'ramal-redis-')));
  await mkdir(dataDir, { recursive: true });
  return realpath(dataDir);
}

/** Two servers on one append-only file would spoil it: a leftover of a killed run goes first. */
async function stopOrphan(dataDir: string, portFile: string): Promise<void> {
  const port = Number(await readFile(portFile, 'utf8').catch(() => ''));
  if (!Number.isInteger(port) || port <= 0) return;
  const url = `redis://127.0.0.1:${port}`;
  if (!(await shutDownRedisOf(url, dataDir))) return;
  const isGone = () =>
    pingRedis(url, 500).then(
      () => false,
      () => true,
    );
  await sleepUntil(isGone, { timeoutMs: 5000, describe: `the Redis of a killed run on port ${port} to end` });
}
