import { isIP } from 'node:net';

/** An address as a number of 32 or 128 bits. */
export interface IpAddress {
  family: 4 | 6;
  value: bigint;
}

/** The addresses whose first `bits` bits are those of `value`. */
export interface IpNetwork extends IpAddress {
  bits: number;
}

export const WIDTH = { 4: 32, 6: 128 } as const;

/**
 * Reads an address in its usual writing: four decimal parts, or IPv6 in any of its forms. Octal, hex, parts left out and
 * zones (`fe80::1%eth0`) are none: null.
 */
export function readIpAddress(text: string): IpAddress | null {
  const family = text.includes('%') ? 0 : isIP(text);
  if (family === 4) return { family, value: toNumber(text.split('.'), 8n, 10) };
  return family === 6 ? { family, value: readIpv6(text) } : null;
}

/** Reads `10.0.0.0/8`, `fd00::/8` or a single address; null where it is neither, or has bits beyond its length. */
export function readIpNetwork(text: string): IpNetwork | null {
  const [, base = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = readIpAddress(base);
  if (address === null) return null;
  const width = WIDTH[address.family];
  const bits = length === undefined ? width : Number(length);
  if (bits > width) return null;
  const rest = BigInt(width - bits);
  return (address.value >> rest) << rest === address.value ? { ...address, bits } : null;
}

export function isInNetwork({ family, value }: IpAddress, network: IpNetwork): boolean {
  if (family !== network.family) return false;
  const rest = BigInt(WIDTH[family] - network.bits);
  return value >> rest === network.value >> rest;
}

/** The 32 bits that begin so many bits above the lowest one. */
export function toEmbeddedIpv4({ value }: IpAddress, shift: number): IpAddress {
  return { family: 4, value: (value >> BigInt(shift)) & 0xffff_ffffn };
}

/** @param text what `isIP` says is IPv6 */
function readIpv6(text: string): bigint {
  const dotted = /[\d.]*\.[\d.]*$/.exec(text)?.[0];
  const plain = dotted === undefined ? text : text.slice(0, -dotted.length) + toHexWords(dotted);
  const [head = '', tail] = plain.split('::');
  const before = toWords(head);
  const after = toWords(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return toNumber([...before, ...zeros, ...after], 16n, 16);
}

function toHexWords(dotted: string): string {
  const value = toNumber(dotted.split('.'), 8n, 10);
  return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

const toWords = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'));

function toNumber(parts: readonly string[], bitsEach: bigint, radix: 10 | 16): bigint {
  return parts.reduce((sum, part) => (sum << bitsEach) | BigInt(Number.parseInt(part, radix)), 0n);
}
