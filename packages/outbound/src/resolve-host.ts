import { isIP } from 'node:net';
import type { AddressPolicy, DeniedAddress } from './address-policy.ts';
import { createDnsCache, type DnsCache } from './dns-cache.ts';
import { OutboundFailedError, toErrorCode } from './errors.ts';
import { type AddressFamily, queryDns } from './query-dns.ts';
import { createHostsFile } from './read-hosts-file.ts';

/** Finds the addresses of hosts that somebody else has named. */
export interface HostResolver {
  /**
   * The addresses that may be connected to, the two families in turn, IPv6 first; one at least.
   * @param target.host a name, or an IPv4 or IPv6 address with or without brackets, as a URL parser would write it
   * @throws OutboundFailedError HOST_INVALID, ENOTFOUND, DNS_TIMEOUT, DNS' own word, or ADDRESS_DENIED where all
   * addresses are; after `timeoutMs` at the latest
   */
  resolve(target: { host: string; port: number }, timeoutMs: number): Promise<readonly string[]>;
}

/** A host of which some addresses may be connected to and these may not. */
export interface AddressesSkipped {
  host: string;
  port: number;
  denied: readonly DeniedAddress[];
}

/** How long the other family is still waited for once one has answered (RFC 8305 waits for the preferred one). */
const GRACE_FOR_IPV6_MS = 50;
const GRACE_FOR_IPV4_MS = 250;
const LOCALHOST = ['::1', '127.0.0.1'];

/**
 * Resolves by address, hosts file, `localhost` (RFC 6761) and DNS, in this order. Whoever connects must connect to what
 * this says, and not resolve again: each address was judged at this moment, wherever it came from, also from the cache
 * (threat 2).
 * @param options.servers DNS servers instead of the system's, `address:port`
 * @param options.onSkipped told where others than those were left; where none was, the error has them
 */
export function createHostResolver(options: {
  policy: AddressPolicy;
  onSkipped?: ((fields: AddressesSkipped) => void) | undefined;
  servers?: readonly string[] | undefined;
  cache?: DnsCache;
  inHostsFile?: (name: string) => readonly string[];
}): HostResolver {
  const {
    policy,
    onSkipped = () => undefined,
    servers,
    cache = createDnsCache({ query: (host, family) => queryDns(host, family, servers) }),
    inHostsFile = createHostsFile(),
  } = options;

  const find = async (host: string, timeoutMs: number): Promise<readonly string[]> => {
    const bracketed = /^\[(.*)\]$/.exec(host)?.[1];
    const family = isIP(bracketed ?? host);
    const isAddress = family === 6 || (family === 4 && bracketed === undefined);
    if (isAddress && !host.includes('%')) return [bracketed ?? host];
    const name = host.toLowerCase().replace(/\.$/, '');
    if (!isPlainName(name)) throw new OutboundFailedError('HOST_INVALID');
    const local = inHostsFile(name);
    if (local.length > 0) return local;
    if (name === 'localhost' || name.endsWith('.localhost')) return LOCALHOST;
    return findInDns(cache, name, timeoutMs);
  };

  return {
    async resolve({ host, port }, timeoutMs) {
      const allowed: string[] = [];
      const denied: DeniedAddress[] = [];
      for (const address of inTurn(await find(host, timeoutMs))) {
        const verdict = policy.judge(address, port);
        if (verdict === null) allowed.push(address);
        else denied.push(verdict);
      }
      if (allowed.length === 0) throw new OutboundFailedError('ADDRESS_DENIED', denied);
      if (denied.length > 0) onSkipped({ host, port, denied });
      return allowed;
    },
  };
}

/**
 * Whether a URL parser leaves a name as it is. It reads `2130706433`, `0x7f.1` and `０１７７.1` as addresses, turns letters
 * of other scripts into others, and stops at `@`, `/` and `%`: of two that read a name, each might then see another host.
 */
function isPlainName(name: string): boolean {
  const url = `http://${name}/`;
  return URL.canParse(url) && new URL(url).host === name && !name.startsWith('[');
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
      else reject(new OutboundFailedError(failure ?? (awaited > 0 ? 'DNS_TIMEOUT' : 'ENOTFOUND')));
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
