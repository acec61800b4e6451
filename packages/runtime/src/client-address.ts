import { isIPv4, isIPv6 } from 'node:net';

/**
 * Who asks, behind `hops` proxies of ours (threat 9): each writes the address it was called from at the end of
 * X-Forwarded-For, so the one of the outermost proxy is the `hops`-th from the right. What stands left of it is the
 * client's own invention. A header that is shorter or holds no address there is not trusted: the peer counts then.
 * @param peer the address of the TCP connection
 * @param forwardedFor X-Forwarded-For, '' without one; of several such headers, all of them joined in order
 * @returns an address as `toNetwork` and logs take it
 */
export function toClientAddress(peer: string, forwardedFor: string, hops: number): string {
  if (hops === 0) return peer;
  const named = forwardedFor.split(',').at(-hops)?.trim() ?? '';
  const address = withoutPort(named);
  return isIPv4(address) || isIPv6(address) ? address : peer;
}

/** Some proxies write `192.0.2.7:4711` and `[2001:db8::1]:4711`. */
function withoutPort(text: string): string {
  return /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}

/**
 * What limits count by: an IPv4 address each for itself, also one that is written as IPv6, and of IPv6 the /64
 * network, for who has one address of it has them all. What is no address counts as it is.
 */
export function toNetwork(address: string): string {
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) return address;
  const groups = toGroups(bare);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return [groups[6], groups[7]].flatMap((group = 0) => [group >> 8, group & 0xff]).join('.');
  }
  return groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':');
}

/** The eight groups of a valid IPv6 address. */
function toGroups(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const [left, right] = [toNumbers(head), toNumbers(tail ?? '')];
  const missing = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array.from({ length: missing }, () => 0), ...right];
}

function toNumbers(part: string): number[] {
  return part === ''
    ? []
    : part.split(':').flatMap((group) => {
        if (!group.includes('.')) return [Number.parseInt(group, 16)];
        const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
        return [a * 256 + b, c * 256 + d];
      });
}
