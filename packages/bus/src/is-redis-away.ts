/** What Redis says when it can't take a write right now, whatever the write. */
const REFUSALS =
  /^(?:OOM|LOADING|READONLY|MISCONF|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|NOQUORUM|BUSY|UNKILLABLE|NOAUTH|WRONGPASS|NOPERM|ERR max number of clients)\b|\b(?:OOM|READONLY|MISCONF|NOREPLICAS) /;

/**
 * Does this failure of a command say that Redis is away, frozen, full or not the primary, rather than that it does not
 * like this very command? What is no answer of Redis' at all is the connection's.
 */
export function isRedisAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'ReplyError') return REFUSALS.test(error.message);
  const { code } = error as { code?: unknown };
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    error.name === 'AbortError' ||
    (typeof code === 'string' && !code.startsWith('ERR_')) ||
    /Connection is closed|Stream isn't writeable|Command timed out|Socket timeout|ECONN|ClusterAllFailed|All sentinels/i.test(
      error.message,
    )
  );
}
