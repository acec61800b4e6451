import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FindServerOptions, FoundServer } from './servers/found-server.ts';
import { signalFamily } from './signal-family.ts';

/** A server of its own for a test file that stops, kills or freezes it. */
export interface RestartableServer {
  /** Stays the same through every restart. */
  readonly url: string;
  readonly pid: number;
  /** Where its data lies, to be put back to what it was while the server is down. */
  readonly dataDir: string;
  /** Kills it with -9, as a crash would; its data stays. */
  kill(): Promise<void>;
  /** Stops it in order if it still runs, and starts it again: same port, same data. */
  restart(): Promise<void>;
  /** Sends it a signal: SIGSTOP freezes it, SIGCONT thaws it. */
  signal(signal: NodeJS.Signals): void;
  /** It holds its connections and says nothing more, with all its processes, until `thaw`. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Wraps what starts a server from a folder and a port.
 * @param survivesKill what it has acknowledged survives `kill`; default false: PostgreSQL loses the last moment then
 */
export async function startRestartable(
  name: string,
  start: (options: FindServerOptions) => Promise<FoundServer>,
  survivesKill = false,
): Promise<RestartableServer> {
  const dataDir = await mkdtemp(join(tmpdir(), `ramal-test-${name}-`));
  let server = await start({ dataDir, durable: false, survivesKill });
  const { url, port } = server;
  const pid = () => {
    if (server.pid === undefined) throw new Error(`this ${name} has no process id`);
    return server.pid;
  };
  return {
    url,
    dataDir,
    get pid() {
      return pid();
    },
    kill: async () => {
      process.kill(pid(), 'SIGKILL');
      await server.stop();
    },
    restart: async () => {
      await server.stop();
      server = await start({ dataDir, durable: false, survivesKill, preferredPort: port });
      if (server.port !== port) throw new Error(`port ${port} was taken while ${name} was down`);
    },
    signal: (signal) => {
      process.kill(pid(), signal);
    },
    freeze: () => signalFamily(pid(), 'SIGSTOP'),
    thaw: () => signalFamily(pid(), 'SIGCONT'),
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
