import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createFaultPump, type FaultPump, type FaultSide, type LineFaults } from './fault-pump.ts';

/** A TCP line between a client and a server whose faults a test decides. Faults add up until `heal`. */
export interface FaultProxy {
  /** What the client connects to: the target's URL, or `tcp://…`, with the proxy's address in it. */
  readonly url: string;
  readonly port: number;
  /** How many connections stand, those that wait in silence included. */
  connections(): number;
  /**
   * Nothing passes in either direction and nobody is told, as when packets are lost: connections stay, new ones
   * are taken, closes wait too. What was written flows after `heal`, as packets that are sent again.
   */
  silence(): void;
  /** Each byte arrives this much later than it came. */
  delay(ms: number): void;
  /** The speed of each direction of each connection. */
  throttle(bytesPerSec: number): void;
  /**
   * After so many more bytes, counted over all connections from now on, one is cut once: its reader gets exactly
   * the bytes before the cut and then the end, its writer a reset. `from` counts, and cuts, one side's bytes only:
   * `cutAfter(0, 'server')` loses the next reply.
   */
  cutAfter(bytes: number, from?: FaultSide): void;
  /** New connections are refused; those that stand stay. */
  refuse(): void;
  /** Resets all connections, on both sides. New ones work. */
  reset(): void;
  /** Ends all faults; what waited flows. @throws when the port was taken by another while it refused */
  heal(): Promise<void>;
  /** Ends all connections and the proxy. */
  stop(): Promise<void>;
}

interface Line {
  /** Opens the way to the server, or lets the pumps see what has changed. */
  update(): void;
  reset(): void;
}

/** Starts a proxy on a free port of 127.0.0.1 in front of a port there, or of the server of a URL. */
export async function startFaultProxy(target: { targetPort: number } | { url: string }): Promise<FaultProxy> {
  const targetUrl = new URL('url' in target ? target.url : `tcp://127.0.0.1:${target.targetPort}`);
  if (targetUrl.port === '')
    throw new Error(`the URL of a fault proxy's target names its port: ${targetUrl.protocol}`);
  const faults: LineFaults = { silent: false, delayMs: 0, bytesPerSec: null, cut: null };
  const lines = new Set<Line>();
  const accept = (client: Socket) => {
    const line = openLine(client, targetUrl, faults, () => lines.delete(line));
    lines.add(line);
    line.update();
  };
  const updateAll = () => {
    for (const line of lines) line.update();
  };
  let server: Server | null = await listen(0, accept);
  const { port } = server.address() as AddressInfo;
  const url = new URL(targetUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const refuse = () => {
    server?.close();
    server = null;
  };
  const reset = () => {
    for (const line of lines) line.reset();
  };
  return {
    url: url.href,
    port,
    connections: () => lines.size,
    silence() {
      faults.silent = true;
      updateAll();
    },
    delay(ms) {
      faults.delayMs = ms;
      updateAll();
    },
    throttle(bytesPerSec) {
      if (bytesPerSec <= 0) throw new RangeError('a line of no bytes a second is silence()');
      faults.bytesPerSec = bytesPerSec;
    },
    cutAfter(bytes, from) {
      faults.cut = { bytesLeft: bytes, from: from ?? null };
    },
    refuse,
    reset,
    async heal() {
      Object.assign(faults, { silent: false, delayMs: 0, bytesPerSec: null, cut: null });
      updateAll();
      server ??= await listen(port, accept);
    },
    async stop() {
      refuse();
      reset();
    },
  };
}

function listen(port: number, accept: (client: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, accept);
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

/** One client's connection and, as soon as the line carries anything, its way on to the server. */
function openLine(client: Socket, target: URL, faults: LineFaults, onOver: () => void): Line {
  let server: Socket | null = null;
  let pumps: FaultPump[] = [];
  /** One side has gone without a goodbye; the other may not have heard of it yet. */
  let broken = false;
  let over = false;

  const end = () => {
    over = true;
    for (const pump of pumps) pump.stop();
    onOver();
  };
  const reset = () => {
    end();
    client.resetAndDestroy();
    server?.resetAndDestroy();
  };
  const watch = (socket: Socket) => {
    // The close that follows says all there is to say.
    socket.on('error', () => undefined);
    socket.on('close', (failed) => {
      broken ||= failed;
      update();
    });
  };
  /** The reader has what came before the cut and then its end; the writer learns of it the hard way. */
  const cut = (reader: Socket, writer: Socket) => {
    end();
    reader.end(() => reader.destroy());
    writer.resetAndDestroy();
  };
  const connectOn = () => {
    const onward = connect({
      host: target.hostname.replace(/^\[|\]$/g, ''),
      port: Number(target.port),
      allowHalfOpen: true,
      noDelay: true,
    });
    server = onward;
    watch(onward);
    pumps = [
      createFaultPump({
        source: client,
        sink: onward,
        from: 'client',
        faults,
        onCut: () => cut(onward, client),
      }),
      createFaultPump({
        source: onward,
        sink: client,
        from: 'server',
        faults,
        onCut: () => cut(client, onward),
      }),
    ];
  };
  const update = () => {
    if (over) return;
    if (!faults.silent) {
      if (broken) return reset();
      if (server === null) connectOn();
      if (client.destroyed && server?.destroyed === true) return end();
    }
    for (const pump of pumps) pump.update();
  };
  watch(client);
  return { update, reset };
}
