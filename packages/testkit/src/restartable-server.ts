import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FindServerOptions, FoundServer } from './servers/found-server.ts';

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
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/** Wraps what starts a server from a folder and a port. */
export async function startRestartable(
  name: string,
  start: (options: FindServerOptions) => Promise<FoundServer>,
): Promise<RestartableServer> {
  const dataDir = await mkdtemp(join(tmpdir(), `ramal-test-${name}-`));
  let server = await start({ dataDir, durable: false });
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
      server = await start({ dataDir, durable: false, preferredPort: port });
      if (server.port !== port) throw new Error(`port ${port} was taken while ${name} was down`);
    },
    signal: (signal) => {
      process.kill(pid(), signal);
    },
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
