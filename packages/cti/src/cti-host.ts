import { z } from 'zod';
import { FieldProblem } from './column-text.ts';

const ipv4 = z.ipv4();
const ipv6 = z.ipv6();
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;
/** URL parsers read a name that ends like this as an IPv4 address in octal, hex or with parts left out. */
const NUMERIC_END = /(^|\.)(\d+|0x[0-9a-f]*)$/i;

/**
 * Reads R5's address: IPv4, IPv6 (brackets optional, taken off) or a host name. Strict, because this text becomes
 * the authority of a URL: no user, port, slash or zone, and no way to write an IPv4 address but the usual one. What is
 * accepted is what a URL parser reads, and so what is connected to (threat 2).
 * Whether the address may be reached is not decided here, but where the name is resolved.
 */
export function readHost(text: string): string | FieldProblem {
  if (text === '') return new FieldProblem('missing', 'the address of the CTI is missing');
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (bare.includes(':')) return !bare.includes('%') && ipv6.safeParse(bare).success ? bare : badHost();
  if (bare !== text) return badHost();
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (NUMERIC_END.test(name)) return ipv4.safeParse(name).success ? name : badHost();
  const isName = name.length <= 253 && name.split('.').every((label) => LABEL.test(label));
  return isName && isReadByUrls(name) ? name : badHost();
}

/** Not every label that begins with `xn--` stands for letters. */
function isReadByUrls(name: string): boolean {
  const url = `http://${name}/`;
  return URL.canParse(url) && new URL(url).hostname === name.toLowerCase();
}

function badHost(): FieldProblem {
  return new FieldProblem(
    'bad_host',
    'must be an IPv4 address, an IPv6 address or a host name, with nothing around it',
  );
}
