import { createServer } from 'node:net';

/** Well-known ports of servers that are not ours, even when nothing listens there now. */
const RESERVED = new Set([5432, 6379]);

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = probe.address();
      const bound = typeof address === 'object' && address !== null ? address.port : undefined;
      probe.close(() => resolve(bound));
    });
  });
}

/**
 * A port of 127.0.0.1 that nothing listens on: `preferred` or the next free one above it, else any.
 * Never 5432 or 6379, and none of `taken`.
 */
export async function findFreePort(
  preferred?: number,
  taken: ReadonlySet<number> = new Set(),
): Promise<number> {
  const start = preferred ?? 0;
  for (let attempt = 0; attempt < 200; attempt++) {
    const candidate = start === 0 ? 0 : start + attempt;
    if (candidate > 65_535) break;
    if (RESERVED.has(candidate) || taken.has(candidate)) continue;
    const port = await listenOnce(candidate);
    if (port !== undefined && !RESERVED.has(port) && !taken.has(port)) return port;
  }
  throw new Error(`no free port on 127.0.0.1${start === 0 ? '' : ` from ${start} on`}`);
}
