/** A given REDIS_URL or DATABASE_URL does not answer. */
export class ServerUnreachableError extends Error {
  readonly code = 'server_unreachable';
  override readonly name = 'ServerUnreachableError';
}

/** No way to get the server on this machine; the message says what to do. */
export class ServerMissingError extends Error {
  readonly code = 'server_missing';
  override readonly name = 'ServerMissingError';
}

/** A server of ours did not come up; the message holds the end of its output. */
export class ServerStartError extends Error {
  readonly code = 'server_start_failed';
  override readonly name = 'ServerStartError';
}

/** An address fit for a message: without its password. */
export function maskUrl(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)(?:[^@/]*@)/i, '$1***@');
}
