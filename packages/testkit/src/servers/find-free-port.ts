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
 * Ports below those that systems hand out to connections and to `listen(0)` (from 32768 on Linux, 49152 on macOS):
 * one of those may be somebody's again while the process that listens there is being restarted.
 */
const OWN_RANGE = { first: 10_000, slice: 500, slices: 44 };
/** Each process walks through a slice of its own, so that test files side by side do not meet either. */
const firstOwn = OWN_RANGE.first + (process.pid % OWN_RANGE.slices) * OWN_RANGE.slice;
let asked = 0;

/**
 * A port of 127.0.0.1 that nothing listens on: `preferred` or the next free one above it, else one that this process
 * has not been given for long. Never 5432 or 6379, and none of `taken`.
 */
export async function findFreePort(
  preferred?: number,
  taken: ReadonlySet<number> = new Set(),
): Promise<number> {
  for (let attempt = 0; attempt < OWN_RANGE.slice; attempt++) {
    const candidate = preferred === undefined ? firstOwn + (asked++ % OWN_RANGE.slice) : preferred + attempt;
    if (candidate > 65_535) break;
    if (RESERVED.has(candidate) || taken.has(candidate)) continue;
    const port = await listenOnce(candidate);
    if (port !== undefined) return port;
  }
  throw new Error(`no free port on 127.0.0.1 from ${preferred ?? firstOwn} on`);
}
