import { BlockList, isIP } from 'node:net';

/** Addresses a caller may have (threat 5). */
export interface NetworkList {
  /** @param address IPv4 or IPv6, without a zone; anything else is in no network */
  has(address: string): boolean;
}

/** What was given is no network; `text` is the one at fault. */
export class NetworkInvalidError extends Error {
  readonly code = 'network_invalid';
  readonly text: string;
  constructor(text: string) {
    super(`"${text}" is no network: write 203.0.113.0/24, 2001:db8::/32 or one address`);
    this.text = text;
  }
}

interface Network {
  address: string;
  prefix: number;
  family: 'ipv4' | 'ipv6';
}

/** IPv4 inside IPv6, as dual-stack sockets tell it; written with dots or as two groups of hex digits. */
const MAPPED = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i;

/** An address in one spelling for each family: a mapped IPv4 address is that IPv4 address. Null for what is none. */
export function toPlainAddress(text: string): string | null {
  if (isIP(text) === 0 || text.includes('%')) return null;
  const [, dotted, high, low] = MAPPED.exec(text) ?? [];
  if (dotted !== undefined) return dotted;
  if (high === undefined || low === undefined) return text;
  const [upper, lower] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join('.');
}

/**
 * Networks in CIDR or single addresses, IPv4 and IPv6.
 * @throws NetworkInvalidError for what is none; of IPv4 inside IPv6 only single addresses are taken
 */
export function parseNetworks(texts: readonly string[]): NetworkList {
  const list = new BlockList();
  for (const text of texts) {
    const { address, prefix, family } = parseNetwork(text);
    list.addSubnet(address, prefix, family);
  }
  return {
    has(address) {
      const plain = toPlainAddress(address);
      return plain !== null && list.check(plain, plain.includes(':') ? 'ipv6' : 'ipv4');
    },
  };
}

function parseNetwork(text: string): Network {
  const [, written = '', digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = toPlainAddress(written);
  const isMapped = address !== written;
  if (address === null || (isMapped && digits !== undefined)) throw new NetworkInvalidError(text);
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  const longest = family === 'ipv6' ? 128 : 32;
  const prefix = digits === undefined ? longest : Number(digits);
  if (prefix > longest) throw new NetworkInvalidError(text);
  return { address, prefix, family };
}
