/** Where Redis is, and as whom to speak to it: what `REDIS_URL` says. */
export type RedisTarget = RedisSingle | RedisSentinel | RedisCluster;

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

interface RedisCommon {
  readonly username?: string;
  readonly password?: string;
  /** To the servers that hold the data. */
  readonly tls: boolean;
  /** What a server calls itself, `host:port`, to where it is from here. */
  readonly nat: ReadonlyMap<string, RedisAddress>;
}

/** One server, or a primary that is always at the same address. */
export interface RedisSingle extends RedisCommon {
  readonly kind: 'single';
  readonly address: RedisAddress;
  readonly db: number;
}

/** A primary that Sentinels know: it is asked for by its name. */
export interface RedisSentinel extends RedisCommon {
  readonly kind: 'sentinel';
  readonly sentinels: readonly RedisAddress[];
  readonly name: string;
  readonly db: number;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly sentinelTls: boolean;
}

/** Any nodes of a cluster: they know the others. */
export interface RedisCluster extends RedisCommon {
  readonly kind: 'cluster';
  readonly nodes: readonly RedisAddress[];
}

/** The address of Redis can't be understood; `message` says why, and repeats nothing that could be a password. */
export class RedisUrlInvalidError extends Error {
  readonly code = 'redis_url_invalid';
  override readonly name = 'RedisUrlInvalidError';
}

const FORMS =
  'redis://user:password@host:port, redis+sentinel://user:password@host:port,host:port/name or ' +
  'redis+cluster://user:password@host:port,host:port; rediss for TLS';
/** Several hosts with ports are no URL to the standard's parser, hence our own. */
const SHAPE =
  /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const HOST = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/;
const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;
const OPTIONS: Readonly<Record<'sentinel' | 'cluster', readonly string[]>> = {
  sentinel: ['db', 'sentinelUser', 'sentinelPassword', 'sentinelTls', 'nat'],
  cluster: ['nat'],
};

/**
 * Reads an address of Redis, in the one place that knows its forms:
 *
 * - `redis://user:password@host:port/db`
 * - `redis+sentinel://user:password@host:port,host:port/name?db=0&sentinelUser=&sentinelPassword=&sentinelTls=`: user and
 *   password are those of the servers with the data; port 26379 may be left out
 * - `redis+cluster://user:password@host:port,host:port`
 *
 * `rediss` in place of `redis` is TLS. Behind an address translation, `nat=10.0.0.5:6379=redis-1.example:7001`, any number of
 * times, says where the server is from here that calls itself 10.0.0.5:6379. User and password are percent-encoded.
 * @throws RedisUrlInvalidError
 */
export function parseRedisUrl(url: string): RedisTarget {
  const match = SHAPE.exec(url);
  if (match === null) throw new RedisUrlInvalidError(`not an address of Redis: ${FORMS}`);
  const [, s, cluster, credentials, hosts = '', path = '', query = ''] = match;
  const kind = (cluster ?? 'single') as RedisTarget['kind'];
  const options = parseOptions(query, kind);
  const common = { ...parseCredentials(credentials), tls: s === 's', nat: parseNat(options.getAll('nat')) };
  const addresses = hosts
    .split(',')
    .map((host) => parseAddress(host, kind === 'sentinel' ? SENTINEL_PORT : REDIS_PORT));
  const [address] = addresses;
  if (address === undefined) throw new RedisUrlInvalidError('no host is given');
  switch (kind) {
    case 'single':
      if (addresses.length > 1)
        throw new RedisUrlInvalidError('several hosts: say redis+sentinel:// or redis+cluster://');
      return { kind, ...common, address, db: parseDb(path === '' ? options.get('db') : path) };
    case 'cluster':
      if (path !== '' && path !== '0') throw new RedisUrlInvalidError('a cluster has database 0 alone');
      return { kind, ...common, nodes: addresses };
    case 'sentinel': {
      const name = decode(path);
      if (name === '' || name.includes('/'))
        throw new RedisUrlInvalidError('which primary? redis+sentinel://host:port,host:port/name');
      return {
        kind,
        ...common,
        sentinels: addresses,
        name,
        db: parseDb(options.get('db')),
        ...parseSentinel(options, s === 's'),
      };
    }
  }
}

/** The same address for somebody else, such as a service's own user. @throws RedisUrlInvalidError */
export function withRedisUser(url: string, username: string, password: string): string {
  parseRedisUrl(url);
  const user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;
  return url.replace(/^([^:]+:\/\/)(?:[^@/?#]*@)?/, (_, scheme: string) => scheme + user);
}

/** The hosts of an address, for a message: without user, password and options. */
export function toRedisHosts(target: RedisTarget): string {
  const addresses =
    target.kind === 'single'
      ? [target.address]
      : target.kind === 'sentinel'
        ? target.sentinels
        : target.nodes;
  return addresses.map(toHostPort).join(',');
}

/** `host:port`, as servers name one another. */
export function toHostPort({ host, port }: RedisAddress): string {
  return `${host}:${port}`;
}

function parseOptions(query: string, kind: RedisTarget['kind']): URLSearchParams {
  const options = new URLSearchParams(query);
  // Those of one server are the client library's.
  if (kind === 'single') return options;
  for (const name of options.keys()) {
    if (!OPTIONS[kind].includes(name))
      throw new RedisUrlInvalidError(`an option is none of ${OPTIONS[kind].join(', ')}`);
  }
  return options;
}

function parseCredentials(text: string | undefined): { username?: string; password?: string } {
  if (text === undefined || text === '') return {};
  const at = text.indexOf(':');
  const username = decode(at === -1 ? text : text.slice(0, at));
  const password = at === -1 ? '' : decode(text.slice(at + 1));
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}

function parseSentinel(options: URLSearchParams, isTls: boolean) {
  const [username, password] = [options.get('sentinelUser'), options.get('sentinelPassword')];
  const tls = options.get('sentinelTls');
  if (tls !== null && tls !== 'true' && tls !== 'false')
    throw new RedisUrlInvalidError('sentinelTls is true or false');
  return {
    ...(username === null ? {} : { sentinelUsername: username }),
    ...(password === null ? {} : { sentinelPassword: password }),
    sentinelTls: tls === null ? isTls : tls === 'true',
  };
}

function parseNat(pairs: readonly string[]): ReadonlyMap<string, RedisAddress> {
  return new Map(
    pairs.map((pair) => {
      const [from = '', to = ''] = pair.split('=');
      return [toHostPort(parseAddress(from, REDIS_PORT)), parseAddress(to, REDIS_PORT)];
    }),
  );
}

function parseAddress(text: string, defaultPort: number): RedisAddress {
  const match = HOST.exec(text);
  if (match === null) throw new RedisUrlInvalidError('a host is not host, host:port or [IPv6]:port');
  const [, v6, name, digits] = match;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port < 1 || port > 65_535) throw new RedisUrlInvalidError('a port is not 1 to 65535');
  return { host: v6 ?? name ?? '', port };
}

function parseDb(text: string | null): number {
  if (text === null || text === '') return 0;
  if (!/^\d{1,4}$/.test(text)) throw new RedisUrlInvalidError('a database is a small whole number');
  return Number(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RedisUrlInvalidError('a percent sign is not that of a percent-encoding');
  }
}
