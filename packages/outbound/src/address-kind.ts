import { ADDRESS_RANGES, type AddressKind } from './address-ranges.ts';
import { type IpAddress, type IpNetwork, isInNetwork, readIpNetwork, toEmbeddedIpv4 } from './ip-address.ts';

/** Narrowest first. */
const RANGES = ADDRESS_RANGES.map(([text, kind]) => ({ network: toNetwork(text), kind })).sort(
  (a, b) => b.network.bits - a.network.bits,
);
const MAPPED = toNetwork('::ffff:0:0/96');
const NAT64 = toNetwork('64:ff9b::/96');
/** The middle of an interface id that holds an IPv4 address (RFC 5214); the first word says whether that is unique. */
const ISATAP = [0x0000_5efen, 0x0200_5efen];

/** The address that a socket would go to: the system takes `::ffff:a.b.c.d` for `a.b.c.d`, so it is judged as that. */
export function toPlainAddress(address: IpAddress): IpAddress {
  return isInNetwork(address, MAPPED) ? toEmbeddedIpv4(address, 0) : address;
}

/**
 * What an address is for. One that hides an IPv4 address which is not public is a `tunnel`, whatever else it is: a
 * translator or the machine itself may unwrap it (threat 2).
 */
export function toAddressKind(given: IpAddress): AddressKind {
  const address = toPlainAddress(given);
  const kind = toRangeKind(address);
  const hidden = findHidden(address);
  if (hidden === null) return kind;
  if (toRangeKind(hidden) !== 'public') return 'tunnel';
  // The prefix of NAT64 stands for the whole of IPv4 and is in no range of its own.
  return isInNetwork(address, NAT64) ? 'public' : kind;
}

/** The IPv4 address inside one that may be public for all that its first bits say. */
function findHidden(address: IpAddress): IpAddress | null {
  if (address.family === 4) return null;
  if (isInNetwork(address, NAT64)) return toEmbeddedIpv4(address, 0);
  return ISATAP.includes((address.value >> 32n) & 0xffff_ffffn) ? toEmbeddedIpv4(address, 0) : null;
}

function toRangeKind(address: IpAddress): AddressKind {
  return RANGES.find(({ network }) => isInNetwork(address, network))?.kind ?? 'invalid';
}

function toNetwork(text: string): IpNetwork {
  const network = readIpNetwork(text);
  if (network === null) throw new Error(`no network: ${text}`);
  return network;
}
