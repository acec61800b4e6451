import { Resolver } from 'node:dns/promises';

export type AddressFamily = 4 | 6;

/** An address and for how many seconds it holds. */
export interface DnsRecord {
  address: string;
  ttl: number;
}

/** Each server is asked this often, and waited for this long before it is asked again. */
const TRIES = 2;
const TRY_MS = 1_000;
/** The whole of it, whatever the number of servers: later tries would be longer than the first. */
const QUERY_MS = TRIES * TRY_MS;

/**
 * Asks DNS for a name's A or AAAA records. c-ares, not `dns.lookup`: that runs in the process' four threads, and four
 * tenants with mute DNS would stall everybody else's. Each query has a channel of its own, so that nothing one name
 * does to a server's standing is felt by another, and a change of resolv.conf counts at once. Names are complete: the
 * search list of resolv.conf is not used.
 * @param servers instead of the system's, `address:port`
 * @throws an error whose `code` is ENOTFOUND or ENODATA where the name or the family does not exist, another where
 * DNS did not say: `ETIMEOUT` or `ECANCELLED` after two seconds, `ESERVFAIL`, `ECONNREFUSED` …
 */
export async function queryDns(
  host: string,
  family: AddressFamily,
  servers?: readonly string[],
): Promise<DnsRecord[]> {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  const timer = setTimeout(() => resolver.cancel(), QUERY_MS);
  try {
    return family === 4
      ? await resolver.resolve4(host, { ttl: true })
      : await resolver.resolve6(host, { ttl: true });
  } finally {
    clearTimeout(timer);
  }
}
