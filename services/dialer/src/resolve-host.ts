import { isIP } from 'node:net';
import { createDnsCache, type DnsCache } from './dns-cache.ts';
import { toErrorCode } from './errors.ts';
import { type AddressFamily, queryDns } from './query-dns.ts';
import { createHostsFile } from './read-hosts-file.ts';

/** Finds the addresses of CTI hosts. */
export interface HostResolver {
  /**
   * The addresses that may be connected to, the two families in turn, IPv6 first; one at least.
   * @param host a name, or an IPv4 or IPv6 address with or without brackets
   * @throws HostUnresolvedError, after `timeoutMs` at the latest
   */
  resolve(host: string, timeoutMs: number): Promise<readonly string[]>;
}

/** No address to connect to. `code`: ENOTFOUND, DNS_TIMEOUT, ADDRESS_DENIED, or DNS' own word. */
export class HostUnresolvedError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`the host was not resolved: ${code}`);
    this.name = 'HostUnresolvedError';
    this.code = code;
  }
}

/** How long the other family is still waited for once one has answered (RFC 8305 waits for the preferred one). */
const GRACE_FOR_IPV6_MS = 50;
const GRACE_FOR_IPV4_MS = 250;
const LOOPBACK = ['::1', '127.0.0.1'];

/**
 * Resolves by address, hosts file, `localhost` (RFC 6761) and DNS, in this order. Whoever connects must connect to what
 * this says, and not resolve again.
 * @param options.isAllowed whether an address may be connected to, however it was found (threat 2)
 * @param options.servers DNS servers instead of the system's, `address:port`
 */
export function createHostResolver(
  options: {
    isAllowed?: (address: string) => boolean;
    servers?: readonly string[];
    cache?: DnsCache;
    inHostsFile?: (name: string) => readonly string[];
  } = {},
): HostResolver {
  const {
    isAllowed = () => true,
    servers,
    cache = createDnsCache({ query: (host, family) => queryDns(host, family, servers) }),
    inHostsFile = createHostsFile(),
  } = options;

  const find = async (host: string, timeoutMs: number): Promise<readonly string[]> => {
    const bare = host.replace(/^\[(.*)\]$/, '$1');
    if (isIP(bare) !== 0) return [bare];
    const name = bare.toLowerCase().replace(/\.$/, '');
    const local = inHostsFile(name);
    if (local.length > 0) return local;
    if (name === 'localhost' || name.endsWith('.localhost')) return LOOPBACK;
    return findInDns(cache, name, timeoutMs);
  };

  return {
    async resolve(host, timeoutMs) {
      const found = await find(host, timeoutMs);
      const allowed = inTurn(found).filter((address) => isAllowed(address));
      if (allowed.length === 0) throw new HostUnresolvedError('ADDRESS_DENIED');
      return allowed;
    },
  };
}

/** Both families at once; a server that is mute about one of them does not keep the other waiting. */
function findInDns(cache: DnsCache, name: string, timeoutMs: number): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const addresses: string[] = [];
    let failure: string | undefined;
    let awaited = 2;
    const finish = (): void => {
      clearTimeout(timer);
      if (addresses.length > 0) resolve(addresses);
      else reject(new HostUnresolvedError(failure ?? (awaited > 0 ? 'DNS_TIMEOUT' : 'ENOTFOUND')));
    };
    let timer = setTimeout(finish, timeoutMs);
    const ask = async (family: AddressFamily, graceMs: number): Promise<void> => {
      const found = await cache.lookup(name, family).catch((error: unknown) => {
        failure ??= toDnsCode(error);
        return [];
      });
      awaited -= 1;
      addresses.push(...found);
      if (awaited === 0) return finish();
      if (found.length === 0) return;
      clearTimeout(timer);
      timer = setTimeout(finish, Math.min(graceMs, timeoutMs));
    };
    void ask(6, GRACE_FOR_IPV4_MS);
    void ask(4, GRACE_FOR_IPV6_MS);
  });
}

/** DNS' refusals are told from the CTI's own, which has an ECONNREFUSED too. */
function toDnsCode(error: unknown): string {
  const code = toErrorCode(error);
  return code === 'ETIMEOUT' || code === 'ECANCELLED' ? 'DNS_TIMEOUT' : `DNS_${code}`;
}

/** IPv6, IPv4, IPv6 …: whichever family is dead, the second try is of the other one. */
function inTurn(addresses: readonly string[]): string[] {
  const six = addresses.filter((address) => isIP(address) === 6);
  const four = addresses.filter((address) => isIP(address) === 4);
  const longest = Math.max(six.length, four.length);
  return Array.from({ length: longest }, (_, i) => [six[i], four[i]])
    .flat()
    .filter((address) => address !== undefined);
}
