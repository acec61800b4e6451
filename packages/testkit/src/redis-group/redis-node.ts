import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findCommand } from '../servers/find-command.ts';
import { findFreePort } from '../servers/find-free-port.ts';
import { pingRedis } from '../servers/redis-probe.ts';
import { type ServerProcess, startServerProcess } from '../servers/server-process.ts';
import { ServerMissingError } from '../servers/server-errors.ts';
import type { RestartableServer } from '../restartable-server.ts';
import { signalFamily } from '../signal-family.ts';
import { askRedis, isRedisReplicated } from './ask-redis.ts';

/** One server of a group, a process of its own that a test may fail in every way. */
export interface RedisNode extends RestartableServer {
  readonly port: number;
  /** What it answers to one command, as lists. */
  ask(...command: (string | number)[]): Promise<unknown>;
  /** Whether so many replicas have all that was written to it until now, which they may take a moment for. */
  isReplicated(replicas?: number): Promise<boolean>;
}

export interface RedisNodeOptions {
  /** Where its data lies; the caller removes it. */
  dataDir: string;
  /** More of its configuration, as on its command line. */
  args?: readonly string[];
  /** A Sentinel, which takes its configuration from this file alone. */
  sentinelFile?: (port: number) => Promise<string>;
}

const BINARIES = ['redis-server', 'valkey-server'] as const;

/** Starts a server on a free port and waits until it answers. */
export async function startRedisNode(options: RedisNodeOptions): Promise<RedisNode> {
  const { dataDir, args = [], sentinelFile } = options;
  const binary = await findCommand(BINARIES, process.env);
  if (binary === undefined)
    throw new ServerMissingError('a group of Redis servers needs redis-server or valkey-server on the PATH');
  await mkdir(dataDir, { recursive: true });
  const port = await findFreePort();
  const url = `redis://127.0.0.1:${port}`;
  const aclFile = join(dataDir, 'users.acl');
  await appendFile(aclFile, '');
  const allArgs =
    sentinelFile === undefined
      ? [
          ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dataDir, '--daemonize', 'no'],
          ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '', '--loglevel', 'warning'],
          ...['--aclfile', aclFile, '--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'],
          ...args,
        ]
      : [await sentinelFile(port), '--sentinel'];
  const start = () =>
    startServerProcess({
      name: 'redis-server',
      command: binary,
      args: allArgs,
      stopSignals: [{ signal: 'SIGKILL', waitMs: 2_000 }],
      readyTimeoutMs: 30_000,
      isReady: () => pingRedis(url).then(() => true),
      temporaryDir: dataDir,
    });
  let server: ServerProcess = await start();
  return {
    url,
    dataDir,
    port,
    get pid() {
      return server.pid;
    },
    ask: (...command) => askRedis(url, ...command),
    isReplicated: (replicas = 1) => isRedisReplicated(url, replicas),
    kill: () => server.stop(),
    signal: (signal) => void process.kill(server.pid, signal),
    freeze: () => signalFamily(server.pid, 'SIGSTOP'),
    thaw: () => signalFamily(server.pid, 'SIGCONT'),
    async restart() {
      await server.stop();
      server = await start();
    },
    stop: () => server.stop(),
  };
}
