import { toPlainAddress } from '@ramal/store';

/** What of a request says where it came from. */
export interface AddressedRequest {
  /** The other end of the connection; undefined once that is gone. */
  remoteAddress: string | undefined;
  /** `X-Forwarded-For`, several joined by commas. */
  forwardedFor: string | undefined;
}

/** A port behind an address, as some proxies write it: `203.0.113.7:51234`, `[2001:db8::1]:51234`. */
const WITH_PORT = /^(?:\[([0-9a-f:.]+)\](?::\d{1,5})?|(\d+\.\d+\.\d+\.\d+):\d{1,5})$/i;
/** Longer than any that honest proxies write. */
const LONGEST_HEADER = 4_096;

/**
 * Who asks, behind a number of proxies that we know of (threat 5). Each proxy appends whom it was asked by, so the
 * header is read from the right, one entry a trusted hop; what stands further left anybody may have written, and is
 * never looked at. Null where that entry is missing or no address: such a request came round the proxies, and no list
 * of networks has it.
 */
export function createClientAddress(trustedProxies: number): (request: AddressedRequest) => string | null {
  return ({ remoteAddress, forwardedFor = '' }) => {
    // A link-local connection names its interface.
    const remote = toPlainAddress((remoteAddress ?? '').replace(/%.*$/, ''));
    if (trustedProxies === 0) return remote;
    if (remote === null || forwardedFor.length > LONGEST_HEADER) return null;
    const entry = forwardedFor.split(',').at(-trustedProxies)?.trim() ?? '';
    const [, bracketed, dotted] = WITH_PORT.exec(entry) ?? [];
    return toPlainAddress(bracketed ?? dotted ?? entry);
  };
}

/**
 * Whom a limit counts together: an IPv4 address, or the 64 bits of an IPv6 one that its network was given, since
 * whoever has one has all of them.
 */
export function toSource(address: string | null): string {
  if (address === null) return 'unknown';
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  // A dotted end stands for two groups; it is never among the first four.
  const missing = tail === undefined ? 0 : 8 - groups.length - countGroups(tail);
  const zeros = Array.from({ length: Math.max(0, missing) }, () => '0');
  const all = [...groups, ...zeros, ...(tail === undefined || tail === '' ? [] : tail.split(':'))];
  return all
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}

function countGroups(text: string): number {
  if (text === '') return 0;
  const groups = text.split(':');
  return groups.length + (text.includes('.') ? 1 : 0);
}
